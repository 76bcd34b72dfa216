"""Goes through large arrays in blocks of rows that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK_BYTES = 1 << 20


def row_blocks(rows: np.ndarray) -> Iterator[slice]:
    """Yield slices of the first axis, each of about a megabyte."""
    if len(rows) == 0:
        return
    step = max(1, BLOCK_BYTES // max(rows[:1].nbytes, 1))
    for start in range(0, len(rows), step):
        yield slice(start, min(start + step, len(rows)))
