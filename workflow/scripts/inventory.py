#!/usr/bin/env python3
"""Rule inventory: read the headers of the raw data of an observation."""

import argparse
import sys
from pathlib import Path

from lwacal.ingest import discover, inventory
from lwacal.records import files
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", default="", help="folder of raw measurement sets")
    parser.add_argument("--input-ms", default="", help="an existing concatenated measurement set")
    parser.add_argument("--observation", required=True, help="name of the observation")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    try:
        discovery = discover.discover(arguments.input, arguments.input_ms)
        record = inventory.build(discovery, arguments.observation)
    except discover.InputError as error:
        sys.exit(f"error: {error}")
    files.write(ManifestRecord, arguments.output, record)
    logs.found(f"{len(record['bands'])} sub-bands, {len(record['integrations'])} integrations")


if __name__ == "__main__":
    job.run(main)
