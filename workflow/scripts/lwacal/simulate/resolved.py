"""The A-team as resolved sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.sky import analytic_shape
from lwacal.sky.a_team_shapes import GAUSSIANS
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S


@dataclass(frozen=True)
class Gaussians:
    """The Gaussians of a source at the frequencies of an exposure; ``uv_m`` (antenna, 2)."""

    name: str
    frequency_hz: np.ndarray
    uv_m: np.ndarray

    def visibility(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return their visibility over that of a point, channel by channel, (row, channel)."""
        pattern = analytic_shape.gaussians(GAUSSIANS[self.name])
        uv_m = self.uv_m[first] - self.uv_m[second]
        return np.stack(
            [pattern(uv_m * (hz / SPEED_OF_LIGHT_M_S), hz) for hz in self.frequency_hz], axis=1
        )


class Resolved:
    """The A-team has the shapes of `lwacal.sky.a_team_shapes`."""

    def __init__(self, night: Observation, effect: Effect) -> None:
        self._night = night

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Give a source of the A-team its shape."""
        name = self._night.sky.names[seen.source] if seen.source >= 0 else ""
        if name in GAUSSIANS:
            uv_m = self._night.uvw_m(seen.source, exposure.mid_mjd_s)[:, :2]
            seen.shapes.append(Gaussians(name, exposure.frequency_hz, uv_m))

    def truth(self) -> dict[str, np.ndarray]:
        """Return nothing: no value is drawn."""
        return {}
