"""The environment that jobs inherit from the Snakemake that starts them."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

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
