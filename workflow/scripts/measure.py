#!/usr/bin/env python3
"""Rule measure: measure fluxes, positions and scintillation of the sources, and all-sky noise."""

import argparse
from pathlib import Path

from lwacal.imaging import measure
from lwacal.records import files
from lwacal.records.configuration.measure import Measure
from lwacal.records.configuration.section import read_section
from lwacal.records.measurements import MeasurementsRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime import job, logs, products


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sky-model", required=True, type=Path)
    parser.add_argument("--images", required=True, nargs="+", type=Path)
    parser.add_argument("--allsky", required=True, type=Path)
    parser.add_argument("--settings", required=True, help="JSON: measure")
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--spectra", required=True, type=Path)
    parser.add_argument("--offsets", required=True, type=Path)
    parser.add_argument("--scintillation", required=True, type=Path)
    arguments = parser.parse_args()
    record = measure.measure(
        files.read(SkyModelRecord, arguments.sky_model),
        arguments.images,
        arguments.allsky,
        read_section(arguments.settings, "measure", Measure),
    )
    calibrators = record["calibrators"]
    fitted = [item for item in calibrators if item["fit"] == "ok"]
    files.write(MeasurementsRecord, arguments.output, record)
    products.write_csv(arguments.spectra, calibrators, measure.SPECTRA_COLUMNS)
    products.write_csv(arguments.offsets, fitted, measure.OFFSETS_COLUMNS)
    products.write_csv(
        arguments.scintillation, record["scintillation"], measure.SCINTILLATION_COLUMNS
    )
    logs.found(f"fitted the source in {len(fitted)} of {len(calibrators)} images")


if __name__ == "__main__":
    job.run(main)
