"""Simulated nights with planted faults, and what the workflow says of them against the truth.

``make known-answers`` runs all of them with 64 antennas and writes docs/known-answers.md.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.io import caltable
from lwacal.io.ms_reader import Antennas
from lwacal.io.solutions import Bandpass
from lwacal.runtime import products
from lwacal.simulate import Simulation, simulate
from lwacal.simulate.faults import Fault
from lwacal.telescope import naming, site
from night import Night
from thermal_expectation import relative_gain_error
from workflow_run import PROJECT, copy_project

MEDIAN_OF_NORMAL = 0.6745  # of |x| in units of sigma
BANDS = ("36MHz", "50MHz", "59MHz", "73MHz")
VIR_A_UP = "20240601_030000"  # LST 12 h
CAS_A_LOW = "20240601_230000"  # LST 8 h: Tau A is up, Cas A at 15 degrees looks brighter
Accused = dict[tuple[str, str], str]

ANTENNA_FAULTS: dict[str, dict[str, str]] = {
    "dead:LWA010": {"LWA010X": "dead", "LWA010Y": "dead"},
    "dead:LWA011X": {"LWA011X": "dead"},
    "weak:LWA005X": {"LWA005X": "weak_gain"},
    "strong:LWA006Y": {"LWA006Y": "strong_gain"},
    "swapped:LWA007": {"LWA007X": "swapped_polarizations", "LWA007Y": "swapped_polarizations"},
    "delay:LWA008Y": {"LWA008Y": "delay_offset"},
    "noisy:LWA009": {"LWA009X": "noisy", "LWA009Y": "noisy"},
    "uncorrelated:LWA003": {"LWA003X": "dead", "LWA003Y": "dead"},
}
FILE_FAULTS = {
    "missing:36MHz:1": "missing:36MHz",
    "zero_filled:50MHz:2": "zero_filled:50MHz",
    "wrong_stamp:59MHz:1": "wrong_stamp:59MHz",
    "nan:73MHz:3": "non_finite:73MHz",
}
LOST = "27MHz"  # zero-filled throughout
INTERFERENCE = ("rfi:59MHz:7", "rfi:73MHz:15", "burst:36MHz:3")


@dataclass(frozen=True)
class Case:
    """A night: what is simulated, what the configuration is, and what should be found."""

    name: str
    options: Simulation
    config: tuple[str, ...]
    signals: dict[str, str]  # "LWA005X": reason
    data: tuple[str, ...] = ()  # kind:sub-band of files, and interference as it is planted
    lost: tuple[str, ...] = ()  # sub-bands without any data


def cases(n_antennas: int) -> list[Case]:
    """Return the nights."""
    plain = Simulation(
        n_antennas=n_antennas, bands=BANDS, n_channels=24, n_integrations=2, seed=11, n_faint=0
    )
    lost = [f"zero_filled:{LOST}:{number}" for number in (1, 2, 3, 4)]
    signals = {key: reason for found in ANTENNA_FAULTS.values() for key, reason in found.items()}

    def with_faults(words: Any, **changes: Any) -> Simulation:
        return replace(plain, faults=tuple(map(Fault.parse, words)), **changes)

    return [
        Case("clean, exact headers", replace(plain, real_headers=False), (), {}),
        Case("clean, headers like the real ones", plain, (), {}),
        Case("faults of antennas", with_faults(ANTENNA_FAULTS), (), signals),
        Case(
            "faults of files, interference",
            with_faults(
                [*FILE_FAULTS, *INTERFERENCE, *lost], n_integrations=4, bands=(LOST, *BANDS)
            ),
            (),
            {},
            (*FILE_FAULTS.values(), *INTERFERENCE, *[f"zero_filled:{LOST}"] * 4),
            (LOST,),
        ),
        Case(
            "Vir A alone",
            replace(plain, start=VIR_A_UP, sources=("VirA",)),
            ("sky_model={sources: [VirA]}",),
            {},
        ),
        Case("four sources up", replace(plain, start=VIR_A_UP), (), {}),
        Case("a low source outshines the calibrator", replace(plain, start=CAS_A_LOW), (), {}),
    ]


@dataclass(frozen=True)
class Outcome:
    """What came out: accusations, and errors in units of what the noise explains (medians)."""

    night: Night
    accused: dict[str, list[str]]
    data: tuple[str, ...]
    amplitude: float
    phase: float
    delay: float
    flagged: float
    flux: float


def run(case: Case, folder: Path, images: bool = False) -> Outcome:
    """Simulate a night, run the workflow, and compare with the truth."""
    raw = folder / "raw"
    truth_folder = simulate(case.options, raw)
    truth = products.read_json(truth_folder / "truth.json")
    with np.load(truth_folder / "truth.npz") as archive:
        arrays = dict(archive)
    reference = write_reference(folder / "before.K", case, truth, arrays)
    project = copy_project(folder / "project", f"input={raw}", "observation=night")
    project.snakemake(
        "results/night/qa.json",
        "--cores",
        "2",
        config=(
            f"delay={{reference_table: {reference}}}",
            "health={mnc: {enabled: false}}",
            *case.config,
            *(() if images else ("imaging={enabled: false}",)),
        ),
    )
    night = Night(project, raw, truth, arrays, "")
    quality = night.record("qa.json")
    amplitude, phase, flagged = gain_errors(night, case)
    return Outcome(
        night,
        {
            item["antenna"] + item["pol"]: item["reasons"]
            for item in quality["antennas"]
            if item["status"] != "good"
        },
        tuple(sorted(found_in_data(night, quality))),
        amplitude,
        phase,
        delay_error(night),
        flagged,
        flux_error(quality),
    )


def found_in_data(night: Night, quality: dict[str, Any]) -> Iterator[str]:
    """Return what is said of files, integrations and channels, in the words of a Case."""
    for fault in night.record("manifest.json")["faults"]:
        yield f"{fault['kind']}:{fault['band']}"
    for band in quality["bands"]:
        name = band["band"]
        for burst in night.record(f"flags/{name}.json")["bursts"]:
            if burst["integration"] not in band["restored_integrations"]:
                yield f"burst:{name}:{burst['integration']}"
        frequency_hz = night.record("manifest.json")["bands"][name]["frequency_hz"]
        for channel_hz in band["rfi_channels"]:
            yield f"rfi:{name}:{int(np.argmin(np.abs(np.array(frequency_hz) - channel_hz)))}"


def write_reference(path: Path, case: Case, truth: dict, arrays: dict) -> Path:
    """Write the delays as they were before the planted faults."""
    delays = arrays["delays_ns"].copy()
    for fault in case.options.faults:
        if fault.kind == "delay":
            delays[truth["antennas"].index(fault.antenna[:6]), "XY".index(fault.antenna[6])] -= 200
    mjd_s = naming.stamp_time(case.options.start) - 86400
    zeros = np.zeros_like(delays)
    table = caltable.Delays(
        truth["antennas"], delays, zeros.astype(bool), zeros, 50e6, 60e6, mjd_s, 0
    )
    antennas = Antennas(truth["antennas"], arrays["positions_m"])
    caltable.write_delays(path, table, antennas, site.zenith(mjd_s))
    return path


def gain_errors(night: Night, case: Case) -> tuple[float, float, float]:
    """Return median errors of log amplitude and phase in units of the noise, and what is flagged.

    Phases are relative to the mean over antennas. What is flagged is counted over antennas that
    have no planted fault, where they have the baselines to be solved.
    """
    bandpass = Bandpass.read(night.path("tables/bandpass_flags.npz"))
    ruined = [night.antenna(name) for name in case.signals]
    healthy = np.setdiff1d(np.arange(len(night.truth["antennas"])), ruined)
    unsolvable = bandpass.has("baselines")[healthy]
    amplitude, phase, flags = [], [], []
    for number, band in enumerate(case.options.bands):
        table = caltable.read(next(night.path("tables").glob(f"*_{band}.bcal")))
        if band in case.lost:
            continue
        ratio = np.where(table.flag, np.nan, table.gain / night.arrays[f"gain_{band}"])[healthy]
        flags.append(table.flag[healthy][~unsolvable[:, bandpass.band_index == number]])
        used = np.isfinite(ratio)
        total = np.where(used, ratio, 0).sum(axis=0)
        ratio = ratio * np.exp(-1j * np.angle(total))
        sigma = relative_gain_error(night, band)[healthy] / np.sqrt(2)
        known = used & np.isfinite(sigma)
        amplitude.append(np.abs(np.log(np.abs(ratio[known]))) / sigma[known])
        phase.append(np.abs(np.angle(ratio[known])) / sigma[known])
    return (
        float(np.median(np.concatenate(amplitude))) / MEDIAN_OF_NORMAL,
        float(np.median(np.concatenate(phase))) / MEDIAN_OF_NORMAL,
        float(np.mean(np.concatenate(flags))),
    )


def delay_error(night: Night) -> float:
    """Return the median error of delays in units of the stated error.

    Delays are relative to their median over antennas, not to the reference antenna, whose own error
    they would all share.
    """
    errors, found = [], night.record("delay/delay.json")["antennas"]
    for pol, letter in enumerate("XY"):
        used = [item for item in found if item["pol"] == letter and not item["flagged"]]
        away = np.array([item["delay_ns"] for item in used])
        away -= night.arrays["delays_ns"][[item["index"] for item in used], pol]
        stated = np.array([item["delay_err_ns"] for item in used])
        errors.append(np.abs(away - np.median(away))[stated > 0] / stated[stated > 0])
    every = np.concatenate(errors)
    return float(np.median(every)) / MEDIAN_OF_NORMAL if len(every) else np.nan


def flux_error(quality: dict[str, Any]) -> float:
    """Return the median error of fluxes from the visibilities, in units of the stated error."""
    errors = [
        abs(item["flux_visibility_jy"] - item["flux_expected_jy"]) / item["flux_visibility_err_jy"]
        for item in quality["calibrators"]
        if item["flux_visibility_jy"] is not None
    ]
    return float(np.median(errors)) / MEDIAN_OF_NORMAL if errors else np.nan


def offsets_in_beams(quality: dict[str, Any]) -> list[float]:
    """Return the position offset of each calibrator in units of the beam width."""
    return [
        float(np.hypot(item["ra_offset_arcsec"], item["dec_offset_arcsec"]))
        / item["beam_fwhm_arcsec"]
        for item in quality["calibrators"]
        if item["fit"] == "ok"
    ]


def row(case: Case, outcome: Outcome) -> str:
    """Return a line of the table."""
    right = [key for key, reason in case.signals.items() if outcome.accused.get(key) == [reason]]
    false = sorted(set(outcome.accused) - set(case.signals))
    data = (Counter(case.data) & Counter(outcome.data)).total()
    more = (Counter(outcome.data) - Counter(case.data)).total()
    ratios = [
        item["ratio"] for item in outcome.night.record("qa.json")["calibrators"] if item["ratio"]
    ]
    ratio = f"{np.median(ratios):.3f} ({min(ratios):.2f}-{max(ratios):.2f})" if ratios else "-"
    offset = max(offsets_in_beams(outcome.night.record("qa.json")), default=np.nan)
    planted, found = len(case.signals) + len(case.data), len(right) + data
    return (
        f"| {case.name} | {planted} | {found} | {len(false) + more} | {outcome.amplitude:.2f}"
        f" | {outcome.phase:.2f} | {outcome.flagged:.2%} | {outcome.delay:.2f}"
        f" | {outcome.flux:.2f} | {ratio} | {offset:.3f} |"
    )


def main() -> None:
    lines = [
        "# Known answers",
        "",
        "Simulated nights of 64 antennas, four or five sub-bands of 24 channels and two or four",
        "integrations, calibrated by the whole workflow and compared with the truth; written by",
        "`make known-answers`. Faults are planted in antpols (one polarization of one antenna),",
        "files, channels and integrations. Found: faults reported with the right reason and place;",
        "false alarms: anything else that is reported. Errors are medians in units of the thermal",
        "error: 1 is the limit. Flagged: solutions of fault-free antennas with enough baselines.",
        "Fluxes are measured in the visibilities; the flux ratio, measured over true, in images.",
        "Position offsets are in units of the beam width.",
        "",
        "| night | planted | found | false alarms | amplitude | phase | flagged | delay | flux"
        " | flux ratio, median (range) | position offset, largest |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case in cases(64):
        print(f"night: {case.name}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(case, Path(folder), images=True)
            lines.append(row(case, outcome))
        print(lines[-1], flush=True)
        print(f"accused {outcome.accused}; in the data {outcome.data}", flush=True)
    products.write_text(PROJECT / "docs" / "known-answers.md", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
