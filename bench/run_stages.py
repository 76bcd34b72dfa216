"""Runs the steps in order; repeats the selected ones, interleaved with the reference tools."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import data, measuring, peers, rules, stages, stopwatch_lines
from bench.measuring import Cost
from bench.options import LONG_S, Options
from bench.place import Place
from bench.sizes import Size
from bench.stages import RULES, Stage

logger = logging.getLogger(__name__)

COPIES = 16  # disk space in units of the DATA: raw, concatenated, copies for the reference tools


@dataclass
class Series:
    """Runs of one command: ``once`` runs it and returns its cost."""

    once: Callable[[], Cost]
    runs: list[Cost]

    def enough(self, wanted: int) -> bool:
        """Whether it has been run often enough, or is too slow to repeat."""
        return len(self.runs) >= wanted or any(run.wall_s >= LONG_S for run in self.runs)


def alternate(series: Sequence[Series], wanted: int) -> None:
    """Run all in turn until each has enough runs, so that load changes affect all alike."""
    while not all(item.enough(wanted) for item in series):
        for item in series:
            if not item.enough(wanted):
                item.runs.append(item.once())


def measure_stages(options: Options, size: Size) -> dict[str, Any]:
    """Return the record of all stages at one size."""
    data.check_space(options.scratch, COPIES * size.data_mb)
    place = place_of(options, size)
    found = []
    for rule in _up_to_last(options.stages):
        *others, last = stages.of_rule(place, rule)
        for stage in others:
            run_once(place, stage)
        if rule in options.stages:
            found.append(_measure(place, rule, last, options))
        else:
            run_once(place, last)
    return {"size": size.record(), "stages": found}


def place_of(options: Options, size: Size) -> Place:
    """Return the place of the products of a size; simulate its data if they do not exist."""
    return Place(
        options.scratch.absolute() / "products" / size.name,
        data.observation(size, options.scratch),
        options.cores,
        small_images=options.quick,
    )


def _up_to_last(chosen: Sequence[str]) -> list[str]:
    """Return the rules in order, up to the last that is chosen."""
    return list(RULES[: max(map(RULES.index, chosen)) + 1])


def run_for_all_bands(place: Place, rule: str) -> None:
    """Run the unfinished jobs of a rule, for each sub-band if it works on one."""
    for stage in stages.of_rule(place, rule):
        run_once(place, stage)


def run_once(place: Place, stage: Stage) -> None:
    """Run a job unless it is done."""
    if not stage.done:
        stage.clear()
        measuring.measure(
            stage.command, log_of(place, stage.rule), rules.environment(stage.threads)
        )


def log_of(place: Place, rule: str) -> Path:
    """Return the log of a rule's jobs."""
    return place.path(f"logs/{rule}.log")


def series_of(place: Place, stage: Stage) -> Series:
    """Return the planned runs of one of our jobs."""
    log, environment = log_of(place, stage.rule), rules.environment(stage.threads)

    def once() -> Cost:
        stage.clear()
        cost = measuring.measure(stage.command, log, environment)
        logger.info(f"{stage.rule}: {cost.wall_s:.2f} s")
        return cost

    return Series(once, [])


def _series_of_peer(place: Place, peer: peers.Peer) -> Series:
    folder = place.path("peers")
    folder.mkdir(parents=True, exist_ok=True)

    def once() -> Cost:
        peer.prepare()
        cost = measuring.measure(peer.command, folder / "log.txt", peer.environment, folder)
        logger.info(f"    {peer.name}: {cost.wall_s:.2f} s")
        return cost

    return Series(once, [])


def startup(place: Place, stage: Stage) -> Cost:
    """Return the cost of starting the script with its imports."""
    return measuring.measure([*stage.command[:2], "--help"], place.path("logs/startup.log"))


def _measure(place: Place, rule: str, stage: Stage, options: Options) -> dict[str, Any]:
    ours = series_of(place, stage)
    if not stage.done:
        ours.runs.append(ours.once())
    beside = peers.of_rule(rule, place) if options.peers else []
    present = [(peer, _series_of_peer(place, peer)) for peer in beside if not peer.missing]
    alternate([*(series for _, series in present), ours], options.runs)
    parts = stopwatch_lines.of_last_run(log_of(place, rule))
    start = startup(place, stage)
    middle = measuring.median(ours.runs)
    return {
        "rule": rule,
        "threads": stage.threads,
        "asked_mb": _asked(rule, place),
        "startup": asdict(start),
        "parts": parts,
        **measuring.record(ours.runs),
        "passes": passes(middle, start, place.observation.size.data_mb),
        "peers": [
            {
                "name": peer.name,
                "note": peer.note,
                **measuring.record(series.runs),
                "ratio": measuring.median(series.runs).wall_s / middle.wall_s,
            }
            for peer, series in present
        ],
        "missing": [{"name": peer.name, "why": peer.missing} for peer in beside if peer.missing],
    }


def passes(cost: Cost, start: Cost, data_mb: float) -> dict[str, float]:
    """Return the bytes a step reads and writes, without start-up, in units of the DATA."""
    return {
        "read": max(cost.read_mb - start.read_mb, 0) / data_mb,
        "written": cost.written_mb / data_mb,
    }


def _asked(rule: str, place: Place) -> int | None:
    if rule in ("inventory", "concat", "manifest"):
        return rules.memory_mb(rule, place.record("inventory.json"), place.band)
    return rules.memory_mb(rule, place.record("manifest.json"), place.band, place.settings.imaging)
