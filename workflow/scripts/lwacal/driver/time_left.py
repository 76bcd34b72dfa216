"""About how long a run still takes, from the jobs that are left and what such jobs took.

A job of a rule takes what jobs of the rule took in this run; else what they took in earlier runs
(``benchmarks/``), or on the data of docs/benchmarks.md, times the ratio that this run has to those.
The work that is left, over the work that was done in a second, is the time: as good as the guess
that as many jobs will run side by side as have until now.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import mean, median

# Seconds of a job, full-size data, by benchmarks/results.json. What matters is their ratio.
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
SHORTEST_S = 5  # no estimate before
AT_FIRST_S = 20  # a run begins as if it had worked so long, on one job at a time
NEWEST = 20


class TimeLeft:
    """Learns what jobs take, and says about how long the others will."""

    def __init__(self, earlier_s: Mapping[str, float]) -> None:
        self.known_s = {**TYPICAL_S, **earlier_s}
        self.measured = set(earlier_s)
        self.taken_s: dict[str, list[float]] = defaultdict(list)

    def finished(self, rule: str, seconds: float) -> None:
        """Note what a job took."""
        self.taken_s[rule].append(seconds)
        self.measured.add(rule)

    def job_s(self, rule: str) -> float:
        """Return about how many seconds a job of the rule takes."""
        if self.taken_s.get(rule):
            return mean(self.taken_s[rule])
        return self.known_s.get(rule, OTHERS_S) * self._ratio()

    def _ratio(self) -> float:
        """Return how long jobs take here over how long they took elsewhere."""
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
        """Return about how many seconds are left, or None if it is too early to tell.

        ``waiting`` has the number of jobs of each rule that have not begun, ``running`` rule and
        seconds until now of each that has (0 of what may still wait in a batch system).
        """
        begun = [(min(now, self.job_s(rule)), self.job_s(rule)) for rule, now in running]
        done = sum(sum(taken) for taken in self.taken_s.values()) + sum(now for now, _ in begun)
        left = sum(number * self.job_s(rule) for rule, number in waiting.items())
        left += sum(whole - now for now, whole in begun)
        if elapsed_s < SHORTEST_S or done <= 0:
            return None
        return left * (elapsed_s + AT_FIRST_S) / (done + AT_FIRST_S)

    def is_guess(self, waiting: Mapping[str, int], running: list[tuple[str, float]]) -> bool:
        """Return whether more than half of what is left is of rules never measured here."""
        number = Counter(waiting) + Counter(rule for rule, _ in running)
        work = {rule: count * self.job_s(rule) for rule, count in number.items()}
        unknown = sum(value for rule, value in work.items() if rule not in self.measured)
        return 2 * unknown > sum(work.values())


def earlier(benchmarks: Path) -> dict[str, float]:
    """Return what a job of each rule took in the newest observations: median of seconds."""
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
    """Return the seconds that Snakemake measured of a job, or None if there is no such file."""
    try:
        with Path(path).open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        return float(rows[-1]["s"])
    except (OSError, UnicodeDecodeError, IndexError, KeyError, TypeError, ValueError):
        return None


def words(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 90:
        return f"{max(10, round(seconds, -1)):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
