"""The report of a full-band night, from made-up records of the right form."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import made_up_observation
import made_up_plan
from bench import measuring, rules, run_stages, stages
from bench.data import Observation
from bench.options import Options
from bench.place import Place
from bench.sizes import Size
from lwacal.telescope import site

JUDGED = "night"


def measure(options: Options) -> dict[str, Any]:
    """Return the cost of the report with all sub-bands."""
    folder = options.scratch.absolute() / "products" / "report" / JUDGED
    base = options.base
    size = replace(base, integrations=6, bands=site.BANDS)
    plan = made_up_plan.Plan(
        n_antennas=size.antennas,
        n_channels=size.channels,
        bands=size.bands,
        n_integrations=size.integrations,
        bad=made_up_plan.usual_faults(size.antennas),
    )
    shutil.rmtree(folder, ignore_errors=True)
    place = Place(folder, _names_of_raw_data(folder, size, plan), options.cores)
    judge, stage = stages.measured(place, "assess"), stages.measured(place, "report")
    made_up_observation.write(folder, plan)
    run_stages.run_once(place, judge)
    series = run_stages.series_of(place, stage)
    while not series.enough(options.runs):
        series.runs.append(series.once())
    return {
        "size": size.record(),
        "rule": "report",
        "threads": stage.threads,
        "asked_mb": rules.memory_mb("report", place.record("manifest.json"), site.BANDS[0]),
        "startup": asdict(run_stages.startup(place, stage)),
        **measuring.record(series.runs),
    }


def _names_of_raw_data(folder: Path, size: Size, plan: made_up_plan.Plan) -> Observation:
    """Create folders with the names of raw data, which is all the rules check before they run."""
    raw = folder.with_name("raw")
    for band in size.bands:
        (raw / f"{plan.observation[:15]}_{band}.ms").mkdir(parents=True, exist_ok=True)
    return Observation(size, raw)
