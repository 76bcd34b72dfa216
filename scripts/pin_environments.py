#!/usr/bin/env python3
"""Pins the packages of workflow/envs/*.yaml and their dependencies to requirements/lock.txt.

Each file lists the packages its rules import; below the line "# what these need" this script writes
their dependencies. `make lock` runs it, and a test checks the result. The rest of a file stays
unchanged, because Snakemake rebuilds an environment if a single character of its file changes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[1]
LOCK = PROJECT / "requirements" / "lock.txt"
ENVIRONMENTS = PROJECT / "workflow" / "envs"
NEEDED = "      # what these need"
PIN = re.compile(r"^ {6}- ([\w.-]+)==(\S+)$")
LOCKED = re.compile(r"^([\w.-]+)==(\S+?)(?: ; (.+))?$")
TARGET = {"python_version": "3.11", "python_full_version": "3.11.2", "sys_platform": "linux"}


def read_lock(text: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Return the versions for Python 3.11 on Linux, and what needs each package, by name.

    What needs a package is in the comments ("# via") that uv writes.
    """
    versions: dict[str, str] = {}
    needed_by: dict[str, set[str]] = {}
    current: str | None = None
    for line in text.splitlines():
        entry = LOCKED.match(line)
        if entry:
            name, version, marker = entry.groups()
            chosen = marker is None or Marker(marker).evaluate(TARGET)
            current = canonicalize_name(name) if chosen else None
            if chosen:
                versions[current] = version
        elif current and line.lstrip().startswith("#"):
            parent = line.lstrip().lstrip("#").strip().removeprefix("via").strip()
            if parent and not parent.startswith("-r "):
                needed_by.setdefault(current, set()).add(canonicalize_name(parent))
    return versions, needed_by


def dependencies(
    names: set[str], versions: dict[str, str], needed_by: dict[str, set[str]]
) -> set[str]:
    """Return all that the named packages need, directly or not, without themselves."""
    found = set(names)
    while True:
        more = {name for name in versions if needed_by.get(name, set()) & found} - found
        if not more:
            return found - names
        found |= more


def pinned(text: str, lock: str) -> str:
    """Return the text of an environment's file with the versions of the lock file.

    A file without pip packages is returned unchanged. Raises ValueError for a package that the
    lock file does not have.
    """
    versions, needed_by = read_lock(lock)
    asked, _, _ = text.partition(f"{NEEDED}\n")
    lines = asked.splitlines()
    names = {canonicalize_name(pin[1]) for line in lines if (pin := PIN.match(line))}
    if not names:
        return text
    absent = sorted(names - versions.keys())
    if absent:
        raise ValueError(
            f"{', '.join(absent)}: not in {LOCK.name}; name it in requirements/run.in, then"
            " run make lock"
        )
    lines = [_pin(pin[1], versions) if (pin := PIN.match(line)) else line for line in lines]
    more = sorted(dependencies(names, versions, needed_by))
    return "\n".join([*lines, NEEDED, *[_pin(name, versions) for name in more], ""])


def _pin(name: str, versions: dict[str, str]) -> str:
    return f"      - {name}=={versions[canonicalize_name(name)]}"


def main() -> None:
    lock = LOCK.read_text(encoding="utf-8")
    for path in sorted(ENVIRONMENTS.glob("*.yaml")):
        before = path.read_text(encoding="utf-8")
        try:
            after = pinned(before, lock)
        except ValueError as error:
            sys.exit(f"{path}: {error}")
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"{path.relative_to(PROJECT)}: pins updated")


if __name__ == "__main__":
    main()
