#!/usr/bin/env python3
"""Rule delay: fit diagnostic delays to the bandpass and to the first integration."""

import argparse
from pathlib import Path

from lwacal.calibration import delay
from lwacal.calibration.sub_band import SubBand
from lwacal.io.solutions import Bandpass
from lwacal.records import files
from lwacal.records.configuration.bandpass import Bandpass as BandpassSettings
from lwacal.records.configuration.delay import Delay
from lwacal.records.configuration.section import read_section
from lwacal.records.delay import DelayRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.records.solution_flags import SolutionFlagsRecord
from lwacal.runtime import job, logs, products
from lwacal.sky import sky_model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--reference", required=True, type=Path)
    parser.add_argument(
        "--concat", required=True, nargs="+", type=Path, help="in order of frequency"
    )
    parser.add_argument(
        "--powers", required=True, nargs="+", type=Path, help="in order of frequency"
    )
    parser.add_argument(
        "--flags", required=True, nargs="+", type=Path, help="in order of frequency"
    )
    parser.add_argument("--sky-model", required=True, type=Path)
    parser.add_argument("--solutions", required=True, type=Path, help="bandpass_flags.npz")
    parser.add_argument("--solution-flags", required=True, type=Path, help="bandpass_flags.json")
    parser.add_argument("--settings", required=True, help="JSON: delay, bandpass")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--csv", required=True, type=Path)
    parser.add_argument("--summary", required=True, type=Path)
    arguments = parser.parse_args()
    manifest = files.read(ManifestRecord, arguments.manifest)
    model = sky_model.read(arguments.sky_model)
    judged = files.read(SolutionFlagsRecord, arguments.solution_flags)
    restored = {name: band["restored_integrations"] for name, band in judged["bands"].items()}
    record = delay.solve(
        manifest,
        SubBand.all_of(
            manifest, arguments.concat, arguments.powers, arguments.flags, model, restored
        ),
        model,
        files.read(ReferenceRecord, arguments.reference),
        Bandpass.read(arguments.solutions),
        read_section(arguments.settings, "delay", Delay),
        read_section(arguments.settings, "bandpass", BandpassSettings),
        arguments.threads,
    )
    files.write(DelayRecord, arguments.summary, record)
    products.write_csv(arguments.csv, delay.table_rows(record), delay.COLUMNS)
    logs.found(record["message"] or f"delays from {', '.join(record['bands'])}")


if __name__ == "__main__":
    job.run(main)
