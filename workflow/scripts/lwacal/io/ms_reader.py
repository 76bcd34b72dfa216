"""Reads measurement sets, always read-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from casacore import tables

CORRELATION_NAMES = {
    5: "RR",
    6: "RL",
    7: "LR",
    8: "LL",
    9: "XX",
    10: "XY",
    11: "YX",
    12: "YY",
    1: "I",
    2: "Q",
    3: "U",
    4: "V",
}


@dataclass(frozen=True)
class Antennas:
    """Antennas in correlator order: names, and ITRF positions of shape (antenna, 3) in metres."""

    names: list[str]
    positions_m: np.ndarray


@dataclass(frozen=True)
class Integration:
    """The rows of one time: each array's first axis is the row.

    ``columns`` holds what was asked for, (row, channel, correlation); ``rows`` says which rows of
    the set these are.
    """

    mjd_s: float
    centroid_mjd_s: float
    interval_s: float
    rows: slice
    antenna1: np.ndarray
    antenna2: np.ndarray
    uvw_m: np.ndarray
    scan: int
    field_id: int
    columns: dict[str, np.ndarray] = field(default_factory=dict)


class UnreadableError(ValueError):
    """A measurement set, or a part of it, cannot be read."""

    remedy = (
        "If it is a product of the workflow remove it and run again: it is made anew. Raw data, or"
        " what a key names, have to be restored or taken away"
    )


@contextmanager
def open_table(path: str | Path, subtable: str = "") -> Iterator[tables.table]:
    """Open a table, or a sub-table of it, read-only, for a ``with``.

    What casacore cannot open, or cannot read, is an UnreadableError that says which and why.
    """
    place = Path(path) / subtable if subtable else Path(path)
    try:
        with tables.table(str(place), readonly=True, ack=False) as table:
            yield table
    except RuntimeError as error:
        if type(error) is not RuntimeError:
            raise  # not of casacore
        raise UnreadableError(f"{place} cannot be read as a casacore table: {error}") from error


def read_antennas(path: str | Path) -> Antennas:
    """Return the antennas of a set."""
    with open_table(path, "ANTENNA") as table:
        return Antennas([str(name) for name in table.getcol("NAME")], table.getcol("POSITION"))


def read_channels(path: str | Path, spectral_window: int = 0) -> tuple[np.ndarray, float]:
    """Return the channel centres (channel,) and the channel width of a spectral window, in Hz."""
    with open_table(path, "SPECTRAL_WINDOW") as table:
        frequency_hz = table.getcell("CHAN_FREQ", spectral_window)
        width_hz = table.getcell("CHAN_WIDTH", spectral_window)
    return np.asarray(frequency_hz), float(abs(width_hz[0]))


def read_correlations(path: str | Path, polarization: int = 0) -> list[str]:
    """Return the names of the correlations in their order on disk, such as XX, XY, YX, YY."""
    with open_table(path, "POLARIZATION") as table:
        kinds = table.getcell("CORR_TYPE", polarization)
    return [CORRELATION_NAMES.get(int(kind), f"type {int(kind)}") for kind in kinds]


def read_data_descriptions(path: str | Path) -> list[tuple[int, int]]:
    """Return (spectral window, polarization set-up) of each data description."""
    with open_table(path, "DATA_DESCRIPTION") as table:
        windows, polarizations = table.getcol("SPECTRAL_WINDOW_ID"), table.getcol("POLARIZATION_ID")
    return [(int(window), int(pol)) for window, pol in zip(windows, polarizations)]


def read_field(path: str | Path, field_id: int = 0) -> tuple[float, float]:
    """Return the phase centre of a field, ICRS right ascension and declination in radians."""
    with open_table(path, "FIELD") as table:
        direction = table.getcell("PHASE_DIR", field_id)[0]
    return float(direction[0]), float(direction[1])


def read_telescope(path: str | Path) -> str:
    """Return the telescope's name as the set gives it."""
    with open_table(path, "OBSERVATION") as table:
        return str(table.getcell("TELESCOPE_NAME", 0)) if table.nrows() else ""


