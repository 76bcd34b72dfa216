"""Checks that a disk has enough free space before a large product is written."""

from __future__ import annotations

import shutil
from pathlib import Path

SET_BYTES = 1_000_000  # a measurement set without rows: its sub-tables
ROW_BYTES = 100  # a row without its visibilities: times, UVW, antennas
FLAG_BYTES = 1 / 8
TABLE_BYTES = 200_000  # a calibration table without solutions
SOLUTION_BYTES = 8 + 4 + 1 + 4  # gain, error, flag, signal-to-noise


class NoSpaceError(RuntimeError):
    """A disk has too little free space for a product."""

    remedy = (
        "Free space there, or put the products (key results) or the scratch files (TMPDIR;"
        " --default-resources tmpdir=FOLDER) on another disk, and run again"
    )


def set_bytes(n_rows: int, n_channels: int, bytes_per_visibility: float = 8) -> float:
    """Return the size in bytes of a measurement set with four correlations.

    ``bytes_per_visibility`` counts all columns with one value per channel and correlation, except
    FLAG.
    """
    return SET_BYTES + n_rows * (ROW_BYTES + n_channels * 4 * (bytes_per_visibility + FLAG_BYTES))


def table_bytes(n_solutions: int) -> float:
    """Return the size in bytes of a calibration table."""
    return TABLE_BYTES + n_solutions * SOLUTION_BYTES


def require(place: Path, n_bytes: float) -> None:
    """Raise NoSpaceError if the disk on which ``place`` will be has less than ``n_bytes`` free."""
    folder = Path(place).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise NoSpaceError(
            f"{place} needs about {n_bytes / 1e6:.1f} MB, but the disk of {folder} has only"
            f" {free / 1e6:.1f} MB free"
        )
