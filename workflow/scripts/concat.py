#!/usr/bin/env python3
"""Rule concat: all integrations of a sub-band in one measurement set with one phase centre."""

import argparse
from pathlib import Path

from lwacal.ingest import concat
from lwacal.records import files
from lwacal.records.concat import ConcatRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inventory", required=True, type=Path)
    parser.add_argument("--band", required=True)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--powers", required=True, type=Path)
    parser.add_argument("--findings", required=True, type=Path)
    arguments = parser.parse_args()
    inventory = files.read(ManifestRecord, arguments.inventory)
    found = concat.concatenate(inventory, arguments.band, arguments.output, arguments.powers)
    files.write(ConcatRecord, arguments.findings, found)
    used = sum(item["used"] for item in found["entries"])
    logs.found(f"{used} of {len(found['entries'])} integrations can be used")


if __name__ == "__main__":
    job.run(main)
