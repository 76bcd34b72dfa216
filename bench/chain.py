"""The whole chain from raw measurement sets to flagged tables, next to the reference chain."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import data, measuring, peers
from bench.data import Observation
from bench.options import Options, chain_size
from bench.place import NAME
from bench.project import ENVIRONMENT
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.driver import run_record
from lwacal.records import files
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.health import HealthRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.runtime import products
from workflow_run import Project, copy_project

logger = logging.getLogger(__name__)

REFERENCE = Path(__file__).with_name("reference") / "sub_band_chain.py"
REFERENCE_BANDS = 2  # sub-bands for the reference chain, which takes equally long for each
OURS_TIMES = 2.3  # raw and concatenated data on disk, in units of the DATA
THEIRS_TIMES = 3.5 * REFERENCE_BANDS  # DATA, MODEL_DATA, CORRECTED_DATA of a sub-band


def measure(options: Options, n_bands: int, n_integrations: int) -> dict[str, Any]:
    """Return the cost of a chain of this size, ours and that of the reference tools."""
    size = chain_size(options, n_bands, n_integrations)
    data.check_space(options.scratch, size.data_mb * (OURS_TIMES + THEIRS_TIMES / n_bands))
    observation = data.observation(size, options.scratch)
    folder = options.scratch / "products" / f"chain-{size.name}"
    project = copy_project(folder / "project", f"input={observation.raw}", f"observation={NAME}")
    cost = _ours(project, observation, options.cores)
    logger.info(f"chain of {n_bands} sub-bands, {n_integrations} integrations: {cost.wall_s:.1f} s")
    jobs = run_record.rule_times(project.folder / "benchmarks" / NAME)
    record = {
        "size": size.record(),
        "cores": options.cores,
        "ours": asdict(cost),
        "rules": _by_rule(jobs),
        "job_seconds": sum(job["wall_s"] for job in jobs),
    }
    if options.peers:
        record["reference"] = _reference(project, observation, folder, options)
        record["ratio"] = record["reference"]["wall_s"] / cost.wall_s
    shutil.rmtree(folder)
    return record


def _ours(project: Project, observation: Observation, cores: int) -> measuring.Cost:
    bands = observation.size.bands
    stamp = products.read_json(observation.truth / "truth.json")["integrations"][0]["stamp"]
    targets = [f"results/{NAME}/tables/{stamp}_{band}.bcal" for band in bands]
    command = [
        sys.executable,
        "-m",
        "snakemake",
        *targets,
        "--cores",
        str(cores),
        "--quiet",
        "all",
        "--config",
        *project.config,
        "health={mnc: {enabled: false}}",
    ]
    return measuring.measure(command, project.folder / "log.txt", folder=project.folder)


def _by_rule(jobs: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return number, total seconds and largest memory of the jobs of each rule."""
    found: dict[str, dict[str, float]] = defaultdict(
        lambda: {"jobs": 0, "wall_s": 0.0, "peak_mb": 0.0}
    )
    for job in jobs:
        rule = found[job["rule"]]
        rule["jobs"] += 1
        rule["wall_s"] += job["wall_s"]
        rule["peak_mb"] = max(rule["peak_mb"], (job["max_rss_mb"] or 0) * 2**20 / 1e6)
    return dict(found)


def _reference(
    project: Project, observation: Observation, folder: Path, options: Options
) -> dict[str, Any]:
    """Measure the reference chain on a few sub-bands, two jobs at a time, and extrapolate.

    Bad antennas, model and reference antenna come from our records and cost it nothing.
    """
    bands = observation.size.bands[-REFERENCE_BANDS:]
    results = project.folder / "results" / NAME
    work = folder / "reference"
    work.mkdir(parents=True)
    jobs = [_job(band, results, observation, work) for band in bands]
    products.write_json(work / "jobs.json", jobs)
    cost = measuring.measure(
        [sys.executable, REFERENCE, work / "jobs.json"],
        work / "log.txt",
        ENVIRONMENT,
        work,
    )
    factor = len(observation.size.bands) / len(bands)
    steps = [json.loads((work / f"{band}.json").read_text()) for band in bands]
    return {
        "measured": asdict(cost),
        "measured_bands": len(bands),
        "factor": factor,
        "wall_s": cost.wall_s * factor,
        "cpu_s": cost.cpu_s * factor,
        "steps": {name: sum(step[name] for step in steps) * factor for name in steps[0]},
    }


def _job(band: str, results: Path, observation: Observation, work: Path) -> dict[str, Any]:
    summary = files.read(BandpassRecord, results / f"tables/raw/{band}.json")
    reference = files.read(ReferenceRecord, results / "reference.json")
    health = files.read(HealthRecord, results / "health.json")
    bad = {item["index"] for item in health["antennas"] if item["status"] == "bad"}
    low, high = summary["uv_range_lambda"]
    return {
        "band": band,
        "channels": observation.size.channels,
        "raw": sorted(map(str, observation.raw.glob(f"*_{band}.ms"))),
        "folder": str(work),
        "strategy": str(peers.default_strategy()),
        "bad_antennas": sorted(bad),
        "component_list": str(results / "sky_model.cl"),
        "refant": ReferenceOrder.of(reference).casa_refant(),
        "uvrange": f"{low}~{high}lambda",
    }
