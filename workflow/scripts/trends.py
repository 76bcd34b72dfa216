#!/usr/bin/env python3
"""Rule trends: follow all observations, in a database and on a page."""

import argparse
from pathlib import Path

from lwacal import records, trends


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", required=True, type=Path, help="folder of all observations")
    parser.add_argument("--database", required=True, type=Path)
    parser.add_argument("--html", required=True, type=Path)
    arguments = parser.parse_args()
    files = trends.find(arguments.results)
    problems = trends.build(files, arguments.database)
    trends.write_page(arguments.database, problems, arguments.html)
    for problem in problems:
        records.say(problem)
    records.found(f"{len(files) - len(problems)} observations in {arguments.database}")


if __name__ == "__main__":
    main()
