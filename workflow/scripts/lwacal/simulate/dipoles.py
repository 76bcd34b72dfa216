"""What dipoles do to sources: beams that differ, and leakage."""

from __future__ import annotations

import numpy as np

from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen

BEAM_WAVES, BEAM_WAVE_RAD = 16, 2.0  # errors of beams have a scale of an angle of 30 degrees


class BeamErrors:
    """Relative errors of the voltage beams of all antpols, smooth over the sky.

    An error is a sum of plane waves over direction cosines, with weights (antenna, 2, wave).
    Amplitude and phase (in radians) have the rms of the strength each.
    """

    def __init__(self, night: Observation, effect: Effect) -> None:
        draw = effect.generator(night.options.seed)
        shape = (len(night.names), 2, BEAM_WAVES)
        weights = draw.normal(size=shape) + 1j * draw.normal(size=shape)
        self._weights = effect.number() / np.sqrt(BEAM_WAVES) * weights
        self._waves = BEAM_WAVE_RAD * draw.normal(size=(BEAM_WAVES, 3))
        self._night = night

    def towards(self, direction_enu: np.ndarray) -> np.ndarray:
        """Return the factors of the voltages for a direction (3,), (antenna, 2)."""
        # the real and the imaginary part of a weight times a phase both have the rms of the weight
        return np.asarray(1 + self._weights @ np.exp(1j * self._waves @ direction_enu))

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Multiply the phasors of X and Y."""
        if seen.source >= 0:
            direction = self._night.direction_enu(seen.source, exposure.mid_mjd_s)
            factor = self.towards(direction)[:, None, :]
            seen.multiply(np.broadcast_to(factor, (len(factor), len(seen.flux_jy), 2)))

    def truth(self) -> dict[str, np.ndarray]:
        """Return the factors at the middle of the first integration, (source, antenna, 2)."""
        night, mjd_s = self._night, float(self._night.mid_mjd_s[0])
        numbers = range(len(night.sky.names))
        return {
            "beam_factor": np.array([self.towards(night.direction_enu(n, mjd_s)) for n in numbers])
        }


class Leakage:
    """XY of unpolarized sources, as horizontal crossed dipoles see them away from the zenith.

    A dipole along a receives the projection of a onto the sky. Two at right angles receive the
    correlation -(x.s)(y.s) / sqrt((1 - (x.s)^2)(1 - (y.s)^2)) of an unpolarized source in the
    direction s.
    """

    def __init__(self, night: Observation, effect: Effect) -> None:
        self._factor, self._night = effect.number(), night

    def correlation(self, direction_enu: np.ndarray) -> float:
        """Return XY over the root of XX times YY for a direction (3,)."""
        azimuth = np.deg2rad(self._night.options.x_azimuth_deg)
        along_x = direction_enu[:2] @ np.array([np.sin(azimuth), np.cos(azimuth)])
        along_y = direction_enu[:2] @ np.array([np.cos(azimuth), -np.sin(azimuth)])
        return float(-along_x * along_y / np.sqrt((1 - along_x**2) * (1 - along_y**2)))

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Add XY to a source."""
        if seen.source < 0:
            return
        direction = self._night.direction_enu(seen.source, exposure.mid_mjd_s)
        added = self._factor * self.correlation(direction) * np.sqrt(seen.flux_jy.prod(axis=1))
        seen.cross_jy = added if seen.cross_jy is None else seen.cross_jy + added

    def truth(self) -> dict[str, np.ndarray]:
        """Return nothing: leakage follows from geometry."""
        return {}
