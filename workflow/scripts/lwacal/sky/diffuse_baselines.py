"""Where short baselines take the visibilities of the diffuse sky from, prepared once per sub-band.

Visibilities are interpolated on a grid in u and v (lwacal.sky.uv_grid) at few frequencies,
Chebyshev nodes, from which polynomials give the channels. Heights differ little, so that w is
small, and exp(i pi w y) with y = 2 n - 1 is a sum of few Chebyshev polynomials of y with Bessel
functions as coefficients: (2 - delta_k0) i^k J_k(pi w) T_k(y) (Jacobi & Anger; Abramowitz & Stegun
1964, 9.1.44). There is one grid per polynomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from math import factorial

import numpy as np
from scipy.interpolate import BarycentricInterpolator
from scipy.sparse import csr_array
from scipy.special import jv

from lwacal.sky.uv_grid import UvGrid
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

SERIES_ERROR = 1e-2  # first neglected term of the series in w and in frequency
SEEN_COSINE = 0.8  # l up to which the series in frequency has this error: elevation 37 degrees
SKY_FREQUENCIES = 3  # temperature and beams: the error is below 0.5 % in the widest sub-band
FEWEST_NODES = 4  # for the spectrum of the sky on the shortest baselines
LENGTH_CLASSES = (0.25, 0.5, 1.0)  # of the longest baseline: short ones need fewer nodes
FLAT_LAMBDA = 0.35  # |w| of the many baselines for which few polynomials do


@dataclass(frozen=True)
class Class:
    """Baselines that are interpolated alike.

    ``pairs`` (pair,) are their numbers; ``node_hz`` (node,) the frequencies; ``cells`` (cell,) the
    cells of the grid that they need. By node, ``matrices`` (pair, cell) are those of UvGrid and
    ``series`` (pair, order) the coefficients of the polynomials of n.
    """

    pairs: np.ndarray
    node_hz: np.ndarray
    cells: np.ndarray
    matrices: list[csr_array]
    series: list[np.ndarray]

    @staticmethod
    def of(pairs: np.ndarray, baselines_m: np.ndarray, node_hz: np.ndarray, grid: UvGrid) -> Class:
        """Return the class of some pairs with baselines (pair, 3) east, north, up."""
        at_nodes = [baselines_m * (hz / SPEED_OF_LIGHT_M_S) for hz in node_hz]
        orders = _orders(max(float(np.abs(uvw[:, 2]).max()) for uvw in at_nodes))
        whole = [grid.matrix(uvw[:, :2]) for uvw in at_nodes]
        needed = np.zeros(np.prod(grid.shape), bool)
        for matrix in whole:
            needed[matrix.indices] = True
        number = (np.cumsum(needed) - 1).astype(np.int32)
        shape = len(pairs), int(needed.sum())
        return Class(
            pairs,
            node_hz,
            np.flatnonzero(needed),
            [csr_array((one.data, number[one.indices], one.indptr), shape) for one in whole],
            [_series(uvw[:, 2], orders) for uvw in at_nodes],
        )

    @property
    def orders(self) -> int:
        """The number of polynomials of n."""
        return self.series[0].shape[1]


@dataclass(frozen=True)
class DiffuseBaselines:
    """The pairs of antennas up to a length, in classes by their length and height.

    ``sky_hz`` are the frequencies at which the sky is taken, between which it is a polynomial;
    ``node_hz`` (node,), ``of_node`` (channel, node) and ``place`` as in DiffuseModel. By pair,
    ``length_m`` is the length, and ``south`` tells that the baseline x_1 - x_2 points south: the
    grid has it turned round.
    """

    grid: UvGrid
    sky_hz: np.ndarray
    node_hz: np.ndarray
    of_node: np.ndarray
    place: np.ndarray
    length_m: np.ndarray
    south: np.ndarray
    classes: list[Class]

    @staticmethod
    def of(
        positions_m: np.ndarray, frequency_hz: np.ndarray, longest_lambda: float
    ) -> DiffuseBaselines:
        """Return the pairs up to a length in wavelengths at the middle of the sub-band."""
        low_hz, high_hz = float(frequency_hz.min()), float(frequency_hz.max())
        longest_m = longest_lambda * SPEED_OF_LIGHT_M_S / ((low_hz + high_hz) / 2)
        enu_m = geometry.local_enu_m(positions_m)
        first, second = np.triu_indices(len(enu_m), 1)
        length_m = np.linalg.norm(enu_m[first] - enu_m[second], axis=1)
        first, second, length_m = (
            all_[length_m <= longest_m] for all_ in (first, second, length_m)
        )
        place = np.full((len(enu_m), len(enu_m)), -1, np.int32)
        place[first, second] = place[second, first] = np.arange(len(first))
        baselines_m = enu_m[first] - enu_m[second]
        south = baselines_m[:, 1] < 0
        baselines_m[south] *= -1
        grid = UvGrid(longest_m * high_hz / SPEED_OF_LIGHT_M_S)
        node_hz = _nodes_hz(low_hz, high_hz, longest_m)
        flat = np.abs(baselines_m[:, 2]) * high_hz / SPEED_OF_LIGHT_M_S <= FLAT_LAMBDA
        classes = [
            Class.of(
                pairs,
                baselines_m[pairs],
                _nodes_hz(low_hz, high_hz, float(length_m[pairs].max())),
                grid,
            )
            for pairs in _classes(length_m / longest_m, flat)
        ]
        return DiffuseBaselines(
            grid,
            np.unique(np.linspace(low_hz, high_hz, SKY_FREQUENCIES)),
            node_hz,
            polynomials(node_hz, frequency_hz),
            place,
            length_m,
            south,
            classes,
        )

    @property
    def most_moments(self) -> int:
        """The number of polynomials of n that the sky is multiplied by."""
        return max((part.orders for part in self.classes), default=1)

    def at_nodes(self, grids: list[np.ndarray]) -> np.ndarray:
        """Return visibilities at the nodes, (2, node, pair) complex64.

        ``grids`` are those at the frequencies of the sky, (cell, 2 times order) with XX first.
        """
        stacked = np.reshape(grids, (len(grids), len(grids[0]), 2, -1))
        nodes = np.zeros((2, len(self.node_hz), len(self.south)), np.complex64)
        for part in self.classes:
            planes = stacked[:, part.cells, :, : part.orders].reshape(len(grids), -1)
            mine = np.empty((2, len(part.node_hz), len(part.pairs)), np.complex64)
            for node, (matrix, series) in enumerate(zip(part.matrices, part.series)):
                share = polynomials(self.sky_hz, part.node_hz[node : node + 1])[0]
                grid = (share @ planes).reshape(len(part.cells), -1)
                values = (matrix @ grid).reshape(-1, 2, part.orders)
                mine[:, node] = np.einsum("rpk,rk->pr", values, series)
            nodes[:, :, part.pairs] = polynomials(part.node_hz, self.node_hz) @ mine
        nodes.imag[..., self.south] *= -1
        return nodes


def _classes(length: np.ndarray, flat: np.ndarray) -> list[np.ndarray]:
    """Return the numbers of baselines by class: flat ones by length, and the others.

    ``length`` (baseline,) is relative to the longest.
    """
    by_length = np.searchsorted(LENGTH_CLASSES, length.clip(max=1.0))
    classes = [np.flatnonzero(flat & (by_length == one)) for one in range(len(LENGTH_CLASSES))]
    return [pairs for pairs in (*classes, np.flatnonzero(~flat)) if len(pairs)]


def _nodes_hz(low_hz: float, high_hz: float, length_m: float) -> np.ndarray:
    """Return Chebyshev nodes that interpolate the fringes of a baseline over a sub-band."""
    middle_hz, half_hz = (high_hz + low_hz) / 2, (high_hz - low_hz) / 2
    phase = 2 * np.pi * length_m * SEEN_COSINE * half_hz / SPEED_OF_LIGHT_M_S
    number = next(n for n in count(1) if phase**n / (2.0 ** (n - 1) * factorial(n)) < SERIES_ERROR)
    number = max(number, FEWEST_NODES) if half_hz > 0 else 1
    return middle_hz + half_hz * np.cos(np.pi * (np.arange(number) + 0.5) / number)


def polynomials(node_hz: np.ndarray, wanted_hz: np.ndarray) -> np.ndarray:
    """Return the matrix (wanted, node) float32 of the polynomials through nodes."""
    if len(node_hz) == 1:
        return np.ones((len(wanted_hz), 1), np.float32)
    scale = np.ptp(node_hz)
    unit = BarycentricInterpolator((node_hz - node_hz[0]) / scale, np.eye(len(node_hz)))
    return unit((wanted_hz - node_hz[0]) / scale).astype(np.float32)


def _orders(w_lambda: float) -> int:
    """Return how many polynomials of n are needed for |w| up to a limit."""
    return next(
        k for k in count(1) if np.abs(2 * jv([k, k + 1], np.pi * w_lambda)).max() < SERIES_ERROR
    )


def _series(w_lambda: np.ndarray, orders: int) -> np.ndarray:
    """Return the coefficients of exp(2 pi i w n) in the polynomials of n, (baseline, order)."""
    order = np.arange(orders)
    bessel = jv(order, np.pi * w_lambda[:, None])
    series = np.where(order > 0, 2, 1) * 1j**order * bessel
    return (series * np.exp(1j * np.pi * w_lambda[:, None])).astype(np.complex64)
