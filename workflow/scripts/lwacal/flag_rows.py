"""Reads the flags of a sub-band a few rows at a time, so that memory does not grow with the night.

The file is that of lwacal.flagging: a compressed archive with one array, causes.npy.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import TracebackType

import numpy as np

MEMBER = "causes.npy"


class FlagRows:
    """An open file of flags; use it in a ``with`` statement. ``shape`` is that of all flags."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._archive = zipfile.ZipFile(self._path)
        self._stream = self._archive.open(MEMBER)
        version = np.lib.format.read_magic(self._stream)
        read_header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        self.shape, fortran_order, self._kind = read_header(self._stream)
        if fortran_order or self._kind != np.uint8:
            raise ValueError(
                f"{self._path}: {MEMBER} must hold bit masks (uint8) row by row; run the rule flag"
                " again"
            )

    def __enter__(self) -> FlagRows:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        self._archive.close()

    def next(self, n_rows: int) -> np.ndarray:
        """Return the bit masks of the next rows, (row, channel, 4) uint8: zero is not flagged."""
        shape = (n_rows, *self.shape[1:])
        size = int(np.prod(shape))
        masks = np.frombuffer(self._stream.read(size), np.uint8)
        if len(masks) < size:
            raise ValueError(
                f"{self._path} has flags of {self.shape[0]} rows, fewer than the data have; run the"
                " rule flag again"
            )
        return masks.reshape(shape)
