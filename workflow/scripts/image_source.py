#!/usr/bin/env python3
"""Rule image_source: image a source per sub-band and per integration."""

import argparse
from functools import partial
from pathlib import Path

from lwacal.imaging import image_source, wsclean
from lwacal.records import files
from lwacal.records.configuration.imaging import Imaging
from lwacal.records.configuration.section import read_section
from lwacal.records.configuration.tools import Tools
from lwacal.records.images import ImagesRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--sky-model", required=True, type=Path)
    parser.add_argument("--splits", required=True, nargs="+", type=Path)
    parser.add_argument("--settings", required=True, help="JSON: imaging, tools")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory-mb", type=int, default=4000)
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    program = read_section(arguments.settings, "tools", Tools).wsclean
    machine = wsclean.Machine(program, arguments.threads, arguments.memory_mb)
    work = partial(
        image_source.image_source,
        arguments.source,
        files.read(ManifestRecord, arguments.manifest),
        files.read(SkyModelRecord, arguments.sky_model),
        image_source.read_splits(arguments.splits),
        read_section(arguments.settings, "imaging", Imaging),
        machine,
    )
    record = image_source.in_new_folder(ImagesRecord, arguments.output, work)
    logs.found(record["message"] or f"images of {len(record['spectrum'])} sub-bands")


if __name__ == "__main__":
    job.run(main)
