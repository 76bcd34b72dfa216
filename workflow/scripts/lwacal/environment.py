"""The environment that jobs inherit from the Snakemake that starts them."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def prepare(scripts: Path) -> None:
    """Put the scripts of the rules, and the Python that runs Snakemake, first on PATH.

    Rules call their scripts by name. The scripts ask for the first python3 on PATH, which is the
    one of the rule's own environment if Snakemake was told to activate it, and otherwise the one
    that runs Snakemake.
    """
    first = [str(scripts), str(Path(sys.executable).parent)]
    rest = [place for place in os.environ.get("PATH", "").split(os.pathsep) if place not in first]
    os.environ["PATH"] = os.pathsep.join(first + rest)
