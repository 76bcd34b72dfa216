"""Smearing: what baselines lose because a source moves during an integration and within a channel.

The correlator tracks no source: its phases stay where they are on the ground. During an integration
of length t the phase of a baseline turns by nu/c (d/dt x.s) t, and over a channel of width w by
w x.s / c. The visibility is multiplied by the sinc of each (Thompson, Moran & Swenson 2017,
chapter 6). At 80 MHz a baseline of 1 km loses up to 6 % in 10 s, one of 2.4 km 30 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.telescope import geometry, site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

EARTH_RAD_S = 7.2921159e-5


@dataclass(frozen=True)
class Smear:
    """The turns of antennas within an integration, ``per_hz``, and in a channel, ``delay``."""

    per_hz: np.ndarray
    delay: np.ndarray
    frequency_hz: np.ndarray

    def visibility(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return what is left of the visibility, (row, channel)."""
        in_time = np.sinc(np.outer(self.per_hz[first] - self.per_hz[second], self.frequency_hz))
        in_channel = np.sinc(self.delay[first] - self.delay[second])
        return np.asarray(in_time * in_channel[:, None], np.float32)


class Smearing:
    """Smearing of sources by integrations and by channels of the correlator (24 kHz)."""

    def __init__(self, night: Observation, effect: Effect) -> None:
        self._night, self._factor = night, effect.number()

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Add the loss to the shapes of a source."""
        if seen.source < 0:
            return
        night = self._night
        uvw_m = night.uvw_m(seen.source, exposure.mid_mjd_s)
        # the Earth turns: dw/dt = omega cos(dec) u, with u in the direction of increasing RA
        rate_m_s = EARTH_RAD_S * np.cos(night.sky.radec[seen.source, 1]) * uvw_m[:, 0]
        centre = geometry.path_m(night.positions_m, *exposure.field_radec, exposure.mid_mjd_s)
        per_hz = self._factor * rate_m_s * night.options.interval_s / SPEED_OF_LIGHT_M_S
        delay = self._factor * (uvw_m[:, 2] - centre) * site.CHANNEL_WIDTH_HZ / SPEED_OF_LIGHT_M_S
        seen.shapes.append(Smear(per_hz, delay, exposure.frequency_hz))

    def truth(self) -> dict[str, np.ndarray]:
        """Return nothing: smearing follows from geometry."""
        return {}
