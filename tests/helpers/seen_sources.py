"""Sources as the simulator's antennas see them, without writing measurement sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwacal.simulate import Simulation, drawn, layout, visibilities
from lwacal.simulate import sky as skies
from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.telescope import naming, site


def effects(*words: str) -> tuple[Effect, ...]:
    """Return effects from their texts."""
    return tuple(map(Effect.parse, words))


def observation(**options: Any) -> Observation:
    """Return what effects are drawn for."""
    chosen = Simulation(**{"n_antennas": 24, "n_channels": 4, "n_faint": 0, **options})
    start = naming.stamp_time(chosen.start)
    mid_mjd_s = start + chosen.interval_s * (np.arange(chosen.n_integrations) + 0.5)
    antennas = layout.built_in(chosen.n_antennas).antennas
    sky = skies.draw_sky(chosen, float(mid_mjd_s.mean()))
    return Observation(chosen, antennas.names, antennas.positions_m, sky, mid_mjd_s)


def exposure(night: Observation, band: str = "41MHz", integration: int = 1) -> Exposure:
    """Return an exposure whose phase centre is the zenith."""
    mjd_s = float(night.mid_mjd_s[integration - 1])
    frequency_hz = site.band_frequencies_hz(band, night.options.n_channels)
    return Exposure(band, 0, integration, frequency_hz, mjd_s, site.zenith(mjd_s))


def seen(night: Observation, band: str = "41MHz", integration: int = 1) -> dict[str, Seen]:
    """Return the sources above the horizon with all effects, by name."""
    found = visibilities.sources(
        night, exposure(night, band, integration), drawn.draw(night).on_sources
    )
    return {night.sky.names[one.source]: one for one in found}
