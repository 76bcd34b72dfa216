"""Reads the flags of a sub-band from disk in one call."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lwacal.io.flag_file import FlagFile


def load_causes(path: str | Path, rows: slice | None = None) -> np.ndarray:
    """Return the bit masks of these rows, or all, (row, channel, correlation) uint8."""
    with FlagFile(path) as file:
        return file.causes(rows)


def load_flags(path: str | Path, rows: slice | None = None) -> np.ndarray:
    """Return what is flagged in these rows, or all, (row, channel, correlation) bool."""
    with FlagFile(path) as file:
        return file.flags(rows)
