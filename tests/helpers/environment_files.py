"""The environments of the rules: what each file declares, and which scripts run in it."""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from workflow_run import PROJECT

SCRIPTS = PROJECT / "workflow" / "scripts"
RULE = re.compile(r"^rule (\w+):$", re.MULTILINE)
CONDA = re.compile(r'^    conda:\n        "\.\./envs/(\w+)\.yaml"$', re.MULTILINE)
MODULES = re.compile(r'^    envmodules:\n        \*modules\("(\w+)"\),$', re.MULTILINE)
SCRIPT = re.compile(r"\b(\w+\.py)\b")


@dataclass(frozen=True)
class Environment:
    """What a file of workflow/envs/ asks for."""

    path: Path
    channels: list[str]
    conda: dict[str, str]
    pip: dict[str, str]

    @property
    def python(self) -> tuple[int, int]:
        major, minor = self.conda["python"].split(".")
        return int(major), int(minor)


def read_environment(path: Path) -> Environment:
    """Return what a file declares: versions by name, "" where a package has none."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    conda = [item for item in content["dependencies"] if isinstance(item, str)]
    [pip] = [item["pip"] for item in content["dependencies"] if isinstance(item, dict)] or [[]]
    return Environment(
        path,
        content["channels"],
        {name: version for name, _, version in (item.partition("=") for item in conda)},
        {name: version for name, _, version in (item.partition("==") for item in pip)},
    )


ENVIRONMENTS = {
    path.stem: read_environment(path) for path in sorted(PROJECT.glob("workflow/envs/*.yaml"))
}


def rule_bodies() -> dict[str, str]:
    """Return the text of each rule that runs something, from the rule files."""
    found = {}
    for path in sorted(PROJECT.glob("workflow/rules/*.smk")):
        text = path.read_text(encoding="utf-8")
        starts = [match.start() for match in RULE.finditer(text)]
        for first, last in zip(starts, [*starts[1:], len(text)]):
            body = text[first:last]
            if "\n    shell:\n" in body:
                found[RULE.match(body)[1]] = body
    return found


def rule_environments() -> dict[str, tuple[str, set[str]]]:
    """Return the environment of each rule, and the scripts it names."""
    found = {}
    for rule, body in rule_bodies().items():
        [environment] = CONDA.findall(body)
        found[rule] = (environment, set(SCRIPT.findall(body)))
    return found


def environment_scripts() -> dict[str, set[str]]:
    """Return the scripts that run in each environment."""
    scripts: dict[str, set[str]] = {name: set() for name in ENVIRONMENTS}
    for environment, names in rule_environments().values():
        scripts[environment] |= names
    return scripts


def packages_of(module: str) -> set[str]:
    """Return the installed packages that a top-level module is of, as their names are in files."""
    found = _installed().get(module, [])
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


@cache
def _installed() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())
