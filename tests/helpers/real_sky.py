"""Scenarios of the real sky, run through the workflow and compared with the truth.

``make real-sky`` writes docs/real-sky.md; ``PYTHONPATH=tests/helpers python -m real_sky tid --seeds
1 2`` prints some nights.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

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

Simulated nights of 64 antennas, sub-bands 27, 41 and 73 MHz of 24 channels and {integrations}
integrations, by the scenarios of [simulator.md](simulator.md), calibrated by the whole workflow
without images and compared with the truth; written by `make real-sky` on {date} at commit
{commit}. For 27/41/73 MHz: errors of amplitude and phase, medians over the thermal error
(Cramer-Rao); the power that a beamformer keeps on its target and, in brackets, on the peak of
its beam; the shift of the beam in arcmin; gain over true gain, and its stated error. Accused:
antpols that are not called good; none has a fault.

| night | seed | amplitude | phase | power kept | shift | scale (error) | accused | verdict |
|---|---|---|---|---|---|---|---|---|
"""
NIGHTS = (
    "galaxy_lst20",
    "galaxy_lst12",
    "galaxy_lst2",
    "quiet_sun",
    "active_sun",
    "refraction",
    "tid",
    "scintillation",
    "all_moderate",
    "all_moderate_lst12",
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


def main() -> None:
    """Write the page, or print some nights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=NIGHTS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--config", nargs="*", default=[], help="Snakemake --config words")
    parser.add_argument("--integrations", type=int, default=2)
    parser.add_argument("--output", type=Path, help="the page to write; else it is printed")
    given = parser.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    today = datetime.now(UTC).date()
    text = HEAD.format(integrations=given.integrations, date=today, commit=commit)
    for name in given.scenarios:
        for seed in given.seeds:
            with tempfile.TemporaryDirectory() as folder:
                options = {"seed": seed, "n_integrations": given.integrations}
                night, results = run(name, Path(folder), tuple(given.config), **options)
                line = row(name, seed, night, results)
            print(line, end="", flush=True)
            text += line
    if given.output:
        given.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
