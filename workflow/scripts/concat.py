#!/usr/bin/env python3
"""Rule concat: all integrations of a sub-band in one measurement set with one phase centre."""

import argparse
from pathlib import Path

from lwacal import concat, records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, type=Path)
    parser.add_argument("--band", required=True)
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    manifest = records.read_json(arguments.manifest)
    rows = concat.concatenate(manifest, arguments.band, arguments.output)
    records.say(f"{arguments.band}: {rows} rows written to {arguments.output}")


if __name__ == "__main__":
    main()
