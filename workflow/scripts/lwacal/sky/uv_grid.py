"""The Fourier sums of many points on the sky, on a grid in u and v, and between its cells.

V(u, v) = sum_p I_p exp(+2 pi i (u l_p + v m_p)), with direction cosines l and m within -1..1 and u
and v in wavelengths. Points are spread on a grid in l and m, transformed by FFT to a grid in u and
v, and interpolated there, both times by cubic B-splines. The Fourier transforms of the splines are
divided out, as in the non-uniform FFT (Dutt & Rokhlin 1993, SIAM Journal on Scientific Computing
14, 1368). What aliases is (x / (1 - x))^4, with x in cycles per cell of the other grid: at most
1/81 at the horizon and 1/256 at the longest baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.sparse import csr_array

EXTENT = 4.0  # of the grid in l and m; its inverse is the cell of u and v in wavelengths
CELLS_OF_LONGEST = 5  # cells in l and m within the fringe of the longest baseline
TAPS = np.arange(-1, 3)  # cells that a cubic B-spline reaches, from the one below


@dataclass(frozen=True)
class UvGrid:
    """A grid for baselines up to ``longest_lambda``: |u| up to that, v from 0.

    Visibilities at negative v are the conjugates of those on the other side.
    """

    longest_lambda: float

    @property
    def reach(self) -> int:
        """The number of cells from the origin to the edge."""
        return int(np.ceil(self.longest_lambda * EXTENT)) + int(TAPS[-1])

    @property
    def shape(self) -> tuple[int, int]:
        """The number of cells in u and in v."""
        return 2 * self.reach + 1, self.reach + 2

    @property
    def image_size(self) -> int:
        """The number of cells in l and in m over the extent."""
        least = int(np.ceil(CELLS_OF_LONGEST * EXTENT * self.longest_lambda))
        return int(fft.next_fast_len(max(least, 4 * self.reach), real=True))

    @property
    def middle(self) -> int:
        """The cell in l and in m that has the zenith; the sky reaches from 0 to twice that."""
        return int(np.ceil(self.image_size / EXTENT)) + 2

    def spreading(self, lm: np.ndarray) -> csr_array:
        """Return the matrix (cell of the image, point) that spreads points at ``lm`` (point, 2)."""
        cells = 2 * self.middle + 1  # the rest of the extent is empty
        position = lm * (self.image_size / EXTENT) + self.middle
        taper = _taper(lm / EXTENT).prod(axis=1)
        spread = _splines(position, (cells, cells))
        spread.data /= np.repeat(taper, len(TAPS) ** 2).astype(np.float32)
        return spread.T

    def transform(self, spreading: csr_array, values: np.ndarray) -> np.ndarray:
        """Return what `matrix` interpolates, (cell, column) complex64.

        ``values`` (point, column) real; ``spreading`` is that of the points.
        """
        size, middle = self.image_size, self.middle
        image = spreading @ values.astype(np.float32, copy=False)
        image = image.reshape(2 * middle + 1, 2 * middle + 1, -1)
        u, v = np.arange(-self.reach, self.reach + 1), np.arange(self.reach + 1)
        along_m = fft.rfft(image, size, axis=1)[:, v].conj()
        along_m *= _recentred(v, middle, size)[:, None]
        plane = fft.ifft(along_m, size, axis=0, norm="forward")[u]
        plane *= _recentred(u, middle, size)[:, None, None]
        plane = np.concatenate([plane[::-1, 1:2].conj(), plane], axis=1)  # and v = -1
        return plane.reshape(-1, values.shape[1]).astype(np.complex64, copy=False)

    def matrix(self, uv: np.ndarray) -> csr_array:
        """Return the matrix (baseline, cell) that interpolates at u and v (baseline, 2).

        u and v are in wavelengths, v not negative.
        """
        return _splines(uv * EXTENT + [self.reach, 1], self.shape)


def _recentred(index: np.ndarray, middle: int, size: int) -> np.ndarray:
    """Return what makes cell ``middle`` the origin, over the transform of the spline."""
    phasor = np.exp(-2j * np.pi * index * middle / size)
    return (phasor / _taper(index / size)).astype(np.complex64)


def _taper(x: np.ndarray) -> np.ndarray:
    """Return the Fourier transform of the cubic B-spline, x in cycles per cell."""
    return np.sinc(x) ** 4


def _splines(position: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """Return the cubic B-splines at positions (point, 2) in cells, as a matrix (point, cell)."""
    below = np.floor(position).astype(np.int32)
    first, second = (_weights(position[:, axis] - below[:, axis]) for axis in (0, 1))
    weights = (first[:, :, None] * second[:, None, :]).ravel()
    along_first = (below[:, :1] + TAPS) * shape[1]
    cells = (along_first[:, :, None] + (below[:, 1:] + TAPS)[:, None, :]).ravel()
    ends = np.arange(len(position) + 1, dtype=np.int32) * len(TAPS) ** 2
    return csr_array((weights, cells.astype(np.int32), ends), (len(position), np.prod(shape)))


def _weights(fraction: np.ndarray) -> np.ndarray:
    """Return the values of a cubic B-spline in the four cells around a point, (point, 4)."""
    t = fraction
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    )
    return (weights / 6).astype(np.float32)
