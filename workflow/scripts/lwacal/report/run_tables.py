"""Tables of the report from run.json: software, configuration, run times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lwacal.report import cells
from lwacal.report.cells import Cell, Column, Table

Record = Mapping[str, Any]


def versions(run: Record) -> Table:
    """Return the versions of the workflow, with its commit, and of the software."""
    git = run.get("git") or {}
    commit = f"commit {git['commit'][:12]}" if git.get("commit") else "not from a git checkout"
    state = " (with uncommitted changes)" if git.get("dirty") else ""
    rows = [[cells.text("this workflow"), cells.text(f"{run['version']}, {commit}{state}")]]
    rows += [
        [cells.text(name), cells.text(version)] for name, version in sorted(run["versions"].items())
    ]
    return Table("versions", "Software", "", [Column("name"), Column("version", 2)], rows)


def differences(run: Record) -> Table:
    """Return the configuration keys that differ from their defaults."""
    rows = [
        [cells.text(d["key"]), cells.text(_value(d["value"])), cells.text(_value(d["default"]))]
        for d in run["differences"]
    ]
    return Table(
        "differences",
        "Configuration (non-default values)",
        "",
        [Column("key", 1.3), Column("value", 2), Column("default", 1.5)],
        rows,
        "None: every key has its default value.",
    )


def _value(value: object) -> str:
    return '""' if value == "" else str(value)


def run_times(run: Record) -> Table:
    """Return run time and peak memory by rule, slowest first."""
    by_rule: dict[str, list[Record]] = {}
    for job in run["rules"]:
        by_rule.setdefault(job["rule"], []).append(job)
    times = {rule: [job["wall_s"] or 0.0 for job in jobs] for rule, jobs in by_rule.items()}
    rows = []
    for rule, seconds in sorted(times.items(), key=lambda item: -sum(item[1])):
        jobs = by_rule[rule]
        memory = max((job.get("max_rss_mb") or 0 for job in jobs), default=0)
        rows.append(
            [
                cells.text(rule),
                Cell(str(len(jobs)), len(jobs)),
                cells.number(sum(seconds)),
                cells.number(max(seconds)),
                cells.number(memory, ".0f"),
            ]
        )
    return Table(
        "run_times",
        "Run time by rule",
        "",
        [
            Column("rule", 1.6),
            Column("jobs", 0.7, True),
            Column("total (s)", 0.9, True),
            Column("longest (s)", 0.9, True),
            Column("peak memory (MB)", 1.1, True),
        ],
        rows,
        "No run times were recorded.",
    )


def run_facts(run: Record) -> list[tuple[str, str]]:
    """Return labels and values of the run: command, machine and times, where recorded."""
    labels = {
        "command": "Command",
        "host": "Machine",
        "started_utc": "Started",
        "finished_utc": "Finished",
        "written_utc": "Written",
    }
    return [(label, str(run[key])) for key, label in labels.items() if run.get(key)]
