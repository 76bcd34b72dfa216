"""Scenarios of the real sky, run through the workflow and compared with the truth.

``PYTHONPATH=tests/helpers python -m real_sky galaxy_lst20 tid --seeds 1 2`` prints a table: errors
over the thermal error, power that a beamformer keeps, shift of its beam, scale, and the verdict.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.io import caltable
from lwacal.runtime import products
from lwacal.simulate import scenarios, simulate
from lwacal.simulate.figures_of_merit import figures
from night import Night
from thermal_expectation import relative_gain_error
from workflow_run import copy_project

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


def main() -> None:
    """Print a table of scenarios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="+", choices=scenarios.SCENARIOS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1])
    parser.add_argument("--config", nargs="*", default=[], help="Snakemake --config words")
    parser.add_argument("--integrations", type=int, default=2)
    given = parser.parse_args()
    print(
        "| scenario | seed | sub-band | error amplitude/phase | eta | eta on beam | shift | scale"
    )
    for name in given.scenarios:
        for seed in given.seeds:
            with tempfile.TemporaryDirectory() as folder:
                night, results = run(
                    name,
                    Path(folder),
                    tuple(given.config),
                    seed=seed,
                    n_integrations=given.integrations,
                )
                quality = night.record("qa.json")
            for one in results:
                print(
                    f"| {name} | {seed} | {one.band} | {one.amplitude:.1f}/{one.phase:.1f}"
                    f" | {one.eta:.4f} | {one.eta_on_beam:.4f} | {one.shift_arcmin:.2f}'"
                    f" | {one.scale:.3f}"
                )
            accused = [item for item in quality["antennas"] if item["status"] != "good"]
            print(f"  {quality['verdict']}; {len(accused)} antpols not good", flush=True)
            for reason in quality["reasons"]:
                print(f"    {reason}")


if __name__ == "__main__":
    main()
