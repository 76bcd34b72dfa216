#!/usr/bin/env python3
"""Rule assess: assess the calibration of an observation (qa.json)."""

import argparse
import logging
from pathlib import Path
from typing import TypeVar

from lwacal.qa import assess
from lwacal.records import files
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.delay import Delay
from lwacal.records.configuration.quality import Quality
from lwacal.records.configuration.section import read_section
from lwacal.records.delay import DelayRecord
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.measurements import MeasurementsRecord
from lwacal.records.quality import QualityRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.records.solution_flags import SolutionFlagsRecord
from lwacal.runtime import job, logs

logger = logging.getLogger(__name__)
R = TypeVar("R", FlagsRecord, BandpassRecord)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("manifest", "health", "solutions", "delay", "measurements", "sky-model"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    parser.add_argument("--flags", required=True, nargs="+", type=Path, help="one per sub-band")
    parser.add_argument("--bandpass", required=True, nargs="+", type=Path, help="one per sub-band")
    parser.add_argument("--settings", required=True, help="JSON: quality, delay")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    inputs = assess.Inputs(
        manifest=files.read(ManifestRecord, arguments.manifest),
        health=files.read(HealthRecord, arguments.health),
        flags=by_band(FlagsRecord, arguments.flags),
        bandpass=by_band(BandpassRecord, arguments.bandpass),
        solutions=files.read(SolutionFlagsRecord, arguments.solutions),
        delay=files.read(DelayRecord, arguments.delay),
        measurements=files.read(MeasurementsRecord, arguments.measurements),
        sky_model=files.read(SkyModelRecord, arguments.sky_model),
    )
    quality = assess.assess(
        inputs,
        read_section(arguments.settings, "quality", Quality),
        read_section(arguments.settings, "delay", Delay).difference_ns,
    )
    files.write(QualityRecord, arguments.output, quality)
    for reason in quality["reasons"]:
        logger.info(f"  {reason}")
    reasons = quality["reasons"]
    more = f" (and {len(reasons) - 1} more reasons)" if len(reasons) > 1 else ""
    logs.found(f"{quality['verdict']}: {reasons[0] if reasons else 'no reasons'}{more}")


def by_band(model: type[R], paths: list[Path]) -> dict[str, R]:
    """Return the records of these files by the sub-band that each names."""
    read = [files.read(model, path) for path in paths]
    return {record["band"]: record for record in read}


if __name__ == "__main__":
    job.run(main)
