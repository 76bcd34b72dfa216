"""Named scenarios: nights with a set of effects.

Moderate strengths are about half of those of single effects. Nights without the Sun in the data
have it below the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lwacal.simulate.effects import Effect, joined
from lwacal.simulate.options import Simulation

LST_20, LST_12, LST_2 = "20240601_110000", "20240501_051500", "20241101_071000"
NOON = "20240612_192500"  # LST 4.9 h: Tau A and the Sun transit, 4 degrees apart
JUPITER_UP = "20241101_094500"  # LST 5 h
SKY = ("galaxy", "resolved", "3c", "noise")
MODERATE = (
    *SKY,
    "refraction:1.5",
    "tid:0.1",
    "scintillation:0.5",
    "beams:0.05",
    "coupling:0.05",
    "leakage",
    "echoes:0.03",
    "tv",
    "fm",
    "hf",
)


@dataclass(frozen=True)
class Scenario:
    """A start (UTC, YYYYMMDD_HHMMSS) and the texts of effects."""

    start: str
    words: tuple[str, ...]

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return the effects."""
        return tuple(map(Effect.parse, self.words))


def _night(*words: str, start: str = LST_20) -> Scenario:
    return Scenario(start, (*SKY, *words))


SCENARIOS = {
    "galaxy_lst20": _night(),
    "galaxy_lst12": _night(start=LST_12),
    "galaxy_lst2": _night(start=LST_2),
    "quiet_sun": _night("sun:quiet", start=NOON),
    "active_sun": _night("sun:active", start=NOON),
    "saturation": _night("sun:active:1000", "saturation", start=NOON),
    "jupiter": _night("jupiter", start=JUPITER_UP),
    "refraction": _night("refraction:3"),
    "refraction_one_calibrator": _night("refraction:5", start=LST_12),
    "tid_weak": _night("tid:0.15"),
    "tid": _night("tid:0.3"),
    "tid_strong": _night("tid:0.5"),
    "tid_storm": _night("tid:1.0"),
    "scintillation": _night("scintillation:0.7"),
    "scintillation_weak": _night("scintillation:0.4"),
    "scintillation_antennas": _night("scintillation_antennas:0.5"),
    "beams": _night("beams:0.1"),
    "beams_strong": _night("beams:0.2"),
    "coupling": _night("coupling"),
    "leakage": _night("leakage"),
    "smearing": _night("smearing"),
    "cables": _night("echoes", "filter_edges", "gain_steps", "crosstalk"),
    "transmitters": _night("tv", "fm", "hf", "meteor", "satellite"),
    "power_line": _night("power_line:5"),
    "power_line_strong": _night("power_line:30"),
    "near_field": _night("near_field:20"),
    "all_moderate": Scenario(LST_20, MODERATE),
    "all_moderate_lst12": Scenario(LST_12, MODERATE),
    "all_moderate_lst2": Scenario(LST_2, MODERATE),
}


def find(name: str) -> Scenario:
    """Return a scenario; raise ValueError, which lists them, if there is none of this name."""
    if name not in SCENARIOS:
        raise ValueError(f"'{name}' is not a scenario. Choose one of {', '.join(SCENARIOS)}")
    return SCENARIOS[name]


def simulation(name: str, effects: tuple[Effect, ...] = (), **changes: Any) -> Simulation:
    """Return the options of a scenario with changes.

    ``effects`` are added to those of the scenario, or replace them. There are no random faint
    sources, unless ``n_faint`` says so. Raises ValueError for an unknown scenario.
    """
    scenario = find(name)
    chosen = joined(scenario.effects, effects)
    return Simulation(**{"start": scenario.start, "n_faint": 0, "effects": chosen, **changes})


def describe() -> str:
    """Return a line of text per scenario: its start and effects."""
    return "\n".join(
        f"  {name:26} {scenario.start}  {' '.join(scenario.words)}"
        for name, scenario in SCENARIOS.items()
    )
