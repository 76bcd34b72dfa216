"""The file of a sub-band's flags: bit masks by cause, one array per integration.

A visibility is flagged if any bit of CAUSES is set. Each integration has an array ``causes_N``
(row, channel, correlation) uint8; ``rows`` says which rows of the concatenated set it covers. Only
the integrations that are asked for are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from lwacal.runtime import products

# Bits of the masks
CAUSES = {
    "original": 1,  # flagged in the raw data
    "antenna": 2,  # an antpol of the baseline is bad (health.json)
    "aoflagger": 4,  # interference
    "zero": 8,  # the visibility is exactly zero
    "non_finite": 16,  # it is infinite or not a number
    "burst": 32,  # the whole array was too bright in this channel and integration
}


def write(path: str | Path, causes: Sequence[np.ndarray]) -> None:
    """Write the masks of integrations, each (row, channel, correlation) uint8, rows on end."""
    ends = np.cumsum([0, *(len(mask) for mask in causes)])
    arrays = {_name(number): mask for number, mask in enumerate(causes)}
    products.write_npz(path, rows=np.stack([ends[:-1], ends[1:]], axis=1), **arrays)


def _name(number: int) -> str:
    return f"causes_{number:05d}"


class FlagFile:
    """Flags of a sub-band on disk; close it, or use it in a ``with``."""

    def __init__(self, path: str | Path) -> None:
        """Open a file that write has written; reads no masks."""
        self._path = Path(path)
        self._archive = products.open_npz(path)
        self._rows = self._read("rows")

    def __enter__(self) -> FlagFile:
        """Return the open file."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()

    @property
    def n_rows(self) -> int:
        """How many rows the flags are for."""
        return int(self._rows[-1, 1])

    def _read(self, name: str) -> np.ndarray:
        return products.read_array(self._archive, name, self._path)

    def causes(self, rows: slice | None = None) -> np.ndarray:
        """Return the bit masks of these rows of the set, or all, (row, channel, correlation) uint8.

        Memory: the asked rows, and one integration.
        """
        start, stop, step = (rows or slice(None)).indices(self.n_rows)
        if step != 1:
            raise ValueError(f"rows {rows} of a flag file are asked for with a step; take 1")
        parts = [
            self._read(_name(number))[max(start - first, 0) : stop - first]
            for number, (first, last) in enumerate(self._rows)
            if first < stop and last > start
        ]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else self._read(_name(0))[:0]

    def flags(self, rows: slice | None = None) -> np.ndarray:
        """Return what is flagged for any cause, (row, channel, correlation) bool."""
        return self.causes(rows) > 0


def load_causes(path: str | Path, rows: slice | None = None) -> np.ndarray:
    """Return the bit masks of these rows, or all, (row, channel, correlation) uint8."""
    with FlagFile(path) as file:
        return file.causes(rows)


def load_flags(path: str | Path, rows: slice | None = None) -> np.ndarray:
    """Return what is flagged in these rows, or all, (row, channel, correlation) bool."""
    with FlagFile(path) as file:
        return file.flags(rows)
