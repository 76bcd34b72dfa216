"""The effects of an observation, with their drawn values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lwacal.simulate import diffuse, ionosphere, scintillation
from lwacal.simulate.effects import Effect, find
from lwacal.simulate.seen import Exposure, Observation, OnSources
from lwacal.simulate.sky_noise import SkyNoise

# in the order in which a wave meets them
ON_SOURCES: Mapping[str, Callable[[Observation, Effect], OnSources]] = {
    "scintillation": scintillation.Scintillation,
    "scintillation_antennas": scintillation.AntennaScintillation,
    "refraction": ionosphere.Refraction,
    "tid": ionosphere.Disturbance,
}


@dataclass(frozen=True)
class Drawn:
    """Effects on sources, in the order in which they act, diffuse emission, and noise of the sky.

    ``galaxy`` is the map whose emission is in the data, None without the effect.
    """

    night: Observation
    on_sources: tuple[OnSources, ...]
    galaxy: diffuse.SkyMap | None
    noise: SkyNoise | None

    def emission(self, exposure: Exposure) -> diffuse.Rows | None:
        """Return the diffuse emission of an exposure, None if there is none."""
        if self.galaxy is None:
            return None
        return diffuse.visibilities(self.galaxy, self.night, exposure)

    def truth(self) -> dict[str, np.ndarray]:
        """Return the drawn values of all effects."""
        return {name: array for one in self.on_sources for name, array in one.truth().items()}


def draw(night: Observation) -> Drawn:
    """Draw the effects of an observation."""
    effects = night.options.effects
    noise = find(effects, "noise")
    galaxy = find(effects, "galaxy")
    sky = diffuse.SkyMap(night.options) if noise or galaxy else None
    return Drawn(
        night,
        tuple(
            make(night, effect)
            for name, make in ON_SOURCES.items()
            if (effect := find(effects, name)) is not None
        ),
        sky if galaxy else None,
        SkyNoise(night, noise, sky) if noise and sky else None,
    )
