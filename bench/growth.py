"""Scaling of the large steps with antennas, channels and integrations."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench import measuring, run_stages, stages
from bench.options import GROWING, Options
from bench.sizes import Size
from bench.stages import RULES


def measure(options: Options) -> list[dict[str, Any]]:
    """Return the record of each size."""
    return [{"size": size.record(), "stages": _at(size, options)} for size in options.growth]


def _at(size: Size, options: Options) -> list[dict[str, Any]]:
    place = run_stages.place_of(options, size)
    found = []
    for rule in RULES[: RULES.index(GROWING[-1]) + 1]:
        stage = stages.measured(place, rule)
        if rule not in GROWING:
            if rule != "delay":  # no later step needs it
                run_stages.run_once(place, stage)
            continue
        series = run_stages.series_of(place, stage)
        while not series.enough(options.runs):
            series.runs.append(series.once())
        found.append(
            {
                "rule": rule,
                **measuring.record(series.runs),
                "startup": asdict(run_stages.startup(place, stage)),
            }
        )
    return found
