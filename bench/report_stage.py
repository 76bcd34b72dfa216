"""The report of a full-band night, from records that only have the right form."""

from __future__ import annotations

import logging
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import made_up_observation
from bench import measuring, rules, stages
from bench.options import LONG_S, Options
from bench.project import SCRIPTS
from lwacal.driver import settings
from lwacal.runtime import products
from lwacal.telescope import site

logger = logging.getLogger(__name__)

RECORDS = (
    "qa",
    "run",
    "manifest",
    "health",
    "delay",
    "sky_model",
    "measurements",
)


def measure(options: Options) -> dict[str, Any]:
    """Return what the report costs with all sub-bands."""
    folder = options.scratch / "products" / "report"
    base = options.base
    size = replace(base, integrations=6, bands=site.BANDS)
    plan = made_up_observation.Plan(
        n_antennas=size.antennas,
        n_channels=size.channels,
        bands=size.bands,
        n_integrations=size.integrations,
        bad=made_up_observation.usual_faults(size.antennas),
    )
    paths = made_up_observation.write(folder, plan)
    paths["qa"] = _quality(folder, paths)
    stage = _stage(paths, folder / "report")
    log = folder / "log.txt"
    environment = rules.environment("report", options.cores)
    runs: list[measuring.Cost] = []
    while len(runs) < options.runs and not any(run.wall_s >= LONG_S for run in runs):
        stage.clear()
        runs.append(measuring.measure(stage.command, log, environment))
        logger.info(f"report: {runs[-1].wall_s:.2f} s")
    start = measuring.measure([*stage.command[:2], "--help"], log)
    return {
        "size": size.record(),
        "rule": "report",
        "threads": rules.threads("report", options.cores),
        "asked_mb": rules.memory_mb("report", products.read_json(paths["manifest"]), site.BANDS[0]),
        "startup": asdict(start),
        **measuring.record(runs),
    }


def _words(key: str, value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [f"--{key.replace('_', '-')}", *map(str, values)]


def _quality(folder: Path, paths: dict[str, Any]) -> Path:
    """Judge the observation as rule assess does."""
    chosen = settings.section_json(settings.resolve({}), "quality", "delay")
    words = []
    for key in (
        "manifest",
        "health",
        "flags",
        "bandpass",
        "solutions",
        "delay",
        "sky_model",
        "measurements",
    ):
        words += _words(key, paths[key])
    command: list[str | Path] = [
        sys.executable,
        SCRIPTS / "assess.py",
        *words,
        "--settings",
        chosen,
        "--output",
        folder / "qa.json",
    ]
    measuring.measure(command, folder / "log.txt")
    return folder / "qa.json"


def _stage(paths: dict[str, Any], output: Path) -> stages.Stage:
    words: list[str | Path] = []
    for key in RECORDS:
        words += _words(key, paths[key])
    words += _words("flags", paths["flags"]) + _words("solutions", paths["solutions_npz"])
    words += _words("images", paths["images"]) + _words("allsky", paths["allsky"])
    words += _words("results", output.parent)
    products = {
        "pdf": output / "report.pdf",
        "html": output / "report.html",
        "figures": output / "figures",
    }
    for key, path in products.items():
        words += _words(key, path)
    return stages.Stage("report", words, tuple(products.values()))
