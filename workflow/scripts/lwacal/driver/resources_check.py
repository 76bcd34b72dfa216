"""Compares the memory that rules request with the memory that their jobs used.

    lwacal resources results/NAME

The memory used is the peak in Snakemake's benchmark files (max_rss, which Snakemake samples twice
per second at first and every 30 s later). The memory requested is that of the first attempt, from
lwacal.driver.resources. The exit code is 1 if a job used more than its rule requests.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lwacal.driver import resources, run_record
from lwacal.records import files
from lwacal.records.configuration.whole import Configuration
from lwacal.records.manifest import ManifestRecord
from lwacal.records.run import RunRecord

MB_A_MEBIBYTE = 2**20 / 1e6  # Snakemake's max_rss is in units of 2^20 bytes
LEAST_USED = 0.25
WASTE_MB = 1000.0  # smaller excess requests are not reported


@dataclass(frozen=True)
class Use:
    """The job of a rule that used the largest fraction of the requested memory."""

    rule: str
    job: str
    asked_mb: float
    used_mb: float

    @property
    def verdict(self) -> str:
        """``more`` if it used more than requested, ``less`` if far less, otherwise ``fits``."""
        if self.used_mb > self.asked_mb:
            return "more"
        unused_mb = self.asked_mb - self.used_mb
        if self.used_mb < LEAST_USED * self.asked_mb and unused_mb > WASTE_MB:
            return "less"
        return "fits"


def compare(
    manifest: ManifestRecord,
    jobs: Iterable[Mapping[str, Any]],
    configuration: Configuration,
) -> list[Use]:
    """Return, for each rule that requests memory, the job that used the largest fraction of it.

    ``configuration`` is that of the observation, ``jobs`` are those of run_record.rule_times. Jobs
    without a peak, which were too short for Snakemake to sample, are ignored.
    """
    largest: dict[str, Use] = {}
    for job in jobs:
        band = job["job"] if job["job"] in manifest["bands"] else None
        asked_mb = resources.usual_memory_mb(job["rule"], manifest, band, configuration)
        if asked_mb is None or job["max_rss_mb"] is None:
            continue
        use = Use(job["rule"], job["job"], asked_mb, job["max_rss_mb"] * MB_A_MEBIBYTE)
        before = largest.get(use.rule)
        if before is None or use.used_mb / use.asked_mb > before.used_mb / before.asked_mb:
            largest[use.rule] = use
    return list(largest.values())


def lines(uses: Sequence[Use]) -> list[str]:
    """Return the lines of a table, one per rule."""
    words = {
        "fits": "",
        "more": "used more than requested",
        "less": f"used less than {LEAST_USED:.0%} of the request",
    }
    head = f"{'rule':16} {'job':12} {'requested MB':>12} {'used MB':>9} {'used':>6}"
    return [head] + [
        f"{use.rule:16} {use.job:12} {use.asked_mb:12.0f} {use.used_mb:9.0f}"
        f" {use.used_mb / use.asked_mb:6.0%}  {words[use.verdict]}".rstrip()
        for use in uses
    ]


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; return 1 if a job used more memory than its rule requests."""
    parser = argparse.ArgumentParser(
        prog="lwacal resources",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("results", type=Path, help="folder of a finished observation")
    parser.add_argument(
        "--benchmarks", type=Path, help="its benchmark files (default: benchmarks/<its name>)"
    )
    given = parser.parse_args(words)
    benchmarks = given.benchmarks or Path("benchmarks") / given.results.resolve().name
    if not benchmarks.is_dir():
        parser.error(
            f"{benchmarks} is not a folder; give the folder of benchmark files with --benchmarks"
        )
    uses = compare(
        files.read(ManifestRecord, given.results / "manifest.json"),
        run_record.rule_times(benchmarks),
        Configuration.model_validate(
            files.read(RunRecord, given.results / "run.json")["configuration"]
        ),
    )
    print("\n".join(lines(uses)))
    return 1 if any(use.verdict == "more" for use in uses) else 0
