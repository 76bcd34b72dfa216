"""Blocks of rows of large arrays, small enough to stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 1 << 20


def row_blocks(rows: np.ndarray) -> Iterator[slice]:
    """Yield slices of the first axis, each about a megabyte of ``rows`` (row, ...)."""
    if len(rows):
        yield from blocks_of(len(rows), max(1, BLOCK_BYTES // max(rows[:1].nbytes, 1)))


def blocks_of(n_rows: int, largest: int) -> Iterator[slice]:
    """Yield consecutive slices that cover ``n_rows`` rows, each of at most ``largest`` rows."""
    for start in range(0, n_rows, largest):
        yield slice(start, min(start + largest, n_rows))
