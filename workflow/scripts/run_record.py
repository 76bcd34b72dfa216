#!/usr/bin/env python3
"""Rule run_record: record the versions, code, configuration and run times of an observation."""

import argparse
import json
from pathlib import Path

from lwacal.driver import run_record
from lwacal.records import files
from lwacal.records.configuration.section import read_section
from lwacal.records.configuration.tools import Tools
from lwacal.records.run import RunRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observation", required=True)
    parser.add_argument("--settings", required=True, help="JSON: the whole configuration")
    parser.add_argument("--benchmarks", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    record = run_record.build(
        arguments.observation,
        json.loads(arguments.settings),
        read_section(arguments.settings, "tools", Tools),
        arguments.benchmarks,
    )
    files.write(RunRecord, arguments.output, record)
    logs.found(f"commit {record['git']['commit']}, total job time {record['total_s']:.0f} s")


if __name__ == "__main__":
    job.run(main)
