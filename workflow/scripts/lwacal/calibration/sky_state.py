"""What of the sky is free: a flux and a place for each bright source in each integration.

The flux density of a source is that of the sky model times ratio + slope u + curvature
(u^2 - 1/3), with u = (nu / nu_0 - 1) / h. Here nu_0 is the middle of the sub-band and h half its
relative width, so that u is from -1 to 1. The place of a source moves by shift (nu_0 / nu)^2, as
refraction in the ionosphere does. A shift is the change of the source's direction cosines to the
east and to the north: a phase plane over the array, whose antennas lie in a plane but for some
metres. The shift differs over the array where the ionosphere is curved: three more parameters. What
is common to all sources is then exactly what gains can take up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lwacal.calibration.path_forms import forms
from lwacal.sky.predict import FactoredModel
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

RATIO, SLOPE, CURVATURE, EAST, NORTH, EAST_EAST, EAST_NORTH, NORTH_NORTH = range(8)
N_KINDS = 8
SPECTRUM = [RATIO, SLOPE, CURVATURE]
SHIFT, BEND = [EAST, NORTH], [EAST_EAST, EAST_NORTH, NORTH_NORTH]
PATHS = [*SHIFT, *BEND]


@dataclass(frozen=True)
class SkyState:
    """Parameters of the free sources.

    ``free`` (free source,) are the numbers of the sources in the model; ``values``
    (integration, kind, free source): ratio, slope, curvature, the shift at ``middle_hz`` as
    direction cosines to the east and to the north, and its bend, the factors of e^2, e n and n^2
    in the path, per km. Of sources that are not ``moving``
    (free source,) the ratio alone is free: too faint to tell more, they hardly matter. ``half`` is
    h. ``diffuse`` is the factor of the diffuse emission, ``faint`` that of all sources that are not
    free.
    """

    free: np.ndarray
    moving: np.ndarray
    values: np.ndarray
    middle_hz: float
    half: float
    diffuse: float = 1.0
    faint: float = 1.0

    def of_model(self) -> SkyState:
        """Return the sky as the model has it."""
        values = np.zeros_like(self.values)
        values[:, RATIO] = 1.0
        return replace(self, values=values, diffuse=1.0, faint=1.0)

    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Return kind and place among the free sources of what is free in an integration."""
        every, moving = np.arange(len(self.free)), np.flatnonzero(self.moving)
        others = np.arange(1, N_KINDS)
        kinds = np.concatenate([np.full(len(every), RATIO), np.repeat(others, len(moving))])
        return kinds, np.concatenate([every, np.tile(moving, len(others))])

    def vector(self) -> np.ndarray:
        """Return all parameters, (parameter,).

        Integration by integration those of `parameters`, then ``diffuse`` and ``faint``.
        """
        kinds, places = self.parameters()
        return np.append(self.values[:, kinds, places].ravel(), [self.diffuse, self.faint])

    def moved(self, step: np.ndarray) -> SkyState:
        """Return the state after a step, (parameter,)."""
        diffuse, faint = self.diffuse + float(step[-2]), self.faint + float(step[-1])
        values = self.values + self.unpacked(step)
        return replace(self, values=values, diffuse=diffuse, faint=faint)

    def unpacked(self, vector: np.ndarray) -> np.ndarray:
        """Return parameters in the shape of ``values``, zero for what is not free."""
        kinds, places = self.parameters()
        values = np.zeros_like(self.values)
        values[:, kinds, places] = vector[:-2].reshape(len(values), -1)
        return values

    def levels(self, number: int, frequency_hz: np.ndarray) -> np.ndarray:
        """Return fluxes over those of the model in an integration, (free source, channel)."""
        return self.values[number, SPECTRUM].T @ self.polynomials(frequency_hz)

    def offset(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return u, (channel,)."""
        return (frequency_hz / self.middle_hz - 1) / self.half

    def polynomials(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return 1, u and u^2 - 1/3, (3, channel)."""
        offset = self.offset(frequency_hz)
        return np.stack([np.ones_like(offset), offset, offset**2 - 1 / 3])

    def scaled(self, factor: float, slope: float = 0.0) -> SkyState:
        """Return the state with all flux densities multiplied by factor (1 + slope u).

        Terms of u^3 are left out. The factors of diffuse emission and faint sources have no slope.
        """
        ratio, tilt, bend = (self.values[:, kind] for kind in SPECTRUM)
        values = self.values.copy()
        values[:, RATIO] = ratio + slope * tilt / 3
        values[:, SLOPE] = tilt + slope * (ratio + bend * 4 / 15)
        values[:, CURVATURE] = bend + slope * tilt
        values[:, SPECTRUM] *= factor
        return replace(
            self, values=values, diffuse=self.diffuse * factor, faint=self.faint * factor
        )

    def adjust(
        self, seen: FactoredModel, east_north_m: np.ndarray, frequency_hz: np.ndarray, number: int
    ) -> FactoredModel:
        """Return the model of integration ``number`` with the parameters of that integration.

        ``east_north_m`` (antenna, 2) are positions; ``frequency_hz`` (channel,) those of the model.
        """
        forms_m = path_forms_m(east_north_m)
        phasors, flux_jy = seen.phasors.copy(), seen.flux_jy.copy()
        now = self.values[number]
        flux_jy *= np.float32(self.faint)
        flux_jy[:, self.free] = (
            seen.flux_jy[:, self.free] * (self.levels(number, frequency_hz))[..., None]
        )
        for place, source in enumerate(self.free):
            path_m = forms_m @ now[PATHS, place]
            turns = np.outer(wave_number(frequency_hz, self.middle_hz), path_m)
            phasors[source] *= np.exp(1j * turns)
        return replace(
            seen,
            phasors=phasors,
            flux_jy=flux_jy,
            diffuse_factor=seen.diffuse_factor * self.diffuse,
        )


def path_forms_m(east_north_m: np.ndarray) -> np.ndarray:
    """Return the forms of antennas at places (antenna, 2) in m, squares over 1 km: (antenna, 5)."""
    return np.asarray(1e3 * forms(east_north_m / 1e3), east_north_m.dtype)


def wave_number(frequency_hz: np.ndarray, middle_hz: float) -> np.ndarray:
    """Return 2 pi nu / c (nu_0 / nu)^2, radians per metre for a shift of 1 at nu_0."""
    return 2 * np.pi * middle_hz**2 / (SPEED_OF_LIGHT_M_S * frequency_hz)
