"""Values of baselines as matrices of antennas."""

from __future__ import annotations

import numpy as np


class BaselineMatrix:
    """Where the baselines 0-1, 0-2, ... 1-2, ... are in a matrix (antenna, antenna).

    ``antenna1 < antenna2`` (baseline,): the upper triangle, row by row.
    """

    def __init__(self, n_antennas: int) -> None:
        self.n_antennas = n_antennas
        self.antenna1, self.antenna2 = np.triu_indices(n_antennas, 1)
        number = len(self.antenna1)
        self._upper = np.zeros((n_antennas, n_antennas), np.intp)
        self._upper[self.antenna1, self.antenna2] = np.arange(number)
        self._either = self._upper + self._upper.T
        self._both = self._upper + np.tril(self._either + number, -1)
        self._diagonal = np.arange(n_antennas)

    def of_rows(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray | slice:
        """Return the baselines of rows, as an index; a slice (faster) if they follow each other."""
        found = self._upper[antenna1, antenna2]
        if len(found) and (np.diff(found) == 1).all():
            return slice(int(found[0]), int(found[-1]) + 1)
        return found

    def symmetric(self, values: np.ndarray, diagonal: float = 0.0) -> np.ndarray:
        """Return matrices (channel, antenna, antenna) of values (channel, baseline)."""
        return self._matrix(values, self._either, diagonal)

    def general(self, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Return matrices with ``upper`` at (antenna1, antenna2), ``lower`` at the other place."""
        return self._matrix(np.concatenate([upper, lower], axis=1), self._both, 0.0)

    def hermitian(self, values: np.ndarray) -> np.ndarray:
        """Return matrices of which the lower triangle is the conjugate of the upper one."""
        return self.general(values, values.conj())

    def by_antenna(self, values: np.ndarray) -> np.ndarray:
        """Return the sums over all baselines of each antenna, (channel, antenna) float32."""
        return self.symmetric(values.astype(np.float32, copy=False)).sum(axis=2)

    def of_antennas(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (channel, antenna) values of the first and the second antenna of baselines."""
        return np.take(values, self.antenna1, axis=1), np.take(values, self.antenna2, axis=1)

    def _matrix(self, values: np.ndarray, index: np.ndarray, diagonal: float) -> np.ndarray:
        matrix = np.take(values, index, axis=1, mode="clip")
        matrix[:, self._diagonal, self._diagonal] = diagonal
        return matrix
