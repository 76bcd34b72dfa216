#!/usr/bin/env python3
"""Rule promote: promote the tables of an observation to references for later ones."""

import argparse
import logging
from pathlib import Path

from lwacal.publish import promote
from lwacal.records import files
from lwacal.records.configuration.delay import Delay
from lwacal.records.configuration.section import read_section
from lwacal.records.promoted import PromotedRecord
from lwacal.records.quality import QualityRecord
from lwacal.runtime import job, logs

logger = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qa", required=True, type=Path)
    parser.add_argument("--tables", required=True, nargs="+", type=Path)
    parser.add_argument("--settings", required=True, help="JSON: delay")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    settings = read_section(arguments.settings, "delay", Delay)
    record = promote.promote(files.read(QualityRecord, arguments.qa), arguments.tables, settings)
    files.write(PromotedRecord, arguments.output, record)
    for path in record["tables"]:
        logger.info(f"reference: {path}")
    logs.found(f"{len(record['tables'])} tables are now references")


if __name__ == "__main__":
    job.run(main)
