"""Scenarios of the real sky, run through the workflow and compared with the truth.

``make real-sky`` writes docs/real-sky.md; ``PYTHONPATH=tests/helpers python -m real_sky tid --seeds
1 2`` prints some nights.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from commits import CHANGED, commit_now
from lwacal.io import caltable
from lwacal.runtime import products
from lwacal.simulate import scenarios, simulate
from lwacal.simulate.figures_of_merit import figures
from night import Night
from thermal_expectation import relative_gain_error
from workflow_run import PROJECT, copy_project

MEDIAN_OF_NORMAL = 0.6745
BANDS = ("27MHz", "41MHz", "73MHz")


@dataclass(frozen=True)
class BandResult:
    """What came out in a sub-band: medians over antennas, channels and polarizations.

    Errors are in units of the thermal ones; ``eta`` is the power kept on the target, and
    ``eta_on_beam`` on the peak of the beam; ``shift_arcmin`` is the length of the shift.
    """

    band: str
    amplitude: float
    phase: float
    eta: float
    eta_on_beam: float
    shift_arcmin: float
    scale: float
    flagged: float


def run(
    name: str, folder: Path, config: tuple[str, ...] = (), **changes: Any
) -> tuple[Night, list[BandResult]]:
    """Simulate a scenario, run the workflow without images, and compare with the truth."""
    chosen = {"n_antennas": 64, "n_channels": 24, "bands": BANDS, "n_integrations": 2, **changes}
    truth_folder = simulate(scenarios.simulation(name, **chosen), folder / "raw")
    with np.load(truth_folder / "truth.npz") as archive:
        arrays = dict(archive)
    truth = products.read_json(truth_folder / "truth.json")
    raw = folder / "raw"
    project = copy_project(folder / "project", f"input={raw}", "observation=night", sky="")
    quick = ("health={mnc: {enabled: false}}", "imaging={enabled: false}")
    project.snakemake("results/night/qa.json", "--cores", "2", config=(*quick, *config))
    night = Night(project, raw, truth, arrays, "")
    return night, list(compare(night, chosen["bands"]))


def compare(night: Night, bands: tuple[str, ...]) -> Iterator[BandResult]:
    """Yield the results of the sub-bands that have tables."""
    for band in bands:
        table = next(iter(night.path("tables").glob(f"*_{band}.bcal")), None)
        if table is None:
            continue
        solved = caltable.read(table)
        true = night.arrays[f"gain_{band}"]
        ratio = np.where(solved.flag, np.nan, solved.gain / true)
        turned = ratio * np.exp(-1j * np.angle(np.nansum(ratio, axis=0)))
        sigma = relative_gain_error(night, band) / np.sqrt(2)
        found = [
            figures(
                true[..., pol],
                solved.gain[..., pol],
                ~solved.flag[..., pol],
                night.arrays["positions_m"],
                np.array(night.truth["bands"][band]["frequency_hz"]),
            )
            for pol in (0, 1)
        ]
        yield BandResult(
            band,
            float(np.nanmedian(np.abs(np.log(np.abs(ratio))) / sigma)) / MEDIAN_OF_NORMAL,
            float(np.nanmedian(np.abs(np.angle(turned)) / sigma)) / MEDIAN_OF_NORMAL,
            float(np.nanmedian([one.eta for one in found])),
            float(np.nanmedian([one.eta_on_beam for one in found])),
            float(np.nanmedian([np.hypot(*one.shift_arcmin.T) for one in found])),
            float(np.nanmedian([one.scale for one in found])),
            float(solved.flag.mean()),
        )


HEAD = """# Nights with a real sky

