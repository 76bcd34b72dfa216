#!/usr/bin/env python3
"""Rule antenna_health: find bad antennas from the database, from lists and from the data."""

import argparse
import logging
from pathlib import Path

from lwacal.flagging import antenna_health
from lwacal.records import files
from lwacal.records.configuration.health import Health
from lwacal.records.configuration.section import read_section
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime import job, logs, products

logger = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--mnc", required=True, type=Path, help="output of rule mnc_query")
    parser.add_argument("--powers", required=True, nargs="+", type=Path)
    parser.add_argument("--settings", required=True, help="JSON: health")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    record = antenna_health.assess(
        files.read(ManifestRecord, arguments.manifest),
        products.read_json(arguments.mnc),
        arguments.powers,
        read_section(arguments.settings, "health", Health),
    )
    files.write(HealthRecord, arguments.output, record)
    for source in record["sources"]:
        logger.info(f"{source['name']}: {source['message']}")
    bad = sum(antenna["status"] == "bad" for antenna in record["antennas"])
    logs.found(f"{bad} of {len(record['antennas'])} antpols are bad")


if __name__ == "__main__":
    job.run(main)
