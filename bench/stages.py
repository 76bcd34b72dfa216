"""The steps of the workflow as its rules call them: a command, and what it makes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bench.place import Place
from bench.project import SCRIPTS
from bench.workflow_jobs import Job

Words = list[str | Path]

BRIGHTEST = "CygA"  # of the sources, the one that image_source is measured with
# The rules that are measured, in the order they run.
RULES = (
    "inventory",
    "concat",
    "manifest",
    "mnc_query",
    "antenna_health",
    "flag",
    "reference_antenna",
    "sky_model",
    "bandpass",
    "ionosphere",
    "flag_solutions",
    "bandpass_table",
    "delay",
    "calibrate_split",
    "image_source",
    "image_allsky",
)
OF_ONE_BAND = ("concat", "flag", "bandpass", "bandpass_table", "calibrate_split")
# they take hardly any time, and others need them
UNMEASURED = ("mnc_query", "reference_antenna", "ionosphere")


@dataclass(frozen=True)
class Stage:
    """A rule's job: ``words`` are the script and its arguments; ``products`` are what it makes."""

    rule: str
    threads: int
    words: tuple[str, ...]
    products: tuple[Path, ...]

    @property
    def command(self) -> Words:
        """The command."""
        return [sys.executable, SCRIPTS / self.words[0], *self.words[1:]]

    @property
    def done(self) -> bool:
        """Whether the products are there."""
        return all(path.exists() for path in self.products)

    def clear(self) -> None:
        """Remove the products, and make their folders, as Snakemake does before a job."""
        for path in self.products:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)

    def with_paths(self, others: Mapping[Path, Path]) -> Stage:
        """Return the same job with other files. Raises ValueError for one that it does not use."""
        texts = {str(old): str(new) for old, new in others.items()}
        unused = set(texts) - set(self.words)
        if unused:
            raise ValueError(f"rule {self.rule} does not use {', '.join(sorted(unused))}")
        return replace(
            self,
            words=tuple(texts.get(word, word) for word in self.words),
            products=tuple(others.get(path, path) for path in self.products),
        )


def of_job(job: Job) -> Stage:
    """Return a job of the workflow as a stage."""
    return Stage(job.rule, job.threads, job.words, tuple(map(Path, job.outputs)))


def of_rule(place: Place, rule: str) -> list[Stage]:
    """Return the jobs of a rule in the order of the sub-bands, those of sources for one source."""
    found = [
        job
        for job in place.jobs
        if job.rule == rule and job.wildcards.get("source", BRIGHTEST) == BRIGHTEST
    ]
    if not found:
        raise KeyError(f"the workflow has no job of rule {rule}")
    bands = list(place.bands)
    found.sort(key=lambda job: bands.index(job.wildcards.get("band", bands[0])))
    return list(map(of_job, found))


def measured(place: Place, rule: str) -> Stage:
    """Return the job of a rule that is measured: that of the last sub-band."""
    return of_rule(place, rule)[-1]
