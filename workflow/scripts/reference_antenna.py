#!/usr/bin/env python3
"""Rule reference_antenna: choose one reference antenna for all sub-bands."""

import argparse
import json
from pathlib import Path

from lwacal.calibration import reference_antenna
from lwacal.records import files
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--health", required=True, type=Path)
    parser.add_argument(
        "--flags", required=True, nargs="+", type=Path, help="summaries of rule flag"
    )
    parser.add_argument("--antennas", required=True, help="JSON list of names, best first")
    parser.add_argument("--max-flagged", required=True, type=float)
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    record = reference_antenna.choose(
        files.read(ManifestRecord, arguments.manifest),
        files.read(HealthRecord, arguments.health),
        [files.read(FlagsRecord, path) for path in arguments.flags],
        json.loads(arguments.antennas),
        arguments.max_flagged,
    )
    files.write(ReferenceRecord, arguments.output, record)
    logs.found(f"{record['antenna']}: {record['why']}")


if __name__ == "__main__":
    job.run(main)
