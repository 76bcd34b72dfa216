"""Reads measurement sets; they are only ever opened read-only."""

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
    """Antennas in correlator order: names, and ITRF positions (antenna, 3) in metres."""

    names: list[str]
    positions_m: np.ndarray


@dataclass(frozen=True)
class Integration:
    """The rows of one integration. The first axis of all arrays is the row.

    ``mjd_s`` is TIME and ``centroid_mjd_s`` TIME_CENTROID, MJD seconds; ``rows`` are the rows of
    the set; ``uvw_m`` (row, 3); ``columns`` has the requested ones (row, channel, correlation).
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
    """A measurement set or another casacore table cannot be read."""

    remedy = (
        "If it is a product of the workflow, remove it and run again to remake it. If it is raw"
        " data or a file that the configuration names, restore or remove it"
    )


@contextmanager
def open_table(path: str | Path, subtable: str = "") -> Iterator[tables.table]:
    """Open a table or one of its sub-tables read-only, in a ``with`` statement.

    Raises UnreadableError if casacore cannot open it, or cannot read it inside the block.
    """
    location = Path(path) / subtable if subtable else Path(path)
    try:
        with tables.table(str(location), readonly=True, ack=False) as table:
            yield table
    except RuntimeError as error:
        if type(error) is not RuntimeError:
            raise  # casacore raises plain RuntimeError
        raise UnreadableError(f"{location} cannot be read as a casacore table: {error}") from error


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
    """Return the names of the correlations in the order on disk, such as XX, XY, YX, YY."""
    with open_table(path, "POLARIZATION") as table:
        kinds = table.getcell("CORR_TYPE", polarization)
    return [CORRELATION_NAMES.get(int(kind), f"type {int(kind)}") for kind in kinds]


def read_data_descriptions(path: str | Path) -> list[tuple[int, int]]:
    """Return (spectral window, polarization id) of each data description."""
    with open_table(path, "DATA_DESCRIPTION") as table:
        windows, polarizations = table.getcol("SPECTRAL_WINDOW_ID"), table.getcol("POLARIZATION_ID")
    return [(int(window), int(pol)) for window, pol in zip(windows, polarizations)]


def read_field(path: str | Path, field_id: int = 0) -> tuple[float, float]:
    """Return the phase centre of a field, ICRS right ascension and declination in radians."""
    with open_table(path, "FIELD") as table:
        direction = table.getcell("PHASE_DIR", field_id)[0]
    return float(direction[0]), float(direction[1])


def read_telescope(path: str | Path) -> str:
    """Return the TELESCOPE_NAME of a set, empty if it has none."""
    with open_table(path, "OBSERVATION") as table:
        return str(table.getcell("TELESCOPE_NAME", 0)) if table.nrows() else ""


def read_times(path: str | Path) -> np.ndarray:
    """Return the distinct values of TIME in increasing order, MJD seconds."""
    with open_table(path) as table:
        return np.unique(table.getcol("TIME")) if table.nrows() else np.empty(0)


def count_rows(path: str | Path) -> int:
    """Return the number of rows."""
    with open_table(path) as table:
        return int(table.nrows())


def iterate_integrations(
    path: str | Path, columns: Sequence[str] = ("DATA", "FLAG")
) -> Iterator[Integration]:
    """Yield the integrations of a set whose rows are in order of time.

    Memory: one integration of the requested columns (382 MB of DATA for 352 antennas and 192
    channels).
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
    """Yield the integrations of one data description in order of time.

    ``time_mjd_s`` selects the integration with exactly this TIME. The rows of the set may be in any
    order; within an integration they keep their order on disk.
    """
    with open_table(path) as table:
        if table.nrows() == 0:
            return
        times, windows = table.getcol("TIME"), table.getcol("DATA_DESC_ID")
        selected = windows == data_desc_id
        if time_mjd_s is not None:
            selected &= times == time_mjd_s
        for time in np.unique(times[selected]):
            rows = np.flatnonzero(selected & (times == time))
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


def read_rows(table: tables.table, name: str, start: int, n_rows: int) -> np.ndarray:
    """Return rows of a column whose cells all have the same shape, (row, ...).

    The rows are read into an array that numpy allocates in large memory pages. casacore's getcol
    allocates small ones, which takes longer than reading the data.
    """
    cell = table.getcell(name, start)
    if not isinstance(cell, np.ndarray):
        return table.getcol(name, start, n_rows)
    rows = np.empty((n_rows, *cell.shape), cell.dtype)
    table.getcolnp(name, rows, start, n_rows)
    return rows


def _read_integration(
    table: tables.table, start: int, end: int, columns: Sequence[str]
) -> Integration:
    n_rows = end - start

    def get(name: str) -> np.ndarray:
        return table.getcol(name, start, n_rows)

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
        columns={name: read_rows(table, name, start, n_rows) for name in columns},
    )
