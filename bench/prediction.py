"""How long a night takes on other machines, by the cost model and the order of the steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.cost_model import Model
from bench.sizes import Size

# The steps one after the other: rules of a phase that do not wait for each other count together.
PHASES = (
    ("inventory",), ("concat",), ("manifest",), ("antenna_health", "sky_model"), ("flag",),
    ("bandpass",), ("flag_solutions",), ("bandpass_table", "delay", "calibrate_split"),
    ("report",),
)
OF_ONE_BAND = ("concat", "flag", "bandpass", "bandpass_table", "calibrate_split")


@dataclass(frozen=True)
class Cluster:
    """Machines that jobs are sent to; ``overhead_s`` is what each job waits for the scheduler."""

    name: str
    nodes: int
    cores: int
    memory_gb: float
    overhead_s: float

    def jobs_at_once(self, memory_mb: float, threads: int) -> int:
        """Return how many jobs run side by side, 0 if one does not fit a node."""
        by_cores = self.cores // min(threads, self.cores)
        by_memory = self.memory_gb * 1000 / max(memory_mb, 1)
        return self.nodes * math.floor(min(by_cores, by_memory))


@dataclass(frozen=True)
class Step:
    """A rule in a prediction."""

    rule: str
    jobs: int
    job_s: float
    memory_mb: float
    at_once: int
    wall_s: float


@dataclass(frozen=True)
class Prediction:
    """A night on a cluster. ``wall_s`` is infinite if a job does not fit into a node."""

    steps: tuple[Step, ...]
    wall_s: float
    busy_s: float
    moved_gb: float


def predict(
    models: Mapping[str, Model], threads: Mapping[str, int], size: Size, cluster: Cluster
) -> Prediction:
    """Return how long the steps that have a model take.

    A phase lasts as long as its rules need one after the other where they share the machines, and
    no longer: rounds of jobs times the time of a job. Jobs are taken not to slow each other down,
    and disks to be as fast as the page cache was: the bytes tell what that asks for.
    """
    steps = [
        _step(models[rule], threads.get(rule, 1), size, cluster)
        for phase in PHASES for rule in phase if rule in models
    ]
    return Prediction(
        tuple(steps), sum(step.wall_s for step in steps),
        sum(step.jobs * step.job_s for step in steps),
        sum(models[step.rule].moved_mb(size) for step in steps) / 1e3,
    )


def _step(model: Model, threads: int, size: Size, cluster: Cluster) -> Step:
    by_band = model.rule in OF_ONE_BAND
    jobs = len(size.bands) if by_band else 1
    part = replace(size, bands=size.bands[:1]) if by_band else size
    job_s, memory = model.seconds(part), model.memory_mb(part)
    at_once = cluster.jobs_at_once(memory, threads)
    rounds = math.ceil(jobs / at_once) if at_once else math.inf
    return Step(
        model.rule, jobs, job_s, memory, at_once, rounds * (job_s + cluster.overhead_s)
    )


def threads_of(results: Mapping[str, Any]) -> dict[str, int]:
    """Return the threads that each rule was measured with."""
    parts = results["parts"]
    found = {
        stage["rule"]: stage["threads"]
        for at in parts.get("stages", {}).get("records", []) for stage in at["stages"]
    }
    if "report" in parts:
        found["report"] = parts["report"]["records"]["threads"]
    return found
