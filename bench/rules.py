"""What the workflow's rules say of themselves: how many threads, and how much memory."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from bench.project import PROJECT
from lwacal.driver import resources, settings

RULES = PROJECT / "workflow" / "rules"
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@cache
def text_of(rule: str) -> str:
    """Return a rule as it is written. Raises KeyError if there is none of that name."""
    for path in sorted(RULES.glob("*.smk")):
        found = re.search(rf"^rule {rule}:\n((?:[ \n].*\n|\n)*)", path.read_text(), re.MULTILINE)
        if found:
            return found[1]
    raise KeyError(f"{RULES} has no rule {rule}")


def threads(rule: str, cores: int) -> int:
    """Return the threads that Snakemake gives a rule on a machine of so many cores."""
    found = re.search(r"^ +threads: *(.*?)(?: *#.*)?$", text_of(rule), re.MULTILINE)
    if not found:
        return 1
    if not found[1].isdigit():
        raise ValueError(f"rule {rule} has threads: {found[1]}, which is not a number")
    return min(int(found[1]), cores)


def takes_threads(rule: str) -> bool:
    """Whether a rule tells its script how many threads to use."""
    return "--threads {threads}" in text_of(rule)


def environment(rule: str, cores: int) -> dict[str, str]:
    """Return the environment variables by which Snakemake tells a job its threads."""
    return dict.fromkeys(THREAD_VARIABLES, str(threads(rule, cores)))


def memory_mb(
    rule: str, manifest: dict[str, Any], band: str, imaging: dict[str, Any] | None = None
) -> int | None:
    """Return the memory that a rule asks for, None if it leaves that to Snakemake.

    ``imaging`` is that section of the configuration, by default the default one.
    """
    configuration = settings.resolve({})
    if imaging:
        configuration = {**configuration, "imaging": imaging}
    return resources.usual_memory_mb(rule, manifest, band, configuration)
