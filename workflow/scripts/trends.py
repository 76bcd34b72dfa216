#!/usr/bin/env python3
"""Rule trends: update the trends database, the trends page and the list of bad antennas."""

import argparse
import logging
from pathlib import Path

from lwacal.nights import trends_database
from lwacal.records import files
from lwacal.records.configuration.section import read_section
from lwacal.records.configuration.trends import Trends
from lwacal.records.suggested_flags import SuggestedFlagsRecord
from lwacal.report import trends_page
from lwacal.runtime import job, logs

logger = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", required=True, type=Path, help="folder of all observations")
    parser.add_argument("--settings", required=True, help="JSON: trends")
    parser.add_argument("--database", required=True, type=Path)
    parser.add_argument("--flags", required=True, type=Path, help="suggested_flags.json")
    parser.add_argument("--html", required=True, type=Path)
    arguments = parser.parse_args()
    settings = read_section(arguments.settings, "trends", Trends)
    judged = trends_database.find(arguments.results)
    suggested, problems = trends_database.build(judged, arguments.database, settings)
    trends_page.write(arguments.database, suggested, problems, settings, arguments.html)
    files.write(SuggestedFlagsRecord, arguments.flags, suggested)
    for problem in problems:
        logger.warning(problem)
    changes = trends_page.newest_changes(arguments.database)
    for change in changes:
        logger.info(change["message"])
    number = len(judged) - len(problems)
    logs.found(
        f"{number} observations in {arguments.database}, {len(changes)} changes"
        f" last night, {len(suggested['bad'])} antpols suggested for flagging"
    )


if __name__ == "__main__":
    job.run(main)
