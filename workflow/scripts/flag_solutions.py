#!/usr/bin/env python3
"""Rule flag_solutions: flag bandpass solutions that must not be used, in all sub-bands."""

import argparse
from pathlib import Path

from lwacal.calibration import flag_solutions
from lwacal.records import files
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.health import Health
from lwacal.records.configuration.section import read_section
from lwacal.records.configuration.solution_flags import SolutionFlags
from lwacal.records.health import HealthRecord
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.records.solution_flags import SolutionFlagsRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--health", required=True, type=Path)
    parser.add_argument("--reference", required=True, type=Path)
    parser.add_argument(
        "--tables", required=True, nargs="+", type=Path, help="in order of frequency"
    )
    parser.add_argument(
        "--summaries", required=True, nargs="+", type=Path, help="summaries of rule bandpass"
    )
    parser.add_argument(
        "--powers", required=True, nargs="+", type=Path, help="autocorrelations, likewise"
    )
    parser.add_argument("--ionosphere", required=True, type=Path)
    parser.add_argument(
        "--settings", required=True, help="JSON: solution_flags; of health what is used"
    )
    parser.add_argument("--flags", required=True, type=Path)
    parser.add_argument("--summary", required=True, type=Path)
    arguments = parser.parse_args()
    checks = read_section(arguments.settings, "health", Health).autocorrelation
    bandpass, summary = flag_solutions.flag_solutions(
        files.read(ManifestRecord, arguments.manifest),
        files.read(HealthRecord, arguments.health),
        files.read(ReferenceRecord, arguments.reference),
        arguments.tables,
        [files.read(BandpassRecord, path) for path in arguments.summaries],
        files.read(IonosphereRecord, arguments.ionosphere),
        read_section(arguments.settings, "solution_flags", SolutionFlags),
        arguments.powers if checks.enabled else (),
    )
    bandpass.write(arguments.flags)
    files.write(SolutionFlagsRecord, arguments.summary, summary)
    flag_solutions.log_what_is_wrong(summary["antennas"])
    logs.found(flag_solutions.found_words(summary["antennas"]))


if __name__ == "__main__":
    job.run(main)
