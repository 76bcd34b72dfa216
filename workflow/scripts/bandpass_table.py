#!/usr/bin/env python3
"""Rule bandpass_table: write the bandpass table of one sub-band for the beamformer."""

import argparse
from pathlib import Path

from lwacal.calibration import solution_products
from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.io import caltable
from lwacal.records import files
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--band", required=True)
    parser.add_argument("--raw", required=True, type=Path, help="table of the solver")
    parser.add_argument("--flags", required=True, type=Path, help="bandpass_flags.npz")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    manifest = files.read(ManifestRecord, arguments.manifest)
    solutions = solution_products.final_solutions(arguments.band, arguments.raw, arguments.flags)
    caltable.write_bandpass(
        arguments.output, solutions, manifest_antennas(manifest), manifest_centre(manifest)
    )
    logs.found(f"{solutions.flag.mean():.1%} of the solutions flagged")


if __name__ == "__main__":
    job.run(main)
