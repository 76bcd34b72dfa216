"""What of the sky is free: a flux and a place for each bright source in each integration.

The flux density of a source is that of the sky model times ratio + slope x + curvature x^2, where
x = nu / nu_0 - 1 and nu_0 is the middle of the sub-band. Its place moves by a shift that follows
nu^-2, as refraction in the ionosphere does: shift (nu_0 / nu)^2. A shift is the change of the
source's direction cosines to the east and to the north: a phase plane over the array, whose
antennas lie in a plane but for some metres. A shift common to all sources is then exactly what
gains can take up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lwacal.sky.predict import FactoredModel
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

RATIO, SLOPE, CURVATURE, EAST, NORTH = range(5)
N_KINDS = 5
SPECTRUM = [RATIO, SLOPE, CURVATURE]


@dataclass(frozen=True)
class SkyState:
    """Parameters of the free sources.

    ``free`` (free source,) are the numbers of the sources in the model; ``values``
    (integration, kind, free source): ratio, slope, curvature, and the shift at ``middle_hz`` as
    direction cosines to the east and to the north. ``diffuse`` is the factor of the diffuse
    emission, ``faint`` that of all sources that are not free.
    """

    free: np.ndarray
    values: np.ndarray
    middle_hz: float
    diffuse: float = 1.0
    faint: float = 1.0

    @staticmethod
    def of_model(free: np.ndarray, n_integrations: int, middle_hz: float) -> SkyState:
        """Return the sky as the model has it."""
        values = np.zeros((n_integrations, N_KINDS, len(free)))
        values[:, RATIO] = 1.0
        return SkyState(free, values, middle_hz)

    def moved(self, step: np.ndarray) -> SkyState:
        """Return the state after a step in `vector`'s order."""
        values = self.values + step[: self.values.size].reshape(self.values.shape)
        diffuse, faint = self.diffuse + float(step[-2]), self.faint + float(step[-1])
        return replace(self, values=values, diffuse=diffuse, faint=faint)

    def vector(self) -> np.ndarray:
        """Return all parameters, (parameter,): ``values`` in C order, ``diffuse``, ``faint``."""
        return np.append(self.values.ravel(), [self.diffuse, self.faint])

    def levels(self, number: int, frequency_hz: np.ndarray) -> np.ndarray:
        """Return fluxes over those of the model in an integration, (free source, channel)."""
        powers = self.offset(frequency_hz) ** np.arange(len(SPECTRUM))[:, None]
        return self.values[number, SPECTRUM].T @ powers

    def offset(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return x = nu / nu_0 - 1, (channel,)."""
        return frequency_hz / self.middle_hz - 1

    def scaled(self, factor: float, slope: float = 0.0) -> SkyState:
        """Return the state with all flux densities multiplied by factor (1 + slope x).

        The factors of diffuse emission and faint sources have no slope.
        """
        values = self.values.copy()
        values[:, CURVATURE] += slope * values[:, SLOPE]
        values[:, SLOPE] += slope * values[:, RATIO]
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
        phasors, flux_jy = seen.phasors.copy(), seen.flux_jy.copy()
        now = self.values[number]
        flux_jy *= np.float32(self.faint)
        flux_jy[:, self.free] = (
            seen.flux_jy[:, self.free] * (self.levels(number, frequency_hz))[..., None]
        )
        for place, source in enumerate(self.free):
            path_m = east_north_m @ now[[EAST, NORTH], place]
            turns = np.outer(wave_number(frequency_hz, self.middle_hz), path_m)
            phasors[source] *= np.exp(1j * turns)
        return replace(
            seen,
            phasors=phasors,
            flux_jy=flux_jy,
            diffuse_factor=seen.diffuse_factor * self.diffuse,
        )


def wave_number(frequency_hz: np.ndarray, middle_hz: float) -> np.ndarray:
    """Return 2 pi nu / c (nu_0 / nu)^2, radians per metre for a shift of 1 at nu_0."""
    return 2 * np.pi * middle_hz**2 / (SPEED_OF_LIGHT_M_S * frequency_hz)
