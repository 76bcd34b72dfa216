"""Runs the workflow in a copy of the project, so that tests can change anything."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import quality_schema
from lwacal.runtime import paths

PROJECT = paths.PROJECT
TARGETS = ("total", "all", "nights")
COPIED = ("workflow", "config", "profiles")
SMALL_IMAGES = (
    "imaging={source: {size: 256, scale_deg: 0.02}, scintillation: {size: 256, scale_deg: 0.02},"
    " allsky: {size: 512, scale_deg: 0.25, niter: 500}}"
)
SIMULATED_SKY = (  # that of lwacal.simulate: points of the A-team
    "sky_model={secondary: false, solar: [], galaxy: false, component_lists:"
    " {CygA: point, CasA: point, TauA: point, VirA: point}}"
)


@dataclass
class Project:
    """A copy of the project in a folder of its own, and the --config words of its runs."""

    folder: Path
    config: list[str]

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def snakemake(
        self, *words: str, config: tuple[str, ...] = (), check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run Snakemake in the copy; further --config words are added to the run's own."""
        command = [sys.executable, "-m", "snakemake", *words, "--config", *self.config, *config]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
        for path in self.results.glob("*/qa.json"):
            quality_schema.check(json.loads(path.read_text()), str(path))
        return done

    def stale(self, *config: str, words: tuple[str, ...] = ()) -> dict[str, int]:
        """Return how many jobs of each rule a dry run would run."""
        return job_counts(self.snakemake("-n", *words, config=config))


def copy_project(folder: Path, *config: str, sky: str = SIMULATED_SKY) -> Project:
    """Copy what the workflow consists of into a folder and return it.

    ``sky`` are --config words of the sources that the data have; empty for those of the real sky.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        if (PROJECT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / name, folder / name, symlinks=True, ignore=ignored)
    return Project(folder, [*([sky] if sky else []), *config, SMALL_IMAGES])


def job_counts(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Read how many jobs of each rule are to run (those that only ask for others not counted).

    A dry run prints a table, a run a sentence that may go on in indented lines.
    """
    said = done.stdout + done.stderr
    counts = {rule: number for rule, number in re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE)}
    sentence = re.search(r"^\d+ jobs?: (.+(?:\n {4}\d+ .+)*)", said, re.MULTILINE)
    if sentence:
        counts |= {rule: number for number, rule in re.findall(r"(\d+) (\w+)", sentence[1])}
    return {rule: int(count) for rule, count in counts.items() if rule not in TARGETS}


def folder_digest(folder: str | Path) -> str:
    """Return a digest of all files below a folder: names, contents and modification times."""
    total = hashlib.sha256()
    folder = Path(folder)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(f"{path.relative_to(folder)} {path.stat().st_mtime_ns}".encode())
            total.update(path.read_bytes())
    return total.hexdigest()
