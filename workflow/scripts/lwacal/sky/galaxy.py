"""Model visibilities of the diffuse Galaxy on short baselines.

The sky is a map of the brightness temperature (lwacal.sky.galaxy_map), seen through the beams of X
and Y down to the horizon: a pixel of solid angle dOmega has 2 k T B nu^2 / c^2 dOmega Jy. With
east, north and up as axes, the visibility of a baseline of (u, v, w) wavelengths is the sum over
pixels of their flux densities times exp(+2 pi i (u l + v m + w n)). Heights differ little, so that
w is small, and exp(i pi w y) with y = 2 n - 1 is a sum of few Chebyshev polynomials of y with
Bessel functions as coefficients: (2 - delta_k0) i^k J_k(pi w) T_k(y) (Jacobi & Anger; Abramowitz &
Stegun 1964, 9.1.44). The sky times each polynomial is transformed by FFT and interpolated in u and
v (lwacal.sky.uv_grid), at few frequencies of the sub-band, Chebyshev nodes, from which polynomials
give the channels.

Where baselines lie in u, v and w does not change with time, so the interpolation is prepared once
per sub-band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from math import factorial
from typing import Any

import numpy as np
from scipy.interpolate import BarycentricInterpolator
from scipy.sparse import csr_array
from scipy.special import jv

from lwacal.sky import beam
from lwacal.sky.galaxy_map import GalaxyMap
from lwacal.sky.uv_grid import UvGrid
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from lwacal.telescope.phasors import antenna_phasors

BOLTZMANN_JY_M2_K = 1380.649  # 1 Jy = 1e-26 W / m^2 / Hz
SERIES_ERROR = 1e-2  # first neglected term of the series in w and in frequency
SEEN_COSINE = 0.8  # l up to which the series in frequency has this error: elevation 37 degrees
SKY_FREQUENCIES = 3
LENGTH_CLASSES = (0.25, 0.5, 1.0)  # of the longest baseline: short ones need fewer nodes
FLAT_LAMBDA = 0.35  # |w| of the many baselines for which few polynomials do


@dataclass(frozen=True)
class DiffuseSky:
    """The diffuse sky of a sub-band and an array, on baselines up to a length.

    ``positions_m`` (antenna, 3) ITRF; ``frequency_hz`` (channel,); ``dipole`` is section beam of
    the configuration as JSON; ``longest_lambda`` is the limit in wavelengths at the middle of the
    sub-band: longer baselines have no model.
    """

    map: GalaxyMap
    positions_m: np.ndarray
    frequency_hz: np.ndarray
    dipole: dict[str, Any]
    longest_lambda: float

    def at(self, mjd_s: float, centre_radec: tuple[float, float]) -> DiffuseModel:
        """Return the model in the middle of an integration, for a phase centre in ICRS radians."""
        sky = self.seen(mjd_s)
        baselines = self._baselines
        moments = sky.moments(baselines.most_moments)
        flux_jy = sky.flux_jy(baselines.sky_hz)
        grids = [
            baselines.grid.transform(
                sky.lmn[:, :2], (flux_jy[:, one, :, None] * moments[:, None]).reshape(len(moments), -1)
            )
            for one in range(len(baselines.sky_hz))
        ]
        path_m = geometry.path_m(self.positions_m, *centre_radec, mjd_s)
        phasors = antenna_phasors(-path_m, self.frequency_hz).T.astype(np.complex64)
        return DiffuseModel(
            baselines.at_nodes(grids), baselines.of_node, baselines.place, phasors
        )

    def seen(self, mjd_s: float) -> SkySeen:
        """Return the pixels above the horizon at this time."""
        radec = self.map.radec
        directions = geometry.itrf_direction(radec[:, 0], radec[:, 1], mjd_s)
        lmn = directions @ geometry.enu_axes().T
        up = lmn[:, 2] > 0
        return SkySeen(lmn[up], up, self.map, self.dipole)

    @cached_property
    def _baselines(self) -> _Baselines:
        return _Baselines.of(self.positions_m, self.frequency_hz, self.longest_lambda)


@dataclass(frozen=True)
class SkySeen:
    """The pixels of a map above the horizon: ``lmn`` (pixel, 3) east, north, up; ``up`` which."""

    lmn: np.ndarray
    up: np.ndarray
    map: GalaxyMap
    dipole: dict[str, Any]

    def beams(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return the power beams, (pixel, frequency, 2) with X and Y last."""
        altitude = np.arcsin(self.lmn[:, 2].clip(0, 1))
        azimuth = np.arctan2(self.lmn[:, 0], self.lmn[:, 1])
        dipole = self.dipole
        powers = beam.power(
            dipole["model"],
            frequency_hz,
            altitude,
            azimuth,
            dipole["x_azimuth_deg"],
            dipole["file"],
        )
        return np.stack(powers, axis=-1)

    def flux_jy(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return the apparent flux densities of the pixels, (pixel, frequency, 2), in Jy."""
        kelvin = self.map.temperature_k(frequency_hz)[self.up]
        per_k = 2 * BOLTZMANN_JY_M2_K * (frequency_hz / SPEED_OF_LIGHT_M_S) ** 2
        return (kelvin * per_k * self.map.pixel_sr)[..., None] * self.beams(frequency_hz)

    def moments(self, number: int) -> np.ndarray:
        """Return the Chebyshev polynomials of 2 n - 1, (pixel, order)."""
        angle = np.arccos(2 * self.lmn[:, 2].clip(0, 1) - 1)
        return np.cos(angle[:, None] * np.arange(number))


@dataclass(frozen=True)
class DiffuseModel:
    """Visibilities of the diffuse sky in one integration.

    ``nodes_jy`` (2, node, pair) complex64 are those of pairs of antennas without a phase centre, at
    few frequencies; ``of_node`` (channel, node) gives the channels. ``place`` (antenna, antenna) is
    the number of a pair, -1 if there is none; ``phasors`` (channel, antenna) are those of the phase
    centre, conjugated.
    """

    nodes_jy: np.ndarray
    of_node: np.ndarray
    place: np.ndarray
    phasors: np.ndarray

    def visibilities(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return XX and YY of baselines, (2, channel, row), complex64, in Jy.

        They are zero for baselines above the limit and for autocorrelations.
        """
        model = np.zeros((2, len(self.of_node), len(antenna1)), np.complex64)
        place = self.place[antenna1, antenna2]
        rows = np.flatnonzero(place >= 0)
        if len(rows):
            first, second = antenna1[rows], antenna2[rows]
            nodes = np.take(self.nodes_jy, place[rows], axis=2)
            nodes.imag[..., first > second] *= -1
            channels = np.matmul(self.of_node, nodes.view(np.float32)).view(np.complex64)
            channels *= np.take(self.phasors, first, axis=1)
            channels *= np.take(self.phasors.conj(), second, axis=1)
            model[:, :, rows] = channels
        return model


@dataclass(frozen=True)
class _Class:
    """Baselines that are interpolated alike.

    ``pairs`` (pair,) are their numbers; ``node_hz`` (node,) the frequencies. By node, ``matrices``
    are those of UvGrid and ``series`` (pair, order) the coefficients of the polynomials of n.
    ``to_nodes`` (node of all, node) gives the frequencies that all classes have.
    """

    pairs: np.ndarray
    node_hz: np.ndarray
    matrices: list[csr_array]
    series: list[np.ndarray]
    to_nodes: np.ndarray


@dataclass(frozen=True)
class _Baselines:
    """The pairs of antennas up to a length, in classes by their length and height.

    ``sky_hz`` are the frequencies at which the sky is taken, between which it is a polynomial;
    ``place`` and ``of_node`` as in DiffuseModel; ``south`` (pair,): the baseline from the second to
    the first antenna points south, and is turned round on the grid.
    """

    grid: UvGrid
    sky_hz: np.ndarray
    node_hz: np.ndarray
    of_node: np.ndarray
    place: np.ndarray
    south: np.ndarray
    classes: list[_Class]

    @staticmethod
    def of(positions_m: np.ndarray, frequency_hz: np.ndarray, longest_lambda: float) -> _Baselines:
        """Return the pairs up to a length in wavelengths at the middle of the sub-band."""
        number = len(positions_m)
        low_hz, high_hz = float(frequency_hz.min()), float(frequency_hz.max())
        middle_hz = (low_hz + high_hz) / 2
        wavelength_m = SPEED_OF_LIGHT_M_S / middle_hz
        enu_m = geometry.local_enu_m(positions_m)
        first, second = np.triu_indices(number, 1)
        length = np.linalg.norm(enu_m[first] - enu_m[second], axis=1) / wavelength_m
        first, second, length = (of[length <= longest_lambda] for of in (first, second, length))
        place = np.full((number, number), -1, np.int32)
        place[first, second] = place[second, first] = np.arange(len(first))
        east_north_up = enu_m[first] - enu_m[second]
        south = east_north_up[:, 1] < 0
        turned = np.where(south[:, None], -east_north_up, east_north_up) / wavelength_m
        grid = UvGrid(longest_lambda * high_hz / middle_hz)
        node_hz = _nodes_hz(low_hz, high_hz, longest_lambda)
        classes = []
        for members in _classes(length / longest_lambda, turned[:, 2]):
            mine_hz = _nodes_hz(low_hz, high_hz, float(length[members].max()))
            scale = mine_hz / middle_hz
            orders = _orders(float(np.abs(turned[members, 2]).max()) * high_hz / middle_hz)
            classes.append(
                _Class(
                    members,
                    mine_hz,
                    [grid.matrix(turned[members, :2] * factor) for factor in scale],
                    [_series(turned[members, 2] * factor, orders) for factor in scale],
                    _polynomials(mine_hz, node_hz),
                )
            )
        return _Baselines(
            grid,
            np.unique(np.linspace(low_hz, high_hz, SKY_FREQUENCIES)),
            node_hz,
            _polynomials(node_hz, frequency_hz),
            place,
            south,
            classes,
        )

    @property
    def most_moments(self) -> int:
        """The number of polynomials of n that the sky is multiplied by."""
        return max((part.series[0].shape[1] for part in self.classes), default=1)

    def at_nodes(self, grids: list[np.ndarray]) -> np.ndarray:
        """Return visibilities at the nodes, (2, node, pair) complex64.

        ``grids`` are those at the frequencies of the sky, (cell, 2 times order) with XX first.
        """
        stacked = np.reshape(grids, (len(grids), len(grids[0]), 2, -1))
        nodes = np.zeros((2, len(self.node_hz), len(self.south)), np.complex64)
        for part in self.classes:
            orders = part.series[0].shape[1]
            planes = np.ascontiguousarray(stacked[..., :orders])
            mine = np.empty((2, len(part.node_hz), len(part.pairs)), np.complex64)
            for node, (matrix, series) in enumerate(zip(part.matrices, part.series)):
                share = _polynomials(self.sky_hz, part.node_hz[node : node + 1])[0]
                grid = np.tensordot(share, planes, axes=1).reshape(planes.shape[1], -1)
                values = (matrix @ grid).reshape(-1, 2, orders)
                mine[:, node] = np.einsum("rpk,rk->pr", values, series)
            nodes[:, :, part.pairs] = part.to_nodes @ mine
        nodes.imag[..., self.south] *= -1
        return nodes


def _classes(length: np.ndarray, w_lambda: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the numbers of baselines by class; ``length`` is relative to the longest."""
    flat = np.abs(w_lambda) <= FLAT_LAMBDA
    by_length = np.searchsorted(LENGTH_CLASSES, length.clip(max=1.0))
    for number in range(len(LENGTH_CLASSES)):
        yield from (one for one in [np.flatnonzero(flat & (by_length == number))] if len(one))
    if not flat.all():
        yield np.flatnonzero(~flat)


def _nodes_hz(low_hz: float, high_hz: float, length_lambda: float) -> np.ndarray:
    """Return Chebyshev nodes that interpolate the fringes of a baseline over a sub-band."""
    middle_hz, half_hz = (high_hz + low_hz) / 2, (high_hz - low_hz) / 2
    phase = 2 * np.pi * length_lambda * SEEN_COSINE * half_hz / middle_hz
    number = next(
        n for n in count(1) if phase**n / (2.0 ** (n - 1) * factorial(n)) < SERIES_ERROR
    )
    return middle_hz + half_hz * np.cos(np.pi * (np.arange(number) + 0.5) / number)


def _polynomials(node_hz: np.ndarray, wanted_hz: np.ndarray) -> np.ndarray:
    """Return the matrix (wanted, node) float32 of the polynomials through nodes."""
    scale = np.ptp(node_hz) or 1.0
    unit = BarycentricInterpolator((node_hz - node_hz[0]) / scale, np.eye(len(node_hz)))
    return unit((wanted_hz - node_hz[0]) / scale).astype(np.float32)


def _orders(w_lambda: float) -> int:
    """Return how many polynomials of n are needed for |w| up to a limit."""
    return next(k for k in count(1) if np.abs(2 * jv([k, k + 1], np.pi * w_lambda)).max() < SERIES_ERROR)


def _series(w_lambda: np.ndarray, orders: int) -> np.ndarray:
    """Return the coefficients of exp(2 pi i w n) in the polynomials of n, (baseline, order)."""
    order = np.arange(orders)
    bessel = jv(order, np.pi * w_lambda[:, None])
    series = np.where(order > 0, 2, 1) * 1j**order * bessel
    return (series * np.exp(1j * np.pi * w_lambda[:, None])).astype(np.complex64)
