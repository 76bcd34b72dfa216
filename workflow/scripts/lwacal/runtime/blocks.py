"""Goes through large arrays in blocks of rows that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 1 << 20


def row_blocks(rows: np.ndarray) -> Iterator[slice]:
    """Yield slices of the first axis, each of about a megabyte."""
    if len(rows):
        yield from blocks_of(len(rows), max(1, BLOCK_BYTES // max(rows[:1].nbytes, 1)))


def blocks_of(number: int, most: int) -> Iterator[slice]:
    """Yield slices that share out a number of rows, each of at most so many."""
    for start in range(0, number, most):
        yield slice(start, min(start + most, number))
