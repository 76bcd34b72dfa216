#!/usr/bin/env python3
"""Rule reference_antenna: one reference antenna for all sub-bands."""

import argparse
import json
from pathlib import Path

from lwacal.calibration import reference_antenna
from lwacal.runtime import job, logs, products


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--health", required=True, type=Path)
    parser.add_argument("--flags", required=True, nargs="+", type=Path, help="summaries")
    parser.add_argument("--antennas", required=True, help="JSON list of names, best first")
    parser.add_argument("--max-flagged", required=True, type=float)
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    record = reference_antenna.choose(
        products.read_json(arguments.manifest),
        products.read_json(arguments.health),
        [products.read_json(path) for path in arguments.flags],
        json.loads(arguments.antennas),
        arguments.max_flagged,
    )
    products.write_json(arguments.output, record)
    logs.found(f"{record['antenna']}: {record['why']}")


if __name__ == "__main__":
    job.run(main)
