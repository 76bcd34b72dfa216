"""Model visibilities of the diffuse Galaxy on short baselines, and its power.

The sky is a map of the brightness temperature (lwacal.sky.galaxy_map), seen through the beams of X
and Y down to the horizon: a pixel of solid angle dOmega has 2 k T B nu^2 / c^2 dOmega Jy. With
east, north and up as axes, the visibility of a baseline of (u, v, w) wavelengths is the sum over
pixels of their flux densities times exp(+2 pi i (u l + v m + w n)). It is computed by FFT
(lwacal.sky.uv_grid, lwacal.sky.diffuse_baselines).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from lwacal.sky import beam
from lwacal.sky.diffuse_baselines import DiffuseBaselines
from lwacal.sky.galaxy_map import GalaxyMap
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from lwacal.telescope.phasors import antenna_phasors

BOLTZMANN_JY_M2_K = 1380.649  # 1 Jy = 1e-26 W / m^2 / Hz


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
        baselines = self.baselines
        moments = sky.moments(baselines.most_moments).astype(np.float32)
        flux_jy = sky.flux_jy(baselines.sky_hz).astype(np.float32)
        spreading = baselines.grid.spreading(sky.lmn[:, :2])
        grids = [
            baselines.grid.transform(
                spreading, (seen[:, :, None] * moments[:, None]).reshape(len(moments), -1)
            )
            for seen in flux_jy.swapaxes(0, 1)
        ]
        path_m = geometry.path_m(self.positions_m, *centre_radec, mjd_s)
        phasors = antenna_phasors(-path_m, self.frequency_hz).T.astype(np.complex64)
        return DiffuseModel(baselines.at_nodes(grids), baselines.of_node, baselines.place, phasors)

    def of_array(self, positions_m: np.ndarray) -> DiffuseSky:
        """Return the sky for other antennas, (antenna, 3) ITRF."""
        return replace(self, positions_m=positions_m)

    def of_frequencies(self, frequency_hz: np.ndarray) -> DiffuseSky:
        """Return the sky in other channels, (channel,)."""
        return replace(self, frequency_hz=frequency_hz)

    def seen(self, mjd_s: float) -> SkySeen:
        """Return the pixels above the horizon at this time."""
        radec = self.map.radec
        directions = geometry.itrf_direction(radec[:, 0], radec[:, 1], mjd_s)
        lmn = directions @ geometry.enu_axes().T
        up = lmn[:, 2] > 0
        return SkySeen(lmn[up], up, self.map, self.dipole)

    @cached_property
    def baselines(self) -> DiffuseBaselines:
        """The baselines up to the limit, prepared at first use."""
        return DiffuseBaselines.of(self.positions_m, self.frequency_hz, self.longest_lambda)


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
