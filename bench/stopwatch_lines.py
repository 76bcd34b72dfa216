"""Reads the timing lines of lwacal.runtime.timing from the log of a step.

73MHz: reading 0.81 s (1.22), solving 0.93 s (1.85); wall-clock time (processor time)
"""

from __future__ import annotations

import re
from pathlib import Path

LINE = re.compile(r": (.*); wall-clock time \(processor time\)$", re.MULTILINE)
PART = re.compile(r"(.+?) (\d+\.\d+) s \((\d+\.\d+)\)(?:, |$)")


def parts(text: str) -> dict[str, dict[str, float]]:
    """Return wall and processor seconds of each part, by its name in the log."""
    found: dict[str, dict[str, float]] = {}
    for line in LINE.findall(text):
        for name, wall, cpu in PART.findall(line):
            total = found.setdefault(name, {"wall_s": 0.0, "cpu_s": 0.0})
            total["wall_s"] += float(wall)
            total["cpu_s"] += float(cpu)
    return found


def of_last_run(log: Path) -> dict[str, dict[str, float]]:
    """Return the parts of the last command whose output the log holds."""
    return parts(log.read_text(errors="replace").rpartition("\n$ ")[2])
