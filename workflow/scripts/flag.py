#!/usr/bin/env python3
"""Rule flag: flag the data of a sub-band, by cause; the data stay unchanged."""

import argparse
from pathlib import Path

from lwacal.flagging import flag_data
from lwacal.records import files
from lwacal.records.configuration.flagging import Flagging
from lwacal.records.configuration.health import Health
from lwacal.records.configuration.section import read_section
from lwacal.records.configuration.tools import Tools
from lwacal.records.health import HealthRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--band", required=True)
    parser.add_argument("--concat", required=True, type=Path)
    parser.add_argument("--powers", required=True, type=Path, help="autocorrelations")
    parser.add_argument("--health", required=True, type=Path)
    parser.add_argument(
        "--settings", required=True, help="JSON: flagging, tools; of health what is used"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--summary", required=True, type=Path)
    arguments = parser.parse_args()
    checks = read_section(arguments.settings, "health", Health).autocorrelation
    flags = flag_data.flag(
        arguments.concat,
        files.read(HealthRecord, arguments.health),
        read_section(arguments.settings, "flagging", Flagging),
        read_section(arguments.settings, "tools", Tools).aoflagger,
        arguments.threads,
        arguments.powers if checks.enabled else None,
    )
    summary = flag_data.write(
        flags, arguments.concat, arguments.band, arguments.output, arguments.summary
    )
    logs.found(flag_data.found_words(summary))


if __name__ == "__main__":
    job.run(main)
