#!/usr/bin/env python3
"""Rule outcome: link an observation into successful/ or unsuccessful/ by its verdict."""

import argparse
from pathlib import Path

from lwacal.qa import outcome
from lwacal.records import files
from lwacal.records.configuration.outcome import Outcome
from lwacal.records.configuration.section import read_section
from lwacal.records.outcome import OutcomeRecord
from lwacal.records.quality import QualityRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qa", required=True, type=Path)
    parser.add_argument("--results", required=True, type=Path, help="folder of all observations")
    parser.add_argument("--settings", required=True, help="JSON: outcome")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    links = read_section(arguments.settings, "outcome", Outcome).links
    quality = files.read(QualityRecord, arguments.qa)
    record = outcome.sort(quality, arguments.qa.parent, arguments.results, links)
    files.write(OutcomeRecord, arguments.output, record)
    result = f"{record['outcome']} ({record['verdict']})"
    logs.found(f"{result}; {record['message']}" if record["message"] else result)


if __name__ == "__main__":
    job.run(main)
