"""Looks whether there is room on a disk before much is written to it."""

from __future__ import annotations

import shutil
from pathlib import Path

SET_BYTES = 1_000_000  # of a measurement set without rows: its sub-tables
ROW_BYTES = 100  # of a row beside its visibilities: times, UVW, antennas
FLAG_BYTES = 1 / 8
TABLE_BYTES = 200_000  # of a calibration table without solutions
SOLUTION_BYTES = 8 + 4 + 1 + 4  # gain, error, flag, signal-to-noise


class NoSpaceError(RuntimeError):
    """A disk has not enough room for what is to be written."""

    remedy = (
        "Free space there, or put the products (key results) or the scratch files (TMPDIR;"
        " --default-resources tmpdir=FOLDER) on another disk, and run again"
    )


def set_bytes(n_rows: int, n_channels: int, bytes_a_visibility: float = 8) -> float:
    """Return what a measurement set of so many rows takes, XX, XY, YX and YY together.

    ``bytes_a_visibility``: of all columns with a value a channel and correlation, flags not
    counted.
    """
    return SET_BYTES + n_rows * (ROW_BYTES + n_channels * 4 * (bytes_a_visibility + FLAG_BYTES))


def table_bytes(n_solutions: int) -> float:
    """Return what a calibration table of so many solutions takes."""
    return TABLE_BYTES + n_solutions * SOLUTION_BYTES


def require(place: Path, n_bytes: float) -> None:
    """Raise NoSpaceError if less than that is free where ``place`` is to be made."""
    folder = Path(place).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise NoSpaceError(
            f"{place} takes about {n_bytes / 1e6:.1f} MB, but {free / 1e6:.1f} MB are free on the"
            f" disk of {folder}"
        )
