"""Values per baseline arranged as antenna matrices."""

from __future__ import annotations

import numpy as np


class BaselineMatrix:
    """Converts values per baseline to matrices (antenna, antenna) and back.

    Baselines are in the order 0-1, 0-2, ... 1-2, ...: the upper triangle of the matrix, row by row,
    so that ``antenna1 < antenna2``, both (baseline,).
    """

    def __init__(self, n_antennas: int) -> None:
        self.n_antennas = n_antennas
        self.antenna1, self.antenna2 = np.triu_indices(n_antennas, 1)
        n_baselines = len(self.antenna1)
        self._upper = np.zeros((n_antennas, n_antennas), np.intp)
        self._upper[self.antenna1, self.antenna2] = np.arange(n_baselines)
        self._symmetric = self._upper + self._upper.T
        self._general = self._upper + np.tril(self._symmetric + n_baselines, -1)
        self._diagonal = np.arange(n_antennas)

    def of_rows(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray | slice:
        """Return the baseline number of each row; a slice, which is faster, if consecutive.

        ``antenna1`` and ``antenna2`` (row,), with ``antenna1 < antenna2``.
        """
        baseline = self._upper[antenna1, antenna2]
        if len(baseline) and (np.diff(baseline) == 1).all():
            return slice(int(baseline[0]), int(baseline[-1]) + 1)
        return baseline

    def symmetric(self, values: np.ndarray, diagonal: float = 0.0) -> np.ndarray:
        """Return symmetric matrices (channel, antenna, antenna) from values (channel, baseline)."""
        return self._matrix(values, self._symmetric, diagonal)

    def general(self, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Return matrices of ``upper`` at (antenna1, antenna2), ``lower`` at (antenna2, antenna1).

        Both are (channel, baseline); the diagonal is zero.
        """
        return self._matrix(np.concatenate([upper, lower], axis=1), self._general, 0.0)

    def hermitian(self, values: np.ndarray) -> np.ndarray:
        """Return Hermitian matrices with ``values`` (channel, baseline) in the upper triangle."""
        return self.general(values, values.conj())

    def by_antenna(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over the baselines of each antenna, (channel, antenna) float32."""
        return self.symmetric(values.astype(np.float32, copy=False)).sum(axis=2)

    def of_antennas(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values (channel, antenna) at antenna 1 and antenna 2, each (channel, baseline)."""
        return np.take(values, self.antenna1, axis=1), np.take(values, self.antenna2, axis=1)

    def _matrix(self, values: np.ndarray, index: np.ndarray, diagonal: float) -> np.ndarray:
        matrix = np.take(values, index, axis=1, mode="clip")
        matrix[:, self._diagonal, self._diagonal] = diagonal
        return matrix
