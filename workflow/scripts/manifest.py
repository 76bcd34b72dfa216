#!/usr/bin/env python3
"""Rule manifest: list the contents of the observation and the faults in its raw data."""

import argparse
import logging
from pathlib import Path

from lwacal.ingest import manifest
from lwacal.records import files
from lwacal.records.concat import ConcatRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime import job, logs

logger = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inventory", required=True, type=Path)
    parser.add_argument("--findings", required=True, nargs="+", type=Path, help="from rule concat")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    findings = [files.read(ConcatRecord, path) for path in arguments.findings]
    record = manifest.complete(
        files.read(ManifestRecord, arguments.inventory),
        {item["band"]: item for item in findings},
    )
    files.write(ManifestRecord, arguments.output, record)
    for fault in record["faults"]:
        logger.warning(f"{fault['kind']}: {fault['message']}")
    logs.found(
        f"{len(record['bands'])} sub-bands, {len(record['integrations'])} integrations,"
        f" faults in the raw data: {len(record['faults'])}"
    )


if __name__ == "__main__":
    job.run(main)
