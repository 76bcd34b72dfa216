"""Records how a result was made: versions, code, configuration, host and run times."""

from __future__ import annotations

import csv
import importlib.metadata
import logging
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lwacal.driver import environment, rule_environments
from lwacal.driver import settings as configuration
from lwacal.records.configuration.tools import Tools
from lwacal.runtime import paths
from lwacal.runtime.processes import ToolError, find_tool
from lwacal.runtime.version import VERSION

logger = logging.getLogger(__name__)

PACKAGES = (
    "snakemake",
    "casatools",
    "casatasks",
    "casadata",
    "python-casacore",
    "numpy",
    "scipy",
    "astropy",
    "astropy-iers-data",
    "aoflagger",
    "matplotlib",
    "reportlab",
    "jinja2",
)
TOOLS = {"wsclean": ["-version"], "aoflagger": ["--version"]}
VERSION_NUMBER = re.compile(r"\d+\.\d+[\w.]*")
TOOL_TIMEOUT_S = 20  # to print its version
PROJECT = paths.PROJECT


def build(
    observation: str, settings: Mapping[str, Any], tools: Tools, benchmarks: Path
) -> dict[str, Any]:
    """Return run.json; ``settings`` is the whole checked configuration as JSON.

    This is the only product that contains the time of the run and the name of the host.
    """
    rules = rule_times(benchmarks)
    return {
        "observation": observation,
        "version": VERSION,
        "versions": {
            "python": platform.python_version(),
            **package_versions(),
            **tool_versions(tools),
        },
        "git": git_state(PROJECT),
        "configuration": settings,
        "differences": configuration.differences_from_default(settings),
        "command": os.environ.get(environment.COMMAND_VARIABLE, ""),
        "host": platform.node(),
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "rules": rules,
        "total_s": sum(rule["wall_s"] for rule in rules),
    }


def package_versions() -> dict[str, str]:
    """Return the versions of the main Python packages, "absent" for those not installed.

    Versions in the environments of other rules are those that their files pin.
    """
    versions = {}
    for name in PACKAGES:
        key = f"{name} (Python)" if name in TOOLS else name
        try:
            versions[key] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[key] = rule_environments.package_version(name)
    return versions


def tool_versions(tools: Tools) -> dict[str, str]:
    """Return the versions of the programs, or why a version is unknown."""
    return {
        name: rule_environments.program_version(getattr(tools, name))
        or _tool_version(getattr(tools, name), name, words)
        for name, words in TOOLS.items()
    }


def _tool_version(tool: str, name: str, words: Sequence[str]) -> str:
    try:
        path = find_tool(tool, f"tools.{name}")
    except ToolError:
        return "absent"
    try:
        done = subprocess.run(
            [path, *words],
            capture_output=True,
            text=True,
            timeout=TOOL_TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"unknown (no answer within {TOOL_TIMEOUT_S} s)"
    except OSError as error:
        return f"unknown ({error.strerror})"
    found = VERSION_NUMBER.search(done.stdout + done.stderr)
    return found[0] if found else "unknown"


def git_state(project: Path) -> dict[str, Any]:
    """Return the commit of the code and whether files are modified; None outside a checkout."""

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(project), *words], capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit, changes = git("rev-parse", "HEAD"), git("status", "--porcelain")
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def rule_times(benchmarks: Path) -> list[dict[str, Any]]:
    """Return wall time and peak memory of each job from Snakemake's benchmark files."""
    times: list[dict[str, Any]] = []
    for path in sorted(benchmarks.rglob("*.tsv")):
        rows = _times_of_file(path)
        relative = path.relative_to(benchmarks).with_suffix("")
        times.extend(
            {
                "rule": relative.parts[0],
                "job": "/".join(relative.parts[1:]),
                "wall_s": float(row["s"]),
                "max_rss_mb": _number(row["max_rss"]),
            }
            for row in rows
        )
    return times


def _times_of_file(path: Path) -> list[dict[str, str]]:
    """Return the complete rows; a job that was killed may leave an incomplete one."""
    with path.open(newline="", errors="replace") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    good = [
        row
        for row in rows
        if _number(row.get("s") or "") is not None and row.get("max_rss") is not None
    ]
    if len(good) < len(rows):
        logger.warning(
            f"{path}: {len(rows) - len(good)} of {len(rows)} rows cannot be read and are left out"
        )
    return good


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+(\.\d*)?", text) else None
