"""Results by module (mutants/results.json), and the page that shows them (docs/mutants.md)."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "mutants/results.json"
JUDGEMENTS = PROJECT / "mutants/judgements.toml"
TEXT = PROJECT / "docs/mutants.md"
UNJUDGED = "not judged yet"
HEAD = """\
# Mutation testing

`make mutants` plants small errors (mutants) in a copy of the science modules, one at a time: a
wrong sign or axis, a limit twice or half as large, a comparison that includes its boundary, a
missing conjugate or root. A unit test that fails kills the mutant. A mutant that survives either
changes no result, or shows that a test is missing. The judgements below come from
`mutants/judgements.toml`; [CONTRIBUTING](../CONTRIBUTING.md#mutation-testing) explains the rest.

Each module contributes a random sample of its mutants, fixed by the seed. Types, messages and
raised errors are not mutated. A mutant runs against the test file of the module's name, then files
that import the module, then tests of the modules that use it, as far as they fit into a few seconds
(the last column has their processor time). Tests of whole runs (`tests/workflow`) and tests that
run CASA are left out, so they may kill a mutant that is listed here.
"""


def read() -> dict[str, Any]:
    """Return the results by module, room/module."""
    return json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}


def write(results: dict[str, Any]) -> None:
    """Write the results and the page."""
    ordered = {module: results[module] for module in sorted(results)}
    RESULTS.write_text(json.dumps(ordered, indent=1) + "\n")
    TEXT.write_text(page(ordered, judgements()))


def judgements() -> dict[tuple[str, str, str], tuple[str, str]]:
    """Return verdict and reason by module and the lines before and after.

    Raises ValueError for an unknown verdict.
    """
    if not JUDGEMENTS.is_file():
        return {}
    found = {}
    for item in tomllib.loads(JUDGEMENTS.read_text())["survivor"]:
        if item["verdict"] not in ("equivalent", "cosmetic", "to be killed"):
            raise ValueError(f"{JUDGEMENTS}: {item['verdict']!r} is not a verdict")
        found[item["module"], item["before"], item["after"]] = (item["verdict"], item["why"])
    return found


def page(results: dict[str, Any], judged: dict[tuple[str, str, str], tuple[str, str]]) -> str:
    """Return the text of the page."""
    lines = [HEAD]
    versions = sorted({item["version"] for item in results.values()})
    lines.append(f"Cosmic Ray {', '.join(versions)}; `{_command(results)}`.\n")
    lines.append("| module | date, commit | mutants | tried | killed | survived | tests, s |")
    lines.append("|---|---|---:|---:|---:|---:|---:|")
    total: Counter[str] = Counter()
    for module, item in results.items():
        survived = len(item["survivors"])
        total.update(possible=item["possible"], tried=item["tried"], survived=survived)
        lines.append(
            f"| {module} | {item['date']}, {item['commit']} | {item['possible']} | {item['tried']}"
            f" | {item['tried'] - survived} | {survived} | {item['seconds']:.1f} |"
        )
    killed = total["tried"] - total["survived"]
    lines.append(
        f"| all | | {total['possible']} | {total['tried']} | {killed} | {total['survived']} | |\n"
    )
    lines.append(_verdicts(results, judged))
    for module, item in results.items():
        if item["survivors"]:
            lines += [f"## {module}\n", *_survivors(module, item["survivors"], judged)]
    return "\n".join(lines).rstrip() + "\n"


def _command(results: dict[str, Any]) -> str:
    seeds = {(item["sample"], item["seed"]) for item in results.values()}
    words = [f"--sample {number} --seed {seed}" for number, seed in sorted(seeds)]
    return " and ".join(f'make mutants MUTANTS="{word}"' for word in words)


def _verdicts(results: dict[str, Any], judged: dict[tuple[str, str, str], Any]) -> str:
    count = Counter(
        judged.get((module, one["before"], one["after"]), (UNJUDGED,))[0]
        for module, item in results.items()
        for one in item["survivors"]
    )
    words = [f"{number} {verdict}" for verdict, number in count.most_common()]
    return (
        f"Survivors: {', '.join(words) or 'none'}. *Equivalent*: no input gives another result."
        " *Cosmetic*: speed, memory, or a limit whose exact value does not matter.\n"
    )


def _survivors(
    module: str,
    survivors: list[dict[str, Any]],
    judged: dict[tuple[str, str, str], tuple[str, str]],
) -> list[str]:
    lines = []
    for one in survivors:
        verdict, why = judged.get((module, one["before"], one["after"]), (UNJUDGED, ""))
        lines.append(
            f"* `{one['function'] or 'module'}`: `{one['before']}` → `{one['after']}`  \n"
            f"  {verdict}{': ' if why else ''}{why}"
        )
    return [*lines, ""]
