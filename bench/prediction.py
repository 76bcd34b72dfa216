"""The duration of a night on other machines, from the cost model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.cost_model import Model
from bench.sizes import Size
from bench.stages import OF_ONE_BAND


@dataclass(frozen=True)
class Cluster:
    """Machines for jobs; ``overhead_s`` is the time each job waits for the scheduler."""

    name: str
    nodes: int
    cores: int
    memory_gb: float
    overhead_s: float

    def jobs_at_once(self, memory_mb: float, threads: int) -> int:
        """Return the number of parallel jobs, 0 if one does not fit on a node."""
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
    moved_mb: float


@dataclass(frozen=True)
class Prediction:
    """A night on a cluster. ``wall_s`` is infinite if a job does not fit into a node."""

    steps: tuple[Step, ...]
    wall_s: float
    busy_s: float
    moved_gb: float


def predict(
    models: Mapping[str, Model],
    threads: Mapping[str, int],
    size: Size,
    cluster: Cluster,
    channels_a_job: int | None = None,
) -> Prediction:
    """Return the time of the steps that have a model.

    ``channels_a_job`` splits sub-bands into several jobs (not yet supported by the workflow). The
    time is the sum over all steps, even independent ones, because they share the machines: rounds
    of jobs times the time of a job. It is assumed that jobs do not slow each other down and that
    disks are as fast as the page cache; the bytes give the required throughput.
    """
    steps = [
        _step(models[rule], threads.get(rule, 1), size, cluster, channels_a_job or size.channels)
        for rule in models
    ]
    return Prediction(
        tuple(steps),
        sum(step.wall_s for step in steps),
        sum(step.jobs * step.job_s for step in steps),
        sum(step.moved_mb for step in steps) / 1e3,
    )


def part_of(rule: str, size: Size, channels: int) -> tuple[Size, int]:
    """Return the part of a size that one job of a rule processes, and the number of jobs."""
    if rule not in OF_ONE_BAND:
        return size, 1
    part = replace(size, bands=size.bands[:1], channels=channels)
    return part, len(size.bands) * math.ceil(size.channels / channels)


def _step(model: Model, threads: int, size: Size, cluster: Cluster, channels: int) -> Step:
    part, jobs = part_of(model.rule, size, channels)
    job_s, memory = model.seconds(part), model.memory_mb(part)
    at_once = cluster.jobs_at_once(memory, threads)
    rounds = math.ceil(jobs / at_once) if at_once else math.inf
    return Step(
        model.rule,
        jobs,
        job_s,
        memory,
        at_once,
        rounds * (job_s + cluster.overhead_s),
        jobs * model.moved_mb(part),
    )


def threads_of(results: Mapping[str, Any]) -> dict[str, int]:
    """Return the threads that each rule was measured with."""
    parts = results["parts"]
    found = {
        stage["rule"]: stage["threads"]
        for at in parts.get("stages", {}).get("records", [])
        for stage in at["stages"]
    }
    if "report" in parts:
        found["report"] = parts["report"]["records"]["threads"]
    return found
