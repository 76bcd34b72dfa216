"""Estimates the remaining time of a run from the remaining jobs and the durations of earlier ones.

The duration of a job is the mean of its rule in this run. If there is none, it is the duration in
earlier runs (``benchmarks/``), or on the data of docs/benchmarks.md, scaled by the speed of this
run relative to those. The remaining time is the remaining work divided by the work done per second
so far, which assumes that as many jobs will run in parallel as until now.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, median

# Seconds per job for full-size data, from benchmarks/results.json; only their ratios matter.
TYPICAL_S = {
    "concat": 2,
    "flag": 5,
    "sky_model": 3,
    "bandpass": 3,
    "delay": 4,
    "calibrate_split": 10,
    "image_source": 8,
    "image_allsky": 290,
    "report": 20,
    "trends": 10,
}
OTHERS_S = 1.0
SHORTEST_S = 5  # elapsed time before the first estimate
AT_FIRST_S = 20  # prior: as if the run had already worked this long on one job at a time
NEWEST = 20


class TimeLeft:
    """Collects the durations of finished jobs and estimates the remaining time."""

    def __init__(self, earlier_s: Mapping[str, float]) -> None:
        self.known_s = {**TYPICAL_S, **earlier_s}
        self.measured = set(earlier_s)
        self.taken_s: dict[str, list[float]] = defaultdict(list)

    def finished(self, rule: str, seconds: float) -> None:
        """Add the duration of a finished job."""
        self.taken_s[rule].append(seconds)
        self.measured.add(rule)

    def job_s(self, rule: str) -> float:
        """Return the estimated duration of a job of a rule, s."""
        if self.taken_s.get(rule):
            return mean(self.taken_s[rule])
        return self.known_s.get(rule, OTHERS_S) * self._ratio()

    def _ratio(self) -> float:
        """Return the ratio of durations in this run to those known before."""
        pairs = [
            (sum(taken), len(taken) * self.known_s[rule])
            for rule, taken in self.taken_s.items()
            if rule in self.known_s
        ]
        here, elsewhere = (sum(values) for values in zip(*pairs)) if pairs else (1, 1)
        return here / elsewhere if elsewhere else 1.0

    def left_s(
        self, waiting: Mapping[str, int], running: list[tuple[str, float]], elapsed_s: float
    ) -> float | None:
        """Return the estimated remaining time, s, or None if it is too early for an estimate.

        ``waiting`` is the number of jobs per rule that have not started. ``running`` has the rule
        and elapsed seconds of each started job (0 if it may still wait in a batch system).
        """
        begun = [(min(now, self.job_s(rule)), self.job_s(rule)) for rule, now in running]
        done = sum(sum(taken) for taken in self.taken_s.values()) + sum(now for now, _ in begun)
        left = sum(number * self.job_s(rule) for rule, number in waiting.items())
        left += sum(whole - now for now, whole in begun)
        if elapsed_s < SHORTEST_S or done <= 0:
            return None
        return left * (elapsed_s + AT_FIRST_S) / (done + AT_FIRST_S)

    def is_guess(self, waiting: Mapping[str, int], running: list[tuple[str, float]]) -> bool:
        """Return whether most of the remaining work is of rules without measured durations."""
        number = Counter(waiting) + Counter(rule for rule, _ in running)
        work = {rule: count * self.job_s(rule) for rule, count in number.items()}
        unknown = sum(value for rule, value in work.items() if rule not in self.measured)
        return 2 * unknown > sum(work.values())


def earlier(benchmarks: Path) -> dict[str, float]:
    """Return the median duration per rule in the most recent observations, s."""
    taken: dict[str, list[float]] = defaultdict(list)
    folders = [path for path in benchmarks.glob("*") if path.is_dir()]
    newest = sorted(folders, key=lambda path: path.stat().st_mtime)[-NEWEST:]
    for folder in newest:
        for path in folder.rglob("*.tsv"):
            seconds = benchmark_s(path)
            if seconds is not None:
                taken[path.relative_to(folder).parts[0].removesuffix(".tsv")].append(seconds)
    return {rule: median(values) for rule, values in taken.items()}


def benchmark_s(path: str | Path) -> float | None:
    """Return the duration in a benchmark file of Snakemake, s; None if it cannot be read."""
    try:
        with Path(path).open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        return float(rows[-1]["s"])
    except (OSError, UnicodeDecodeError, IndexError, KeyError, TypeError, ValueError):
        return None


def words(seconds: float) -> str:
    """Return a duration as text: ``40 s``, ``12 min``, ``2.5 h``."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
