"""Finds what an observation consists of from names alone, before anything is read.

The rules of the workflow need to know the sub-bands and the first stamp before any job has run.
For a folder of raw measurement sets their names say it; an existing concatenated measurement set
has to be asked for its spectral windows and its first time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from lwacal.telescope import naming


class InputError(ValueError):
    """What the user gave as input cannot be used; the message says what to try."""


@dataclass(frozen=True)
class RawFile:
    """One raw measurement set and what its name says."""

    path: Path
    name: naming.RawName


@dataclass(frozen=True)
class Discovery:
    """An observation as far as names tell: its stamp, its sub-bands and where the data are."""

    kind: str  # raw or concatenated
    path: Path
    stamp: str
    bands: list[str]
    files: list[RawFile]
    ignored: list[Path]
    closed: list[Path] = field(default_factory=list)  # folders that may not be read


def discover_raw(directory: str | Path) -> Discovery:
    """Search a folder and all below it for raw measurement sets (links are followed).

    Raises InputError if the folder is not there or holds none.
    """
    directory = Path(directory).absolute()
    if not directory.is_dir():
        raise InputError(
            f"input: {directory} is not a folder. Give the folder that holds the raw measurement"
            " sets: --config input=FOLDER, or in the sheet's column input"
        )
    found, closed = _measurement_sets(directory)
    names = [(path, naming.parse_raw_name(path)) for path in found]
    files = [RawFile(path, name) for path, name in names if name is not None]
    if not files:
        raise InputError(
            f"input: no measurement set called YYYYMMDD_HHMMSS_NNMHz.ms in {directory} or below"
            f" ({len(found)} with other names{_closed_words(closed)}). An existing concatenated"
            " measurement set is given with --config input_ms=FILE, or in the sheet's column"
            " input_ms"
        )
    return Discovery(
        kind="raw",
        path=directory,
        stamp=min(file.name.stamp for file in files),
        bands=naming.sort_bands(file.name.band for file in files),
        files=files,
        ignored=[path for path, name in names if name is None],
        closed=closed,
    )


def _measurement_sets(directory: Path) -> tuple[list[Path], list[Path]]:
    """Return what is called like a measurement set, and the folders that may not be read.

    A file, or a link to nothing, of such a name counts: it is found out when it is opened. Links
    that lead to a folder that was looked into are not followed again.
    """
    found: list[Path] = []
    closed: list[Path] = []
    seen: set[str] = set()

    def note(error: OSError) -> None:
        closed.append(Path(error.filename))

    for folder, below, files in os.walk(directory, followlinks=True, onerror=note):
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        found.extend(Path(folder) / name for name in (*below, *files) if name.endswith(".ms"))
        below[:] = sorted(name for name in below if not name.endswith(".ms"))
    return sorted(found), sorted(closed)


def _closed_words(closed: list[Path]) -> str:
    return f"; {closed[0]} may not be read" if closed else ""


def discover_concatenated(path: str | Path) -> Discovery:
    """Look into an existing measurement set of one or many spectral windows.

    Raises InputError if it is not there or not readable.
    """
    from lwacal.io import ms_reader

    path = Path(path).absolute()
    if not (path / "table.dat").exists():
        raise InputError(f"input_ms: {path} is not a measurement set (it has no table.dat)")
    try:
        bands = list(window_bands(path).values())
        times = ms_reader.read_times(path)
    except (ms_reader.UnreadableError, RuntimeError) as error:
        raise InputError(f"input_ms: {path} cannot be read: {error}") from error
    if len(times) == 0:
        raise InputError(f"input_ms: {path} has no rows")
    return Discovery(
        kind="concatenated",
        path=path,
        stamp=naming.format_stamp(times[0]),
        bands=naming.sort_bands(bands),
        files=[],
        ignored=[],
    )


def window_bands(path: Path) -> dict[int, str]:
    """Return the name of the sub-band of each data description, by its first channel's frequency.

    Raises InputError if two spectral windows would get the same name.
    """
    from lwacal.io import ms_reader

    bands: dict[int, str] = {}
    for number, (window, _) in enumerate(ms_reader.read_data_descriptions(path)):
        frequency_hz, width_hz = ms_reader.read_channels(path, window)
        band = naming.nominal_band(float(frequency_hz.min()), width_hz)
        if band in bands.values():
            raise InputError(f"input_ms: {path} has two spectral windows that begin near {band}")
        bands[number] = band
    return bands


def discover(input_dir: str, input_ms: str) -> Discovery:
    """Find the observation that the configuration names (exactly one of the two is given)."""
    if bool(input_dir) == bool(input_ms):
        raise InputError(
            "Give either input (a folder of raw measurement sets) or input_ms (an existing"
            " concatenated one): snakemake --config input=FOLDER"
        )
    return discover_raw(input_dir) if input_dir else discover_concatenated(input_ms)


def fingerprint(discovery: Discovery) -> list[str]:
    """Return a line for each measurement set that changes when the set is replaced or written to.

    The line has the path, and size and time of the set's main table file: cheap, and true for
    what casacore writes. A folder's own time would change when nothing in it has.
    """
    paths = [file.path for file in discovery.files] or [discovery.path]
    lines = []
    for path in paths:
        table = path / "table.dat"
        state = table.stat() if table.exists() else None
        lines.append(f"{path} {state.st_size} {state.st_mtime_ns}" if state else f"{path} -")
    return lines
