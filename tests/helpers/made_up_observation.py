"""Fabricates every record that the verdict and the report are made from, for any array and band.

The numbers are drawn to look like the real array: core and outriggers, cable delays, bandpass
shape, bad antennas, interference. Nothing here is calibrated; it only has the right form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lwacal.records import files
from lwacal.records.catalogue import RECORDS
from lwacal.telescope import naming
from made_up_images import write_allsky, write_images
from made_up_ionosphere import ionosphere_record
from made_up_measurements import measurements_record
from made_up_plan import Plan, make_antennas
from made_up_records import (
    delay_record,
    health_record,
    manifest_record,
    run_record,
    sky_model_record,
    write_flags,
    write_solutions,
)


def write(folder: Path, plan: Plan) -> dict[str, Any]:
    """Write all records below a folder; return their paths by the argument of the scripts."""
    rng = np.random.default_rng(20240524)
    antennas = make_antennas(plan, rng)
    paths: dict[str, Any] = {}
    mid = naming.stamp_time(plan.observation[:15]) + 5 * plan.n_integrations

    def put(argument: str, name: str, record: dict[str, Any]) -> None:
        files.write(RECORDS[Path(name).stem], folder / name, record)
        paths[argument] = folder / name

    put("manifest", "manifest.json", manifest_record(plan, antennas, mid))
    put("health", "health.json", health_record(plan, antennas))
    put("sky_model", "sky_model.json", sky_model_record(plan, mid))
    put("solutions", "tables/bandpass_flags.json", write_solutions(folder, plan, antennas, rng))
    put("ionosphere", "ionosphere.json", ionosphere_record(plan, rng))
    put("delay", "delay/delay.json", delay_record(plan, antennas, rng))
    put("measurements", "qa/measurements.json", measurements_record(plan, mid, rng))
    put("run", "run.json", run_record())
    paths["solutions_npz"] = folder / "tables/bandpass_flags.npz"
    paths["flags"], paths["bandpass"] = [], []
    for band in plan.bands:
        write_flags(folder, plan, band, rng)
        paths["flags"].append(folder / f"flags/{band}.json")
        solved = band not in plan.unsolved
        files.write(
            RECORDS["bandpass"],
            folder / f"tables/raw/{band}.json",
            {
                "band": band,
                "engine": "stefcal",
                "sources": ["CygA", "CasA"],
                "min_snr": 3.0,
                "min_baselines_per_antenna": 4,
                "median_snr": {pol: [20.0] * plan.n_channels for pol in "XY"},
                "reference_antenna": antennas["names"][0],
                "n_solutions": 1,
                "flagged_fraction": 0.1,
                "uv_range_lambda": [5.0, 350.0],
                "status": "ok" if solved else "no_data",
                "residual_over_thermal": 1.1 if solved else None,
                "message": "" if solved else "all visibilities of the sub-band are flagged",
            },
        )
        paths["bandpass"].append(folder / f"tables/raw/{band}.json")
    paths["images"] = write_images(folder, plan, rng)
    paths["allsky"] = write_allsky(folder, plan, rng, mid)
    return paths


def manifest(plan: Plan) -> dict[str, Any]:
    """Return manifest.json of a plan."""
    rng = np.random.default_rng(20240524)
    return manifest_record(plan, make_antennas(plan, rng), naming.stamp_time(plan.observation[:15]))
