"""Finds the measurement sets of an observation, its sub-bands and its first time stamp.

The rules of the workflow need the sub-bands and the first stamp before any job has run. The names
of raw measurement sets give both, without reading anything. Only for an existing concatenated set
are the spectral windows and the first time read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lwacal.telescope import naming


class InputError(ValueError):
    """The input that the user gave cannot be used; the message says what to try."""


@dataclass(frozen=True)
class RawFile:
    """One raw measurement set and the parts of its name."""

    path: Path
    name: naming.RawName


@dataclass(frozen=True)
class Discovery:
    """An observation: its first stamp, its sub-bands and the paths of its data."""

    kind: Literal["raw", "concatenated"]
    path: Path
    stamp: str
    bands: list[str]
    files: list[RawFile]
    ignored: list[Path]
    unreadable: list[Path] = field(default_factory=list)  # folders without read permission


def discover_raw(directory: str | Path) -> Discovery:
    """Search a folder and all its subfolders for raw measurement sets; links are followed.

    Raises InputError if the folder does not exist or has no raw measurement set.
    """
    directory = Path(directory).absolute()
    if not directory.is_dir():
        raise InputError(
            f"input: {directory} is not a folder. Give the folder of the raw measurement sets:"
            " --config input=FOLDER, or the column input of the sheet"
        )
    paths, unreadable = _measurement_sets(directory)
    names = [(path, naming.parse_raw_name(path)) for path in paths]
    files = [RawFile(path, name) for path, name in names if name is not None]
    if not files:
        raise InputError(
            f"input: no measurement set called YYYYMMDD_HHMMSS_NNMHz.ms in {directory} or its"
            f" subfolders ({len(paths)} have other names{_unreadable_words(unreadable)}). To use an"
            " existing concatenated measurement set, give --config input_ms=FILE, or the column"
            " input_ms of the sheet"
        )
    return Discovery(
        kind="raw",
        path=directory,
        stamp=min(file.name.stamp for file in files),
        bands=naming.sort_bands(file.name.band for file in files),
        files=files,
        ignored=[path for path, name in names if name is None],
        unreadable=unreadable,
    )


def _measurement_sets(directory: Path) -> tuple[list[Path], list[Path]]:
    """Return all paths named like a measurement set, and the folders without read permission.

    Plain files and broken links with such a name are included; they are recognized when they are
    opened. A folder that several links lead to is searched once.
    """
    found: list[Path] = []
    unreadable: list[Path] = []
    visited: set[str] = set()

    def note(error: OSError) -> None:
        unreadable.append(Path(error.filename))

    for folder, below, files in os.walk(directory, followlinks=True, onerror=note):
        real = os.path.realpath(folder)
        if real in visited:
            below.clear()
            continue
        visited.add(real)
        found.extend(Path(folder) / name for name in (*below, *files) if name.endswith(".ms"))
        below[:] = sorted(name for name in below if not name.endswith(".ms"))
    return sorted(found), sorted(unreadable)


def _unreadable_words(folders: list[Path]) -> str:
    return f"; no permission to read {folders[0]}" if folders else ""


def discover_concatenated(path: str | Path) -> Discovery:
    """Read the sub-bands and the first time of an existing set with one or more spectral windows.

    Raises InputError if it does not exist or cannot be read.
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
    """Return the sub-band of each data description, named after its lowest channel.

    Raises InputError if two spectral windows have the same sub-band.
    """
    from lwacal.io import ms_reader

    bands: dict[int, str] = {}
    for number, (window, _) in enumerate(ms_reader.read_data_descriptions(path)):
        frequency_hz, width_hz = ms_reader.read_channels(path, window)
        band = naming.nominal_band(float(frequency_hz.min()), width_hz)
        if band in bands.values():
            raise InputError(f"input_ms: {path} has two spectral windows of the sub-band {band}")
        bands[number] = band
    return bands


def discover(input_dir: str, input_ms: str) -> Discovery:
    """Find the observation in a folder or a set; exactly one of the two must be given."""
    if bool(input_dir) == bool(input_ms):
        raise InputError(
            "Give either input (a folder of raw measurement sets) or input_ms (an existing"
            " concatenated one): snakemake --config input=FOLDER"
        )
    return discover_raw(input_dir) if input_dir else discover_concatenated(input_ms)


def fingerprint(discovery: Discovery) -> list[str]:
    """Return one line per measurement set, which changes when the set is replaced or modified.

    The line has the path, and the size and modification time of the set's main table file. These
    are cheap to read and change whenever casacore writes. The modification time of the folder would
    change even if no data do.
    """
    paths = [file.path for file in discovery.files] or [discovery.path]
    lines = []
    for path in paths:
        table = path / "table.dat"
        state = table.stat() if table.exists() else None
        lines.append(f"{path} {state.st_size} {state.st_mtime_ns}" if state else f"{path} -")
    return lines
