"""Scintillation of sources: intensities with a gamma distribution of mean 1.

Its standard deviation is the scintillation index m. The gamma distribution is exponential, as for
saturated scintillation, when m is 1, and nearly Gaussian when m is small.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaincinv, ndtr

from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen, correlated
from lwacal.telescope import site

INDEX_HZ, EXPONENT = 30e6, -1.5
TIME_S = 10.0  # the Fresnel scale of 1 km at some 100 m/s
# z(nu) = z_1 cos(t) + z_2 sin(t) with t = TURN ln nu: correlated by cos(TURN ln ratio)
TURN = 1.0
SCALE_M, WAVES = 1000.0, 64
SMALLEST_INDEX = 1e-3


def index_at(index: float, frequency_hz: np.ndarray) -> np.ndarray:
    """Return the scintillation index at frequencies (channel,): at most 1, saturation."""
    return np.clip(index * (frequency_hz / INDEX_HZ) ** EXPONENT, SMALLEST_INDEX, 1.0)


def intensity(normal: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Return intensities of mean 1 and standard deviation ``index`` from standard normal numbers.

    Both arguments broadcast.
    """
    shape = index**-2.0
    return np.asarray(gammaincinv(shape, ndtr(normal)) / shape)


def _mixed(parts: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Return normal numbers (..., channel), smooth in frequency, from two (2, ...)."""
    angle = TURN * np.log(frequency_hz / INDEX_HZ)
    return parts[0][..., None] * np.cos(angle) + parts[1][..., None] * np.sin(angle)


class Scintillation:
    """Flux factors of sources that are the same at all antennas."""

    def __init__(self, night: Observation, effect: Effect) -> None:
        self._index, self._options = effect.number(), night.options
        shape = (len(night.mid_mjd_s), 2, len(night.sky.names))
        self._normal = correlated(
            effect.generator(night.options.seed), shape, night.options.interval_s, TIME_S
        )

    def factors(self, integration: int, frequency_hz: np.ndarray) -> np.ndarray:
        """Return the flux factors of an integration (from 1), (source, channel)."""
        normal = _mixed(self._normal[integration - 1], frequency_hz)
        return intensity(normal, index_at(self._index, frequency_hz))

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Multiply the flux densities."""
        if seen.source >= 0:
            factor = self.factors(exposure.integration, exposure.frequency_hz)[seen.source]
            seen.scale(factor)

    def truth(self) -> dict[str, np.ndarray]:
        """Return the flux factors by sub-band, (integration, source, channel)."""
        numbers = range(1, len(self._normal) + 1)
        return {
            f"scintillation_{band}": np.stack(
                [
                    self.factors(number, site.band_frequencies_hz(band, self._options.n_channels))
                    for number in numbers
                ]
            )
            for band in self._options.bands
        }


class AntennaScintillation:
    """Amplitudes of sources that vary over the array on a scale of 1 km."""

    def __init__(self, night: Observation, effect: Effect) -> None:
        self._index = effect.number()
        draw = effect.generator(night.options.seed)
        # random waves with wave numbers of a Gaussian correlation exp(-r^2 / 2 scale^2)
        wave = draw.normal(size=(WAVES, 2)) / SCALE_M
        waves = np.exp(1j * night.enu_m[:, :2] @ wave.T)
        shape = (len(night.mid_mjd_s), 2, len(night.sky.names), WAVES, 2)
        drawn = correlated(draw, shape, night.options.interval_s, TIME_S)
        weights = (drawn[..., 0] + 1j * drawn[..., 1]) / np.sqrt(WAVES)
        self._normal = np.moveaxis((weights @ waves.T).real, 1, 0)

    def factors(self, integration: int, source: int, frequency_hz: np.ndarray) -> np.ndarray:
        """Return intensities at the antennas, (antenna, channel)."""
        normal = _mixed(self._normal[:, integration - 1, source], frequency_hz)
        return intensity(normal, index_at(self._index, frequency_hz))

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Multiply the phasors by the roots of the intensities."""
        if seen.source >= 0:
            factor = self.factors(exposure.integration, seen.source, exposure.frequency_hz)
            seen.multiply(np.sqrt(factor))

    def truth(self) -> dict[str, np.ndarray]:
        """Return nothing: the intensities follow from the options."""
        return {}
