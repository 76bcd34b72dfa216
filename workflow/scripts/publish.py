#!/usr/bin/env python3
"""Rule publish: publish the tables of an observation to the beamformer."""

import argparse
import sys
from pathlib import Path

from lwacal.publish import publish
from lwacal.publish.provenance import Sources
from lwacal.records import files
from lwacal.records.configuration.publish import Publish
from lwacal.records.configuration.section import read_section
from lwacal.records.manifest import ManifestRecord
from lwacal.records.published import PublishedRecord
from lwacal.records.quality import QualityRecord
from lwacal.records.run import RunRecord
from lwacal.runtime import job, logs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qa", required=True, type=Path)
    parser.add_argument("--run", required=True, type=Path, help="run.json: versions and commit")
    parser.add_argument("--manifest", required=True, type=Path, help="manifest.json: input files")
    parser.add_argument("--tables", required=True, nargs="+", type=Path, help="one per sub-band")
    parser.add_argument(
        "--database", required=True, type=Path, help="trends.sqlite (may be missing)"
    )
    parser.add_argument("--settings", required=True, help="JSON: publish")
    parser.add_argument("--moved", default="", help="text of latest_link, stored in the record")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    settings = read_section(arguments.settings, "publish", Publish)
    sources = Sources(
        qa=files.read(QualityRecord, arguments.qa),
        run=files.read(RunRecord, arguments.run),
        manifest=files.read(ManifestRecord, arguments.manifest),
    )
    try:
        record = publish.publish(sources, arguments.tables, arguments.database, settings)
    except publish.PublicationError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: the tables cannot be written (publish.folder): {error}")
    files.write(PublishedRecord, arguments.output, {**record, "moved": arguments.moved})
    until = record["provenance"]["valid"]["until_utc"]
    logs.found(f"{record['message']}: {record['folder']}, valid until {until}")


if __name__ == "__main__":
    job.run(main)
