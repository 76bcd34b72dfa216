"""The effects of an observation, with their drawn values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lwacal.simulate import ionosphere, scintillation
from lwacal.simulate.effects import Effect, find
from lwacal.simulate.seen import Observation, OnSources

# in the order in which a wave meets them
ON_SOURCES: Mapping[str, Callable[[Observation, Effect], OnSources]] = {
    "scintillation": scintillation.Scintillation,
    "scintillation_antennas": scintillation.AntennaScintillation,
    "refraction": ionosphere.Refraction,
    "tid": ionosphere.Disturbance,
}


@dataclass(frozen=True)
class Drawn:
    """Effects on sources, in the order in which they act."""

    on_sources: tuple[OnSources, ...] = ()

    def truth(self) -> dict[str, np.ndarray]:
        """Return the drawn values of all effects."""
        return {name: array for one in self.on_sources for name, array in one.truth().items()}


def draw(night: Observation) -> Drawn:
    """Draw the effects of an observation."""
    effects = night.options.effects
    return Drawn(
        tuple(
            make(night, effect)
            for name, make in ON_SOURCES.items()
            if (effect := find(effects, name)) is not None
        )
    )
