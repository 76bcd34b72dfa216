#!/usr/bin/env python3
"""Rule ionosphere: separate ionosphere and instrument in the gains of all sub-bands."""

import argparse
from pathlib import Path

from lwacal.calibration import ionosphere
from lwacal.records import files
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.ionosphere import Ionosphere
from lwacal.records.configuration.section import read_section
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--sky-model", required=True, type=Path)
    parser.add_argument(
        "--tables", required=True, nargs="+", type=Path, help="raw ones, in order of frequency"
    )
    parser.add_argument(
        "--summaries", required=True, nargs="+", type=Path, help="summaries of rule bandpass"
    )
    parser.add_argument(
        "--last-tables", nargs="*", type=Path, default=[], help="those in ionosphere.last_tables"
    )
    parser.add_argument("--settings", required=True, help="JSON: ionosphere")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    record = ionosphere.measure(
        files.read(ManifestRecord, arguments.manifest),
        files.read(SkyModelRecord, arguments.sky_model),
        arguments.tables,
        [files.read(BandpassRecord, path) for path in arguments.summaries],
        read_section(arguments.settings, "ionosphere", Ionosphere),
        arguments.last_tables,
    )
    files.write(IonosphereRecord, arguments.output, record)
    logs.found(record["message"])


if __name__ == "__main__":
    job.run(main)
