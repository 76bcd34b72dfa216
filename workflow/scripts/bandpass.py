#!/usr/bin/env python3
"""Rule bandpass: solve for the gains of one sub-band."""

import argparse
from pathlib import Path

from lwacal.calibration import bandpass
from lwacal.calibration.sub_band import SubBand
from lwacal.records import files
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.section import read_section
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.runtime import job, logs
from lwacal.sky import sky_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--band", required=True)
    parser.add_argument("--concat", required=True, type=Path)
    parser.add_argument("--powers", required=True, type=Path)
    parser.add_argument("--flags", required=True, type=Path)
    parser.add_argument("--sky-model", required=True, type=Path)
    parser.add_argument("--reference", required=True, type=Path)
    parser.add_argument("--settings", required=True, help="JSON: bandpass")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--summary", required=True, type=Path)
    arguments = parser.parse_args()
    summary = bandpass.solve(
        SubBand(
            files.read(ManifestRecord, arguments.manifest),
            arguments.band,
            arguments.concat,
            arguments.powers,
            arguments.flags,
            sky_model.read(arguments.sky_model),
        ),
        files.read(ReferenceRecord, arguments.reference),
        read_section(arguments.settings, "bandpass", Bandpass),
        arguments.output,
        arguments.threads,
    )
    files.write(BandpassRecord, arguments.summary, summary)
    flagged = f"{summary['flagged_fraction']:.1%} of the solutions flagged"
    logs.found(summary["message"] or flagged)


if __name__ == "__main__":
    job.run(main)