Simulated nights of 64 antennas, sub-bands of 24 channels and {integrations} integrations, by the
scenarios of [simulator.md](simulator.md), calibrated by the whole workflow without images and
compared with the truth; written by `make real-sky` on {date} at commit {commit}. By sub-band:
errors of amplitude and phase, medians over the thermal error (Cramer-Rao); the power that a
beamformer keeps on its target and, in brackets, on the peak of its beam; the shift of the beam in
arcmin; gain over true gain, and its stated error. Accused: antpols that are not called good; none
has a fault.
"""
COLUMNS = """
| night | seed | amplitude | phase | power kept | shift | scale (error) | accused | verdict |
|---|---|---|---|---|---|---|---|---|
"""
SINGLE = (
    "galaxy_lst20",
    "galaxy_lst12",
    "galaxy_lst2",
    "quiet_sun",
    "active_sun",
    "refraction",
    "refraction_one_calibrator",
    "tid",
    "scintillation",
)
MODERATE = ("all_moderate", "all_moderate_lst12", "all_moderate_lst2")
MANY_BANDS = ("27MHz", "32MHz", "36MHz", "46MHz", "55MHz", "64MHz", "73MHz", "82MHz")


@dataclass(frozen=True)
class Section:
    """A table of the page: all scenarios with all seeds."""

    title: str
    words: str
    scenarios: tuple[str, ...]
    seeds: tuple[int, ...]
    bands: tuple[str, ...]


SECTIONS = (
    Section("One effect at a time", "Sub-bands 27, 41 and 73 MHz.", SINGLE, (1,), BANDS),
    Section(
        "All effects, moderate",
        "Sub-bands 27, 41 and 73 MHz, too few to separate the ionosphere well: what the beam loses"
        " on its target is mostly the error of the mean shift.",
        MODERATE,
        (31, 32, 33, 34, 35),
        BANDS,
    ),
    Section(
        "All effects, moderate, eight sub-bands",
        "Sub-bands 27, 32, 36, 46, 55, 64, 73 and 82 MHz.",
        MODERATE,
        (31,),
        MANY_BANDS,
    ),
)


def row(name: str, seed: int, night: Night, results: list[BandResult]) -> str:
    """Return a line of the table."""
    quality = night.record("qa.json")
    accused = sum(item["status"] != "good" for item in quality["antennas"])
    errors = [
        night.record(f"tables/raw/{one.band}.json")["sky"]["scale_err"] / 2 for one in results
    ]

    def of_bands(values: Iterable[str]) -> str:
        return ", ".join(values)

    kept = of_bands(f"{one.eta:.4f} ({one.eta_on_beam:.4f})" for one in results)
    scale = of_bands(f"{one.scale:.3f} ({err:.3f})" for one, err in zip(results, errors))
    return (
        f"| {name} | {seed} | {of_bands(f'{one.amplitude:.1f}' for one in results)}"
        f" | {of_bands(f'{one.phase:.1f}' for one in results)} | {kept}"
        f" | {of_bands(f'{one.shift_arcmin:.2f}' for one in results)} | {scale}"
        f" | {accused} | {quality['verdict']} |\n"
    )


def line_of(
    name: str, seed: int, integrations: int, bands: tuple[str, ...], config: Sequence[str] = ()
) -> str:
    """Run a night, and return its line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        options = {"seed": seed, "n_integrations": integrations, "bands": bands}
        night, results = run(name, Path(folder), tuple(config), **options)
        return row(name, seed, night, results)


class Finished:
    """Lines of nights that were run before at this commit, in a file of JSON lines."""

    def __init__(self, path: Path | None, commit: str) -> None:
        self._path, self._commit = path, commit
        self._lines: dict[str, str] = {}
        if path and path.exists() and not commit.endswith(CHANGED):
            for text in path.read_text(encoding="utf-8").splitlines():
                kept = json.loads(text)
                if kept["commit"] == commit:
                    self._lines[kept["night"]] = kept["line"]

    def line(self, *night: Any) -> str:
        """Return the line of a night, as `line_of` does, and keep it."""
        key = json.dumps(night)
        if key not in self._lines:
            self._lines[key] = line_of(*night)
            if self._path:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                kept = {"commit": self._commit, "night": key, "line": self._lines[key]}
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(kept) + "\n")
        print(self._lines[key], end="", flush=True)
        return self._lines[key]


def page(finished: Finished, integrations: int, commit: str) -> str:
    """Return docs/real-sky.md."""
    text = HEAD.format(integrations=integrations, date=datetime.now(UTC).date(), commit=commit)
    for one in SECTIONS:
        text += f"\n## {one.title}\n\n{one.words}\n{COLUMNS}"
        for name in one.scenarios:
            for seed in one.seeds:
                text += finished.line(name, seed, integrations, one.bands)
    return text


def main() -> None:
    """Write the page, or print some nights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="to print; else the page is written")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--bands", nargs="+", default=BANDS)
    parser.add_argument("--config", nargs="*", default=[], help="Snakemake --config words")
    parser.add_argument("--integrations", type=int, default=2)
    parser.add_argument("--output", type=Path, default=PROJECT / "docs/real-sky.md")
    parser.add_argument(
        "--records",
        type=Path,
        help="file with finished nights; those of this commit are not redone",
    )
    given = parser.parse_args()
    for name in given.scenarios:
        for seed in given.seeds:
            night = (name, seed, given.integrations, tuple(given.bands), given.config)
            print(line_of(*night), end="", flush=True)
    if not given.scenarios:
        commit = commit_now()
        text = page(Finished(given.records, commit), given.integrations, commit)
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
