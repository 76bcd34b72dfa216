"""Sources as the antennas see them in one integration and sub-band, and what changes them.

A source is seen as phasors of antennas, flux densities of the correlations, and a disk if it is
resolved. The visibility is V = S p_1 conj(p_2). What happens on the way (ionosphere, dipoles,
cables) changes the phasors and flux densities.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.special import j1

from lwacal.simulate.options import Simulation
from lwacal.simulate.sky import Sky
from lwacal.telescope import geometry, site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from lwacal.telescope.correlations import FIRST_POLARIZATION, SECOND_POLARIZATION

NORTH_RAD = 1e-4  # 20 arcsec, for the direction of increasing declination


@dataclass(frozen=True)
class Exposure:
    """One integration of one sub-band: its middle (MJD seconds) and phase centre (ICRS radians)."""

    band: str
    band_number: int
    integration: int  # from 1
    frequency_hz: np.ndarray
    mid_mjd_s: float
    field_radec: tuple[float, float]


@dataclass(frozen=True)
class Observation:
    """What effects are drawn for.

    ``names`` and ``positions_m`` (antenna, 3), ITRF, of the antennas; ``mid_mjd_s`` (integration,)
    the middles of integrations.
    """

    options: Simulation
    names: list[str]
    positions_m: np.ndarray
    sky: Sky
    mid_mjd_s: np.ndarray
    _axes: dict[float, np.ndarray] = field(default_factory=dict, init=False, compare=False)

    @property
    def enu_m(self) -> np.ndarray:
        """Return east, north, up of the antennas, (antenna, 3)."""
        return geometry.local_enu_m(self.positions_m)

    def axes(self, mjd_s: float) -> np.ndarray:
        """Return the u, v and w axes towards all sources, (source, 3, 3), rows in ITRF."""
        if mjd_s not in self._axes:
            self._axes.clear()
            ra_rad, dec_rad = self.sky.radec.T
            w = geometry.itrf_direction(ra_rad, dec_rad, mjd_s)
            north = geometry.itrf_direction(ra_rad, dec_rad + NORTH_RAD, mjd_s)
            v = north - (north * w).sum(axis=1, keepdims=True) * w
            v /= np.linalg.norm(v, axis=1, keepdims=True)
            self._axes[mjd_s] = np.stack([np.cross(v, w), v, w], axis=1)
        return self._axes[mjd_s]

    def uvw_m(self, source: int, mjd_s: float) -> np.ndarray:
        """Return u, v, w of the antennas towards a source, (antenna, 3)."""
        return np.asarray((self.positions_m - site.itrf_centre_m()) @ self.axes(mjd_s)[source].T)

    def direction_enu(self, source: int, mjd_s: float) -> np.ndarray:
        """Return the apparent unit vector towards a source in east, north, up, (3,)."""
        return np.asarray(geometry.enu_axes() @ self.axes(mjd_s)[source, 2])


class Shape(Protocol):
    """What multiplies the visibilities of a source on baselines."""

    def visibility(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return factors (row, channel) for antenna 1 and antenna 2 (row,)."""


@dataclass(frozen=True)
class Disk:
    """A uniform disk: its angular size times frequency, and u and v towards it.

    ``per_m`` (channel,) is pi x diameter x nu / c; ``uv_m`` (antenna, 2).
    """

    per_m: np.ndarray
    uv_m: np.ndarray

    @staticmethod
    def of(diameter_rad: np.ndarray, frequency_hz: np.ndarray, uv_m: np.ndarray) -> Disk:
        """Return a disk of a diameter (channel,) in radians."""
        return Disk(np.pi * diameter_rad * frequency_hz / SPEED_OF_LIGHT_M_S, uv_m)

    def visibility(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return its visibility over that of a point, 2 J1(x) / x, (row, channel)."""
        length_m = np.linalg.norm(self.uv_m[first] - self.uv_m[second], axis=1)
        x = np.maximum(np.outer(length_m, self.per_m), 1e-6)
        return np.asarray(2 * j1(x) / x, np.float32)


@dataclass
class Seen:
    """A source as the antennas see it.

    ``phasors`` (antenna, channel), or (antenna, channel, 2) if X and Y differ; ``flux_jy``
    (channel, 2) apparent XX and YY; ``cross_jy`` (channel,) complex apparent XY, None if zero;
    ``source`` the number of the source in the sky, -1 for transmitters; ``shapes`` multiply the
    visibilities of baselines.
    """

    phasors: np.ndarray
    flux_jy: np.ndarray
    source: int = -1
    cross_jy: np.ndarray | None = None
    shapes: list[Shape] = field(default_factory=list)

    def add(self, data: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
        """Add the source to data (row, channel, 4) of baselines, in place."""
        shapes = [shape.visibility(first, second) for shape in self.shapes]
        if self.phasors.ndim == 2:
            common = _product(self.phasors, self.phasors, first, second, shapes)
        flux: list[np.ndarray | None] = [self.flux_jy[:, 0], None, None, self.flux_jy[:, 1]]
        if self.cross_jy is not None:
            cross = self.cross_jy.astype(np.complex64)
            flux[1:3] = [cross, cross.conj()]
        for correlation, jansky in enumerate(flux):
            if jansky is None:
                continue
            if self.phasors.ndim == 3:
                one = self.phasors[..., FIRST_POLARIZATION[correlation]]
                two = self.phasors[..., SECOND_POLARIZATION[correlation]]
                common = _product(one, two, first, second, shapes)
            data[..., correlation] += common * jansky

    def multiply(self, factor: np.ndarray) -> None:
        """Multiply the phasors by factors (antenna, channel) or (antenna, channel, 2)."""
        phasors = self.phasors
        if factor.ndim > phasors.ndim:
            phasors = phasors[..., None]
        elif factor.ndim < phasors.ndim:
            factor = factor[..., None]
        self.phasors = (phasors * factor).astype(np.complex64)

    def scale(self, factor: np.ndarray) -> None:
        """Multiply the flux densities by factors (channel,)."""
        self.flux_jy = (self.flux_jy * factor[:, None]).astype(np.float32)
        if self.cross_jy is not None:
            self.cross_jy = self.cross_jy * factor


def _product(
    one: np.ndarray,
    two: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    shapes: list[np.ndarray],
) -> np.ndarray:
    """Return p_1 conj(p_2) times shapes, (row, channel)."""
    rows = one[first]
    rows *= two.conj()[second]
    for shape in shapes:
        rows *= shape
    return rows


class OnSources(Protocol):
    """An effect on sources, with its drawn values."""

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Change a source as it is seen in an exposure."""

    def truth(self) -> dict[str, np.ndarray]:
        """Return the drawn values, by the name under which they are written."""


def correlated(
    draw: np.random.Generator, shape: tuple[int, ...], step_s: float, scale_s: float
) -> np.ndarray:
    """Return normal random numbers of unit variance whose first axis is time.

    The correlation of steps n apart is exp(-n step / scale).
    """
    values = draw.normal(size=shape)
    keep = float(np.exp(-step_s / scale_s))
    for number in range(1, shape[0]):
        values[number] = keep * values[number - 1] + np.sqrt(1 - keep**2) * values[number]
    return values
