#!/usr/bin/env python3
"""Rule delay_table: write the delays as a CASA K table."""

import argparse
from pathlib import Path

from lwacal.calibration import delay_table
from lwacal.records import files
from lwacal.records.delay import DelayRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--delays", required=True, type=Path, help="delay.json")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    delay_table.write(
        files.read(ManifestRecord, arguments.manifest),
        files.read(DelayRecord, arguments.delays),
        arguments.output,
    )
    logs.found(f"written to {arguments.output}")


if __name__ == "__main__":
    job.run(main)
