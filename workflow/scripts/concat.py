#!/usr/bin/env python3
"""Rule concat: concatenate the integrations of a sub-band, with one phase centre."""

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
    findings = concat.concatenate(inventory, arguments.band, arguments.output, arguments.powers)
    files.write(ConcatRecord, arguments.findings, findings)
    used = sum(item["used"] for item in findings["entries"])
    logs.found(f"{used} of {len(findings['entries'])} integrations are usable")


if __name__ == "__main__":
    job.run(main)
