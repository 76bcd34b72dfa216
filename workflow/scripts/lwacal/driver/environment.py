"""The environment that jobs inherit from the Snakemake that starts them."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import site
import sys
from pathlib import Path

PREFIX_VARIABLE = "LWACAL_PREFIX"  # of the Python that runs Snakemake
VERSION_VARIABLE = "LWACAL_SNAKEMAKE"
NO_PACKAGES_OF_HOME = "PYTHONNOUSERSITE"  # Python's own variable
COMMAND_VARIABLE = "LWACAL_COMMAND"
# Where packages keep what they need again, which is the home unless they are told otherwise
CACHES = {"MPLCONFIGDIR": "matplotlib"}


def prepare(scripts: Path) -> None:
    """Put the scripts of the rules, and the Python that runs Snakemake, first on PATH.

    Rules call their scripts by name. The scripts ask for the first python3 on PATH, which is the
    one of the rule's own environment if Snakemake was told to activate it, and otherwise the one
    that runs Snakemake. What was called is handed on to the jobs, for run.json: the Snakemake that
    runs a single job finds it there already. Caches of packages go to the working directory, so
    that nothing is written outside.
    """
    os.environ.setdefault(COMMAND_VARIABLE, shlex.join(["snakemake", *sys.argv[1:]]))
    for variable, folder in CACHES.items():
        os.environ.setdefault(variable, str(Path.cwd() / ".snakemake" / folder))
    first = [str(scripts), str(Path(sys.executable).parent)]
    rest = [place for place in os.environ.get("PATH", "").split(os.pathsep) if place not in first]
    os.environ["PATH"] = os.pathsep.join(first + rest)
    _tell_where_snakemake_is()


def _tell_where_snakemake_is() -> None:
    """Tell jobs in environments of their own which one Snakemake is in, and keep homes out.

    A package in the home of whoever runs this must not take the place of an environment's own,
    unless Snakemake itself is installed there.
    """
    snakemake = importlib.metadata.distribution("snakemake")
    os.environ[PREFIX_VARIABLE] = sys.prefix
    os.environ[VERSION_VARIABLE] = snakemake.version
    if Path(str(snakemake.locate_file(""))) != Path(site.getusersitepackages()):
        os.environ[NO_PACKAGES_OF_HOME] = "1"
