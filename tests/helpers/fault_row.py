"""A row of the table of faults, and the kinds there are."""

from __future__ import annotations

from dataclasses import dataclass

from fault_plants import Plant, as_it_is, both, killed_at

RERUN = "Its products are absent or complete. `snakemake` again makes what is missing."


@dataclass(frozen=True)
class Case:
    """A row of the table.

    ``ends``: with an ``error`` (exit code 1), ``killed``, ``stopped`` (SIGTERM), or in a
    ``fallback``, which is a product. ``words`` are in the log, or in the product. ``again``: the
    job is run once more without the fault (left out where another row has the same job, which
    takes long, in the same state).
    """

    name: str
    job: str
    plant: Plant
    ends: str
    words: tuple[str, ...]
    happens: str
    again: bool = True


def error(
    name: str,
    job: str,
    plant: Plant,
    words: tuple[str, ...],
    happens: str = RERUN,
    again: bool = True,
) -> Case:
    """A fault that stops the job with a cause and what to try."""
    return Case(name, job, plant, "error", words, happens, again)


def fallback(
    name: str, job: str, plant: Plant, words: tuple[str, ...], happens: str, again: bool = True
) -> Case:
    """A fault that the products take account of and name."""
    return Case(name, job, plant, "fallback", words, happens, again)


def killed(job: str, event: str, when: str, also: Plant = as_it_is) -> Case:
    """SIGKILL at the worst moment; ``also`` is what the job needs to come to it."""
    plant = both(killed_at(event), also)
    return Case(f"{job}: killed {when}", job, plant, "killed", (), RERUN)
