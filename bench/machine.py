"""Machine and software of the measurements."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import dp3
from bench.project import PROJECT
from lwacal.driver import run_record
from lwacal.records.configuration.tools import Tools


def facts() -> dict[str, Any]:
    """Return processor, cores, memory, versions and commit."""
    return {
        "processor": _first(Path("/proc/cpuinfo"), r"model name\s*: (.*)"),
        "cores": os.cpu_count(),
        "memory_gb": int(_first(Path("/proc/meminfo"), r"MemTotal: +(\d+)")) * 1024 / 1e9,
        "system": f"{platform.system()} {platform.release()}",
        "versions": {
            "python": platform.python_version(),
            **run_record.package_versions(),
            **run_record.tool_versions(Tools()),
            "dp3": dp3.version(),
        },
        "git": run_record.git_state(PROJECT),
    }


def now() -> str:
    """Return the current time, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load() -> float:
    """Return the load over the last minute; more than about 0.5 distorts the measurements."""
    return os.getloadavg()[0]


def _first(path: Path, pattern: str) -> str:
    found = re.search(pattern, path.read_text())
    return found[1] if found else "0"
