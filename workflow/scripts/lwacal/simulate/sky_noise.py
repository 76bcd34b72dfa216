"""Noise of the sky: the power that dipoles receive of a sky map, of sources and of the receiver.

The power is in Jy: that of a map is what its emission would give at zero baseline, and a receiver
of temperature T adds 2 k T / lambda^2 times the solid angle of the beam. The system equivalent flux
density of a baseline is the geometric mean of the powers of its antpols.
"""

from __future__ import annotations

import numpy as np

from lwacal.simulate.diffuse import SkyMap
from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.telescope.correlations import FIRST_POLARIZATION, SECOND_POLARIZATION

RECEIVER_K = 250.0  # Hicks et al. 2012, PASP 124, 1090
NODES = 3


class SkyNoise:
    """Powers of antpols, with receivers that differ by a random fraction."""

    def __init__(self, night: Observation, effect: Effect, sky: SkyMap) -> None:
        draw = effect.generator(night.options.seed)
        spread = effect.number(1) * draw.normal(size=(len(night.names), 2))
        self._receiver = (1 + spread).clip(0)
        self._sky = sky

    def power_jy(self, exposure: Exposure, seen: list[Seen]) -> np.ndarray:
        """Return the power of antpols without gains, (antenna, channel, 2), in Jy."""
        hz = exposure.frequency_hz
        at_hz = np.linspace(hz.min(), hz.max(), NODES)
        sky, receiver = (
            smooth(at_hz, part, hz)
            for part in self._sky.total_jy(exposure.mid_mjd_s, at_hz, RECEIVER_K)
        )
        power = sky + receiver * self._receiver[:, None, :]
        for source in seen:
            amplitude = np.abs(source.phasors) ** 2
            power += source.flux_jy * amplitude.reshape(*amplitude.shape[:2], -1)
        return np.asarray(power)


def scale(
    power_jy: np.ndarray, sefd_jy: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Return the power of baselines over an SEFD (channel,), (row, channel, 4) float32."""
    root = np.sqrt(power_jy / sefd_jy[:, None]).astype(np.float32)
    return np.asarray(root[first][..., FIRST_POLARIZATION] * root[second][..., SECOND_POLARIZATION])


def smooth(at_hz: np.ndarray, values: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Interpolate ln values (node, ...) by a parabola in ln frequency; return (channel, ...)."""
    if len(np.unique(at_hz)) < NODES:
        return np.broadcast_to(values[:1], (len(frequency_hz), *values.shape[1:]))
    middle = np.log(at_hz.mean())
    flat = np.log(values.reshape(NODES, -1))
    found = np.polynomial.polynomial.polyfit(np.log(at_hz) - middle, flat, NODES - 1)
    result = np.exp(np.polynomial.polynomial.polyval(np.log(frequency_hz) - middle, found))
    return np.asarray(result.T.reshape(len(frequency_hz), *values.shape[1:]))
