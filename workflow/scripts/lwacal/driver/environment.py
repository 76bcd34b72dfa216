"""Sets the environment variables that jobs inherit from Snakemake."""

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
# Cache folders of packages, by default in the home directory
CACHES = {"MPLCONFIGDIR": "matplotlib"}


def prepare(scripts: Path) -> None:
    """Put the scripts of the rules and the Python that runs Snakemake first on PATH.

    Rules call their scripts by name. The scripts run with the first python3 on PATH: that of the
    rule's environment if Snakemake activates one, otherwise the one that runs Snakemake. The
    command line is passed on to the jobs for run.json; the Snakemake that runs a single job keeps
    the one it inherits. Package caches are put in the working directory, so that nothing is written
    elsewhere.
    """
    os.environ.setdefault(COMMAND_VARIABLE, shlex.join(["snakemake", *sys.argv[1:]]))
    for variable, folder in CACHES.items():
        os.environ.setdefault(variable, str(Path.cwd() / ".snakemake" / folder))
    first = [str(scripts), str(Path(sys.executable).parent)]
    folders = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(
        first + [folder for folder in folders if folder not in first]
    )
    _export_snakemake_installation()


def _export_snakemake_installation() -> None:
    """Set the prefix and version of Snakemake for jobs in other environments.

    Packages in the user's home directory are disabled, as they would override those of an
    environment, unless Snakemake itself is installed there.
    """
    snakemake = importlib.metadata.distribution("snakemake")
    os.environ[PREFIX_VARIABLE] = sys.prefix
    os.environ[VERSION_VARIABLE] = snakemake.version
    if Path(str(snakemake.locate_file(""))) != Path(site.getusersitepackages()):
        os.environ[NO_PACKAGES_OF_HOME] = "1"
