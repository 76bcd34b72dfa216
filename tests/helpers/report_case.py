"""The records of a made-up observation, judged and read as the report reads them."""

from __future__ import annotations

from pathlib import Path

import made_up_observation as made_up
from lwacal.qa import assess
from lwacal.records import files
from lwacal.records.configuration.quality import Quality
from lwacal.records.quality import QualityRecord
from lwacal.report import inputs as report_inputs
from lwacal.runtime import products
from made_up_plan import Plan

NIGHT = Plan(
    n_antennas=40, bands=("27MHz", "46MHz", "50MHz", "73MHz"), n_channels=12, n_integrations=4
)


def records_of(folder: Path, plan: Plan) -> report_inputs.ReportRecords:
    written = made_up.write(folder, plan)
    inputs = assess.Inputs(
        flags={r["band"]: r for r in map(products.read_json, written["flags"])},
        bandpass={r["band"]: r for r in map(products.read_json, written["bandpass"])},
        **{
            key: products.read_json(written[key])
            for key in ("manifest", "health", "solutions", "delay", "measurements", "sky_model")
        },
    )
    quality = Quality()
    files.write(QualityRecord, folder / "qa.json", assess.assess(inputs, quality, 100.0))
    kept = {
        key: written[key]
        for key in (
            "run",
            "manifest",
            "health",
            "flags",
            "ionosphere",
            "delay",
            "sky_model",
            "measurements",
            "images",
            "allsky",
        )
    }
    return report_inputs.read(
        qa=folder / "qa.json", solutions=written["solutions_npz"], results=folder.parent, **kept
    )
