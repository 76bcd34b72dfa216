"""Versions in the environments of other rules, if each rule runs in its own environment.

A job can only query the packages of its own environment. Those of the others follow from the files
in workflow/envs/, which pin all versions.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import yaml

from lwacal.driver import environment
from lwacal.runtime import paths

FILES = paths.ENVIRONMENTS
NOT_TOLD = "unknown (in the environment of another rule)"


def has_its_own() -> bool:
    """Return whether this process runs in a different environment from Snakemake's."""
    return os.environ.get(environment.PREFIX_VARIABLE, sys.prefix) != sys.prefix


def made_by_conda() -> bool:
    """Return whether this process runs in an activated conda environment."""
    prefix = os.environ.get("CONDA_PREFIX", "")
    return bool(prefix) and os.path.realpath(prefix) == os.path.realpath(sys.prefix)


def package_version(name: str) -> str:
    """Return the version of a Python package that is not in this environment.

    It is "absent" if all rules share this environment, or if no environment has the package.
    """
    if name == "snakemake":
        return os.environ.get(environment.VERSION_VARIABLE, "absent")
    if not has_its_own():
        return "absent"
    return declared()[1].get(name, "absent") if made_by_conda() else NOT_TOLD


def program_version(name: str) -> str | None:
    """Return the version of a program in another rule's conda environment.

    None if there are no conda environments or none contains it; then the program on PATH is used.
    """
    if not (has_its_own() and made_by_conda()):
        return None
    return declared()[0].get(name)


def declared(folder: Path = FILES) -> tuple[dict[str, str], dict[str, str]]:
    """Return the pinned versions by name: conda packages and Python (pip) packages."""
    conda: dict[str, str] = {}
    pip: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]:
            if isinstance(item, dict):
                pip |= dict(pin.split("==") for pin in item["pip"])
            else:
                name, version = item.split("::")[-1].split("=")
                conda[name] = version
    return conda, pip
