#!/usr/bin/env python3
"""Rule calibrate_split: write the calibrated sets of a sub-band, one per direction to image."""

import argparse
from pathlib import Path

from lwacal.calibration.sub_band import SubBand
from lwacal.imaging import split
from lwacal.records import files
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.imaging import Imaging
from lwacal.records.configuration.section import read_section
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.solution_flags import SolutionFlagsRecord
from lwacal.runtime import job, logs
from lwacal.sky import sky_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--band", required=True)
    parser.add_argument("--concat", required=True, type=Path)
    parser.add_argument("--powers", required=True, type=Path)
    parser.add_argument("--flags", required=True, type=Path)
    parser.add_argument("--solution-flags", required=True, type=Path, help="bandpass_flags.json")
    parser.add_argument("--table", required=True, type=Path)
    parser.add_argument("--ionosphere", required=True, type=Path)
    parser.add_argument("--sky-model", required=True, type=Path)
    parser.add_argument("--settings", required=True, help="JSON: imaging, bandpass")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    judged = files.read(SolutionFlagsRecord, arguments.solution_flags)
    record = split.split(
        SubBand(
            files.read(ManifestRecord, arguments.manifest),
            arguments.band,
            arguments.concat,
            arguments.powers,
            arguments.flags,
            sky_model.read(arguments.sky_model),
            frozenset(judged["bands"][arguments.band]["restored_integrations"]),
        ),
        arguments.table,
        files.read(IonosphereRecord, arguments.ionosphere),
        read_section(arguments.settings, "imaging", Imaging),
        read_section(arguments.settings, "bandpass", Bandpass),
        arguments.output,
    )
    split.log_smearing(record)
    logs.found(record["message"] or f"calibrated data of {', '.join(record['targets'])}")


if __name__ == "__main__":
    job.run(main)
