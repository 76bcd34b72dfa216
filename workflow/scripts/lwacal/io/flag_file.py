"""The flags of a sub-band: bit masks by cause, one array per integration, in one .npz file.

A visibility is flagged if any bit of CAUSES is set. Integration N has an array ``causes_N``
(row, channel, correlation) uint8; ``rows`` (integration, 2) holds the first row of the concatenated
set that it covers, and the row after the last. Only the requested integrations are read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
BURST = np.uint8(CAUSES["burst"])


def write(path: str | Path, causes: Sequence[np.ndarray]) -> None:
    """Write the masks of consecutive integrations, each (row, channel, correlation) uint8."""
    ends = np.cumsum([0, *(len(mask) for mask in causes)])
    arrays = {_name(number): mask for number, mask in enumerate(causes)}
    products.write_npz(path, rows=np.stack([ends[:-1], ends[1:]], axis=1), **arrays)


def _name(number: int) -> str:
    return f"causes_{number:05d}"


class FlagFile:
    """The flags of a sub-band on disk; use it in a ``with`` statement, or close it."""

    def __init__(self, path: str | Path, restored: Collection[int] = ()) -> None:
        """Open a file made by `write`; no masks are read yet.

        In ``restored`` integrations, numbers from 0, bursts are no cause of flags.
        """
        self._path = Path(path)
        self._restored = frozenset(restored)
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
        """The number of rows of the concatenated set."""
        return int(self._rows[-1, 1])

    def _read(self, name: str) -> np.ndarray:
        return products.read_array(self._archive, name, self._path)

    def causes(self, rows: slice | None = None) -> np.ndarray:
        """Return the bit masks of some rows, or all, (row, channel, correlation) uint8.

        Memory: these rows and one integration. Raises ValueError if ``rows`` has a step.
        """
        start, stop, step = (rows or slice(None)).indices(self.n_rows)
        if step != 1:
            raise ValueError(f"{rows}: rows of a flag file can only be read without a step")
        parts = [
            self._causes_of(number)[max(start - first, 0) : stop - first]
            for number, (first, last) in enumerate(self._rows)
            if first < stop and last > start
        ]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else self._read(_name(0))[:0]

    def _causes_of(self, number: int) -> np.ndarray:
        """Return the bit masks of an integration, (row, channel, correlation) uint8."""
        mask = self._read(_name(number))
        return mask & ~BURST if number in self._restored else mask

    def flags(self, rows: slice | None = None) -> np.ndarray:
        """Return the flags of some rows, or all, (row, channel, correlation) bool."""
        return self.causes(rows) > 0
