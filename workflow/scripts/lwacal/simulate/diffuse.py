"""Diffuse emission of a sky map: a direct sum over its pixels through the beams of the dipoles.

The visibility of a baseline is the sum over pixels of 2 k T / lambda^2 times the solid angle, the
power beam, and the phasor of a point. It is computed as a matrix product of antenna phasors, at
Chebyshev nodes in frequency between which it is interpolated. A map is smooth on the scale of its
pixels, so its emission is left out on baselines that would see the pixels: it is whole below 0.35,
and gone above 0.5 wavelengths per (radian per pixel).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from astropy.constants import k_B
from scipy.interpolate import BarycentricInterpolator

from lwacal.simulate.effects import find
from lwacal.simulate.mixing import Mixing
from lwacal.simulate.options import Simulation
from lwacal.simulate.seen import Exposure, Observation
from lwacal.sky import beam, derive_galaxy_map
from lwacal.sky.galaxy_map import GalaxyMap
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

WHOLE, GONE = 0.35, 0.5  # baselines in wavelengths times the side of a pixel in radians
ERROR_WAVES, ERROR_WAVE_RAD = 32, 6.0  # errors of the map have a scale of 60 degrees
PIXELS = 4096  # at once
JANSKY = 1e-26


class SkyMap:
    """The map of a simulation with its error, above the horizon of an instant.

    Without the effect galaxy the map has no error.
    """

    def __init__(self, options: Simulation) -> None:
        self.options = options
        self._map = GalaxyMap.read(options.sky_map)
        self._vectors = derive_galaxy_map.unit_vectors(self._map.radec)
        self._hole = np.zeros(len(self._vectors), bool)
        if options.sky_map is not None:
            radii_rad = np.deg2rad(derive_galaxy_map.FINE_CUT_DEG)
            self._hole = derive_galaxy_map.near_sources(self._vectors, *radii_rad)
        self._factor = self._error()

    def _error(self) -> np.ndarray:
        effect = find(self.options.effects, "galaxy")
        if effect is None:
            return np.ones(len(self._vectors))
        draw = effect.generator(self.options.seed)
        waves = ERROR_WAVE_RAD * draw.normal(size=(3, ERROR_WAVES)) / np.sqrt(3)
        angle = self._vectors @ waves + draw.uniform(0, 2 * np.pi, ERROR_WAVES)
        relative = np.sqrt(2 / ERROR_WAVES) * np.cos(angle).sum(axis=1)
        return np.asarray(effect.number() * (1 + effect.number(1) * relative).clip(0))

    @property
    def pixel_rad(self) -> float:
        """Return the side of a pixel."""
        return float(np.sqrt(self._map.pixel_sr))

    @lru_cache(maxsize=2)  # noqa: B019 - a simulation has one map
    def above(self, mjd_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return which pixels are above the horizon, (up,), and their ITRF directions (up, 3)."""
        directions = geometry.itrf_direction(self._map.radec[:, 0], self._map.radec[:, 1], mjd_s)
        up = np.flatnonzero(directions @ geometry.enu_axes()[2] > 0)
        return up, directions[up]

    def temperature_k(self, pixels: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
        """Return brightness temperatures, (pixel, channel), in K, of some pixels."""
        temperature = self._map.temperature_k(frequency_hz)
        if self._hole.any():
            temperature = np.stack(
                [
                    derive_galaxy_map.filled_in(one, self._vectors, self._hole)
                    for one in temperature.T
                ],
                axis=1,
            )
        return (temperature * self._factor[:, None])[pixels]

    def beams(self, directions: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
        """Return the power beams of X and Y towards ITRF directions, (pixel, channel, 2)."""
        east, north, up = geometry.enu_axes() @ directions.T
        altitude, azimuth = np.arcsin(up.clip(-1, 1)), np.arctan2(east, north)
        options = self.options
        return np.stack(
            beam.power(options.beam, frequency_hz, altitude, azimuth, options.x_azimuth_deg),
            axis=-1,
        )

    def flux_jy(
        self, mjd_s: float, frequency_hz: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return apparent flux densities of the pixels above the horizon, and the beams.

        Flux densities and beams are (pixel, channel, 2), X and Y; the third result are the ITRF
        directions (pixel, 3).
        """
        pixels, directions = self.above(mjd_s)
        beams = self.beams(directions, frequency_hz)
        kelvin = self.temperature_k(pixels, frequency_hz)
        flux = kelvin * jy_per_k(frequency_hz, self._map.pixel_sr)
        return beams * flux[..., None], beams, directions

    def total_jy(
        self, mjd_s: float, frequency_hz: np.ndarray, receiver_k: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what a dipole receives of the map, and of receiver noise, (channel, 2), in Jy."""
        flux, beams, _ = self.flux_jy(mjd_s, frequency_hz)
        receiver = receiver_k * jy_per_k(frequency_hz, self._map.pixel_sr)
        return flux.sum(axis=0), beams.sum(axis=0) * receiver[:, None]


def jy_per_k(frequency_hz: np.ndarray, solid_angle_sr: float) -> np.ndarray:
    """Return 2 k / lambda^2 times a solid angle, (channel,), in Jy per K."""
    wavelength_m = SPEED_OF_LIGHT_M_S / np.asarray(frequency_hz)
    return np.asarray(2 * k_B.value / wavelength_m**2 * solid_angle_sr / JANSKY)


Rows = Callable[[np.ndarray, np.ndarray], np.ndarray]


def visibilities(
    sky: SkyMap,
    night: Observation,
    exposure: Exposure,
    mixing: Sequence[Mixing] = (),
) -> Rows:
    """Return a function of antenna 1 and antenna 2 that gives the emission, (row, channel, 2).

    XX and YY in Jy, zero for autocorrelations. ``mixing`` is what mixes the signals of antennas.
    """
    frequency_hz = exposure.frequency_hz
    at_hz, matrix = nodes(frequency_hz, GONE / sky.pixel_rad)
    flux, _, directions = sky.flux_jy(exposure.mid_mjd_s, at_hz)
    path_m = (night.positions_m - night.positions_m.mean(axis=0)) @ directions.T
    summed = np.stack(
        [
            _matrices(path_m, float(hz), flux[:, number].astype(np.float32), mixing)
            for number, hz in enumerate(at_hz)
        ]
    )
    centre_m = geometry.path_m(night.positions_m, *exposure.field_radec, exposure.mid_mjd_s)
    enu_m = night.enu_m

    def rows(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        at_nodes = summed[:, :, first, second]
        values = np.einsum("cn,npr->rcp", matrix, at_nodes, optimize=True)
        delay_s = (centre_m[first] - centre_m[second]) / SPEED_OF_LIGHT_M_S
        length = np.linalg.norm(enu_m[first] - enu_m[second], axis=1) / SPEED_OF_LIGHT_M_S
        keep = shortness(np.outer(length, frequency_hz) * sky.pixel_rad)
        keep[first == second] = 0
        values *= (keep * np.exp(-2j * np.pi * np.outer(delay_s, frequency_hz)))[..., None]
        return values.astype(np.complex64)

    return rows


def shortness(length: np.ndarray) -> np.ndarray:
    """Return 1 below WHOLE, 0 above GONE, and half a cosine between."""
    fraction = ((length - WHOLE) / (GONE - WHOLE)).clip(0, 1)
    return np.asarray((1 + np.cos(np.pi * fraction)) / 2)


def nodes(frequency_hz: np.ndarray, longest_lambda: float) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes in frequency and the matrix (channel, node) that interpolates.

    The phase of a source on the horizon turns by 2 pi times the longest baseline times half the
    width over frequency; some nodes more than radians are enough for a relative error of 1e-4. With
    fewer channels than that the nodes are the channels.
    """
    low, high = frequency_hz.min(), frequency_hz.max()
    turn = np.pi * longest_lambda * (high - low) / low
    number = int(np.ceil(1.15 * turn)) + 12
    if number >= len(frequency_hz):
        return frequency_hz, np.eye(len(frequency_hz))
    points = np.cos(np.pi * (np.arange(number) + 0.5) / number)
    at_hz = (high + low) / 2 + (high - low) / 2 * points
    matrix = BarycentricInterpolator(points, np.eye(number))(
        (2 * frequency_hz - high - low) / (high - low)
    )
    return at_hz, np.asarray(matrix)


def _matrices(
    path_m: np.ndarray,
    frequency_hz: float,
    flux_jy: np.ndarray,
    mixing: Sequence[Mixing],
) -> np.ndarray:
    """Return the sum over pixels of S p_1 conj(p_2), (2, antenna, antenna) complex64."""
    total = np.zeros((2, len(path_m), len(path_m)), np.complex64)
    for start in range(0, path_m.shape[1], PIXELS):
        part = slice(start, start + PIXELS)
        turns = path_m[:, part] * (frequency_hz / SPEED_OF_LIGHT_M_S)
        angle = (2 * np.pi * (turns - np.rint(turns))).astype(np.float32)
        phasors = np.empty(angle.shape, np.complex64)
        phasors.real, phasors.imag = np.cos(angle), np.sin(angle)
        for one in mixing:
            phasors = one.receive(phasors, frequency_hz)
        conjugate = phasors.conj().T
        for pol in (0, 1):
            total[pol] += (phasors * flux_jy[part, pol]) @ conjugate
    return total
