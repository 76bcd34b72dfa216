#!/usr/bin/env python3
"""Rule flag_solutions: which bandpass solutions may be used, over all sub-bands."""

import argparse
from pathlib import Path

from lwacal.calibration import flag_solutions
from lwacal.records.configuration.section import read_section
from lwacal.records.configuration.solution_flags import SolutionFlags
from lwacal.runtime import job, logs, products


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--health", required=True, type=Path)
    parser.add_argument("--reference", required=True, type=Path)
    parser.add_argument("--tables", required=True, nargs="+", type=Path, help="by frequency")
    parser.add_argument("--summaries", required=True, nargs="+", type=Path, help="of the solver")
    parser.add_argument("--settings", required=True, help="JSON: solution_flags")
    parser.add_argument("--flags", required=True, type=Path)
    parser.add_argument("--summary", required=True, type=Path)
    arguments = parser.parse_args()
    bandpass, summary = flag_solutions.flag_solutions(
        products.read_json(arguments.manifest),
        products.read_json(arguments.health),
        products.read_json(arguments.reference),
        arguments.tables,
        [products.read_json(path) for path in arguments.summaries],
        read_section(arguments.settings, "solution_flags", SolutionFlags),
    )
    bandpass.write(arguments.flags)
    products.write_json(arguments.summary, summary)
    flag_solutions.log_what_is_wrong(summary["antennas"])
    logs.found(flag_solutions.found_words(summary["antennas"]))


if __name__ == "__main__":
    job.run(main)
