"""What the environments of other rules hold, when each rule runs in one of its own.

A job sees the packages of its own environment. Those of the others are known from the files in
workflow/envs/, which pin every version.
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
    """Return whether this process runs in another environment than Snakemake does."""
    return os.environ.get(environment.PREFIX_VARIABLE, sys.prefix) != sys.prefix


def made_by_conda() -> bool:
    """Return whether the environment of this process is one that conda has activated."""
    prefix = os.environ.get("CONDA_PREFIX", "")
    return bool(prefix) and os.path.realpath(prefix) == os.path.realpath(sys.prefix)


def package_version(name: str) -> str:
    """Return the version of a Python package that this environment does not have.

    "absent" if all rules share this environment, or if none has the package.
    """
    if name == "snakemake":
        return os.environ.get(environment.VERSION_VARIABLE, "absent")
    if not has_its_own():
        return "absent"
    return declared()[1].get(name, "absent") if made_by_conda() else NOT_TOLD


def program_version(name: str) -> str | None:
    """Return the version of a program that conda has put into another rule's environment.

    None if it was not conda, or none of them has it: then it is the one on PATH.
    """
    if not (has_its_own() and made_by_conda()):
        return None
    return declared()[0].get(name)


def declared(folder: Path = FILES) -> tuple[dict[str, str], dict[str, str]]:
    """Return the versions that the files pin, by name: conda's packages, and Python packages."""
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
