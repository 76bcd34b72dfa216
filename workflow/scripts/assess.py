#!/usr/bin/env python3
"""Rule assess: assess the calibration of an observation (qa.json)."""

import argparse
import logging
from pathlib import Path
from typing import Any

from lwacal.qa import assess
from lwacal.records.configuration.delay import Delay
from lwacal.records.configuration.quality import Quality
from lwacal.records.configuration.section import read_section
from lwacal.runtime import job, logs, products

logger = logging.getLogger(__name__)


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
        manifest=products.read_json(arguments.manifest),
        health=products.read_json(arguments.health),
        flags=by_band(arguments.flags),
        bandpass=by_band(arguments.bandpass),
        solutions=products.read_json(arguments.solutions),
        delay=products.read_json(arguments.delay),
        measurements=products.read_json(arguments.measurements),
        sky_model=products.read_json(arguments.sky_model),
    )
    quality = assess.assess(
        inputs,
        read_section(arguments.settings, "quality", Quality),
        read_section(arguments.settings, "delay", Delay).difference_ns,
    )
    products.write_json(arguments.output, quality)
    for reason in quality["reasons"]:
        logger.info(f"  {reason}")
    reasons = quality["reasons"]
    more = f" (and {len(reasons) - 1} more reasons)" if len(reasons) > 1 else ""
    logs.found(f"{quality['verdict']}: {reasons[0] if reasons else 'no reasons'}{more}")


def by_band(paths: list[Path]) -> dict[str, dict[str, Any]]:
    """Return the records of these files by the sub-band that each names."""
    read = [products.read_json(path) for path in paths]
    return {record["band"]: record for record in read}


if __name__ == "__main__":
    job.run(main)
