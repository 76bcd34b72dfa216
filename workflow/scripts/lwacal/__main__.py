"""The program ``lwacal``: what can be done besides running the workflow.

    lwacal COMMAND --help

tells the arguments of a command.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from lwacal.runtime import job, logs
from lwacal.runtime.version import VERSION

# The module of each command, imported when it is called; its function main takes the words.
COMMANDS = {
    "simulate": ("lwacal.simulate.command", "simulate raw measurement sets, and write the truth"),
    "resources": (
        "lwacal.driver.resources_check",
        "compare the memory that rules ask for with what their jobs used",
    ),
    "galaxy-map": (
        "lwacal.sky.derive_galaxy_map",
        "derive the shipped map of the diffuse sky from a published one (for developers)",
    ),
    "schemas": (
        "lwacal.driver.schema_files",
        "generate the JSON Schemas and config/config.yaml (for developers)",
    ),
    "captions": (
        "lwacal.report.caption_text",
        "generate the captions of snakemake --report (for developers)",
    ),
}


def main(words: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="lwacal",
        description="Tools beside the workflow that calibrates the OVRO-LWA.",
        epilog="commands:\n"
        + "".join(f"  {name:12} {does}\n" for name, (_, does) in COMMANDS.items())
        + "\nlwacal COMMAND --help tells the arguments of a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the command takes")
    given = parser.parse_args(words)
    logs.write_to_stdout()
    sys.excepthook = job.report
    module = importlib.import_module(COMMANDS[given.command][0])
    return module.main(given.arguments)


if __name__ == "__main__":
    sys.exit(main())
