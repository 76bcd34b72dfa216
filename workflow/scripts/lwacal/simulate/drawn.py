"""The effects of an observation, with their drawn values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lwacal.simulate import (
    diffuse,
    dipoles,
    ionosphere,
    resolved,
    scintillation,
    smearing,
    transmitters,
)
from lwacal.simulate.effects import Effect, find
from lwacal.simulate.instrument import Saturation
from lwacal.simulate.mixing import Coupling, Crosstalk, Mixing
from lwacal.simulate.seen import Exposure, Observation, OnSources, Seen
from lwacal.simulate.sky_noise import SkyNoise

# in the order in which a wave meets them
ON_SOURCES: Mapping[str, Callable[[Observation, Effect], OnSources]] = {
    "resolved": resolved.Resolved,
    "scintillation": scintillation.Scintillation,
    "scintillation_antennas": scintillation.AntennaScintillation,
    "refraction": ionosphere.Refraction,
    "tid": ionosphere.Disturbance,
    "beams": dipoles.BeamErrors,
    "leakage": dipoles.Leakage,
    "smearing": smearing.Smearing,
    "coupling": Coupling,
    "crosstalk": Crosstalk,
}


@dataclass(frozen=True)
class Drawn:
    """Effects on sources, in the order in which they act, diffuse emission, noise, saturation.

    ``galaxy`` is the map whose emission is in the data. What is not simulated is None.
    """

    night: Observation
    on_sources: tuple[OnSources, ...]
    galaxy: diffuse.SkyMap | None
    noise: SkyNoise | None
    saturation: Saturation | None

    @property
    def mixing(self) -> list[Mixing]:
        """Return the effects that mix the signals of antennas."""
        return [one for one in self.on_sources if isinstance(one, Mixing)]

    @property
    def crosstalk(self) -> Crosstalk | None:
        """Return the cross-talk."""
        return next((one for one in self.mixing if isinstance(one, Crosstalk)), None)

    def transmitters(self, exposure: Exposure) -> list[Seen]:
        """Return the interference of an exposure."""
        found = transmitters.waves(self.night, exposure)
        for one in self.mixing:
            for seen in found:
                one.apply(seen, exposure)
        return found

    def emission(self, exposure: Exposure) -> diffuse.Rows | None:
        """Return the diffuse emission of an exposure."""
        if self.galaxy is None:
            return None
        return diffuse.visibilities(self.galaxy, self.night, exposure, self.mixing)

    def truth(self) -> dict[str, np.ndarray]:
        """Return the drawn values of all effects."""
        values = {name: array for one in self.on_sources for name, array in one.truth().items()}
        return values if self.saturation is None else values | self.saturation.truth()


def draw(night: Observation) -> Drawn:
    """Draw the effects of an observation."""
    effects = night.options.effects
    noise, galaxy, saturation = (find(effects, name) for name in ("noise", "galaxy", "saturation"))
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
        Saturation(night, saturation) if saturation else None,
    )
