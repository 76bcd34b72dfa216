#!/usr/bin/env python3
"""Rule cleanup: remove the large intermediate data, unless the verdict is fail."""

import argparse
from pathlib import Path

from lwacal.records import files
from lwacal.records.cleanup import CleanupRecord
from lwacal.records.configuration.cleanup import Cleanup
from lwacal.records.configuration.section import read_section
from lwacal.records.quality import QualityRecord
from lwacal.runtime import atomic, job, logs

LARGE = ("calibrated", "concat/*.ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--qa", required=True, type=Path)
    parser.add_argument("--directory", required=True, type=Path, help="results/<obs>")
    parser.add_argument("--settings", required=True, help="JSON: cleanup")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    verdict = files.read(QualityRecord, arguments.qa)["verdict"]
    settings = read_section(arguments.settings, "cleanup", Cleanup)
    large = [*LARGE, *(["images"] if settings.images else [])]
    removed = []
    if verdict != "fail":
        for folder in large_folders(arguments.directory, large):
            atomic.remove_atomically(folder)
            removed.append(str(folder.relative_to(arguments.directory)))
    message = "kept everything: the verdict is fail" if verdict == "fail" else ""
    files.write(CleanupRecord, arguments.output, {"removed": removed, "message": message})
    logs.found(message or f"removed {', '.join(removed) or 'nothing'}")


def large_folders(directory: Path, names: list[str]) -> list[Path]:
    """Return the folders to remove; first remove what is left of those an earlier job renamed."""
    for name in names:
        for leftover in directory.glob(name + atomic.OLD):
            atomic.remove(leftover)
    return sorted(folder for name in names for folder in directory.glob(name))


if __name__ == "__main__":
    job.run(main)