def read_times(path: str | Path) -> np.ndarray:
    """Return the distinct values of TIME, in order, MJD seconds."""
    with open_table(path) as table:
        return np.unique(table.getcol("TIME")) if table.nrows() else np.empty(0)


def count_rows(path: str | Path) -> int:
    """Return the number of rows."""
    with open_table(path) as table:
        return int(table.nrows())


def iterate_integrations(
    path: str | Path, columns: Sequence[str] = ("DATA", "FLAG")
) -> Iterator[Integration]:
    """Read a set whose rows are in order of time, one integration at a time.

    Memory: one integration of the asked columns (382 MB of DATA at 352 antennas, 192 channels).
    """
    with open_table(path) as table:
        if table.nrows() == 0:
            return
        times = table.getcol("TIME")
        starts = np.flatnonzero(np.r_[True, np.diff(times) != 0])
        for start, end in zip(starts, np.r_[starts[1:], len(times)]):
            yield _read_integration(table, int(start), int(end), columns)


def iterate_selected(
    path: str | Path,
    data_desc_id: int,
    columns: Sequence[str] = ("DATA", "FLAG"),
    time_mjd_s: float | None = None,
) -> Iterator[Integration]:
    """Read the rows of one data description, in order of time, one integration at a time.

    With ``time_mjd_s`` only the integration whose TIME is exactly that. The rows of the set may
    be in any order; within an integration they keep their order on disk.
    """
    with open_table(path) as table:
        if table.nrows() == 0:
            return
        times, windows = table.getcol("TIME"), table.getcol("DATA_DESC_ID")
        wanted = windows == data_desc_id
        if time_mjd_s is not None:
            wanted &= times == time_mjd_s
        for time in np.unique(times[wanted]):
            rows = np.flatnonzero(wanted & (times == time))
            if rows[-1] - rows[0] + 1 == len(rows):
                yield _read_integration(table, int(rows[0]), int(rows[-1]) + 1, columns)
            else:
                with table.selectrows(rows) as selection:
                    yield _read_integration(selection, 0, len(rows), columns)


def read_baselines(
    path: str | Path,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return antenna 1, antenna 2 (row,), UVW (row, 3) in metres and FLAG_ROW (row,)."""
    with open_table(path) as table:
        if table.nrows() == 0:
            return np.empty(0, int), np.empty(0, int), np.empty((0, 3)), np.empty(0, bool)
        return tuple(table.getcol(name) for name in ("ANTENNA1", "ANTENNA2", "UVW", "FLAG_ROW"))


def read_rows(table: tables.table, name: str, start: int, number: int) -> np.ndarray:
    """Return some rows of a column whose cells are alike, (row, ...).

    Arrays are read into memory of numpy's, which comes in large pages; that of casacore's getcol
    comes in small ones, and takes longer to get than the data take to read.
    """
    cell = table.getcell(name, start)
    if not isinstance(cell, np.ndarray):
        return table.getcol(name, start, number)
    rows = np.empty((number, *cell.shape), cell.dtype)
    table.getcolnp(name, rows, start, number)
    return rows


def _read_integration(
    table: tables.table, start: int, end: int, columns: Sequence[str]
) -> Integration:
    number = end - start

    def get(name: str) -> np.ndarray:
        return table.getcol(name, start, number)

    return Integration(
        mjd_s=float(table.getcell("TIME", start)),
        centroid_mjd_s=float(table.getcell("TIME_CENTROID", start)),
        interval_s=float(table.getcell("INTERVAL", start)),
        rows=slice(start, end),
        antenna1=get("ANTENNA1"),
        antenna2=get("ANTENNA2"),
        uvw_m=get("UVW"),
        scan=int(table.getcell("SCAN_NUMBER", start)),
        field_id=int(table.getcell("FIELD_ID", start)),
        columns={name: read_rows(table, name, start, number) for name in columns},
    )
