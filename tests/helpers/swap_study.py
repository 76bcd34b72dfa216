"""Counts swaps, gains that take one source for another, in simulated sub-bands.

The gains of a swapped sub-band hold the phase plane that moves one source to the place of another:
a beam formed with them points tens of degrees off. Each draw is one sub-band of a night of its own,
with its own gains, noise, scintillation and refraction, because sources scintillate almost alike in
neighbouring sub-bands. Its raw data go through the functions that the scripts of the rules
inventory to bandpass call, with the default settings; the gains of rule bandpass are compared with
the truth. As a control, the same data are solved with ``bandpass.free_sky: false``, which does swap
sources.

``make swaps`` writes docs/swaps.md; ``PYTHONPATH=tests/helpers python -m swap_study --only 5 17``
repeats single draws.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np
from scipy.special import betaincinv

import small_sets
from commits import CHANGED, commit_now
from lwacal.calibration import bandpass, reference_antenna
from lwacal.calibration.sub_band import SubBand
from lwacal.flagging import antenna_health, flag_data
from lwacal.ingest import discover
from lwacal.io import caltable
from lwacal.records import files
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.flagging import Flagging
from lwacal.records.configuration.health import Health
from lwacal.records.configuration.sky_model import SkyModel
from lwacal.records.configuration.tools import Tools
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.simulate import scenarios, scintillation, simulate
from lwacal.simulate.effects import Effect
from lwacal.simulate.figures_of_merit import figures
from lwacal.sky import sky_model
from lwacal.telescope import site

SCENARIO = "galaxy_lst20"  # its effects are those of scenarios.SKY
REFRACTION_ARCMIN = 1.5
N_ANTENNAS, N_CHANNELS = 64, 24
DRAWS = 300
LOST_ETA = 0.5  # a beam that keeps less of the power has lost its target,
FAR_DEG = 5.0  # and one that points farther off has another one; refraction is below 1 degree
CONFIDENCE = 0.95
NO_DATABASE = {"ok": False, "message": "switched off (health.mnc.enabled)", "bad": []}


@dataclass(frozen=True)
class Setting:
    """What is varied: the scintillation index at 30 MHz, integrations, and the sub-band."""

    index: float
    n_integrations: int
    band: str

    def index_in_band(self) -> float:
        """Return the scintillation index at the middle of the sub-band."""
        middle_hz = site.band_frequencies_hz(self.band, N_CHANNELS).mean()
        return float(scintillation.index_at(self.index, middle_hz))


SETTINGS = tuple(Setting(*one) for one in product((0.4, 0.7), (2, 4), ("18MHz", "23MHz", "27MHz")))


@dataclass(frozen=True)
class Judged:
    """Gains against the truth: the worst over channels and polarizations, NaN without gains.

    ``eta`` is the power kept on the target and ``eta_on_beam`` that on the peak of the beam;
    ``shift_deg`` how far the beam points off.
    """

    eta: float
    eta_on_beam: float
    shift_deg: float
    swapped: bool

    @property
    def solved(self) -> bool:
        """Return whether there are gains."""
        return bool(np.isfinite(self.eta))


@dataclass(frozen=True)
class Outcome:
    """A draw; its number is the seed. ``held`` is the control, with the fluxes of the model."""

    number: int
    fitted: Judged
    held: Judged
    converged: bool

    @property
    def setting(self) -> Setting:
        """Return the setting of the draw."""
        return setting_of(self.number)


def setting_of(number: int) -> Setting:
    """Return the setting of a draw; draws from 1 on go through all settings in turn."""
    return SETTINGS[(number - 1) % len(SETTINGS)]


def draw(number: int, n_antennas: int = N_ANTENNAS, n_channels: int = N_CHANNELS) -> Outcome:
    """Simulate a sub-band and solve it with free fluxes, and with those of the model."""
    setting = setting_of(number)
    words = (f"scintillation:{setting.index}", f"refraction:{REFRACTION_ARCMIN}")
    options = scenarios.simulation(
        SCENARIO,
        tuple(map(Effect.parse, words)),
        n_antennas=n_antennas,
        n_channels=n_channels,
        bands=(setting.band,),
        n_integrations=setting.n_integrations,
        seed=number,
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth_folder = simulate(options, folder / "raw")
        with np.load(truth_folder / "truth.npz") as archive:
            truth = dict(archive)
        band, reference = prepare(folder, setting.band)
        fitted, record = solve(band, reference, Bandpass(), truth)
        held, _ = solve(band, reference, Bandpass(free_sky=False), truth)
    sky = record["sky"]
    return Outcome(number, fitted, held, bool(sky and sky["converged"]))


def prepare(folder: Path, name: str) -> tuple[SubBand, ReferenceRecord]:
    """Return what rule bandpass needs of the raw data in ``<folder>/raw``."""
    joined = small_sets.joined(discover.discover_raw(folder / "raw"), folder)
    manifest = cast(ManifestRecord, joined)
    data, powers = folder / f"{name}.ms", folder / f"{name}.npz"
    flags, summary, model = folder / "flags.npz", folder / "flags.json", folder / "sky_model.json"
    health = cast(HealthRecord, antenna_health.assess(manifest, NO_DATABASE, [powers], Health()))
    found = flag_data.flag(data, health, Flagging(), Tools().aoflagger, 1, powers)
    flagged = flag_data.write(found, data, name, flags, summary)
    defaults = Bandpass()
    reference = reference_antenna.choose(
        manifest,
        health,
        [flagged],
        list(defaults.reference_antennas),
        defaults.reference_max_flagged,
    )
    files.write(SkyModelRecord, model, sky_model.build(manifest, SkyModel(), Beam()))
    return SubBand(manifest, name, data, powers, flags, sky_model.read(model)), reference


def solve(
    band: SubBand, reference: ReferenceRecord, settings: Bandpass, truth: dict[str, np.ndarray]
) -> tuple[Judged, BandpassRecord]:
    """Solve a sub-band as rule bandpass does; return its gains as judged, and its record."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / f"{band.name}.bcal"
        record = bandpass.solve(band, reference, settings, table)
        solved = caltable.read(table)
    judged = judge(
        truth[f"gain_{band.name}"],
        solved.gain,
        solved.flag,
        truth["positions_m"],
        band.frequency_hz,
    )
    return judged, record


def judge(
    gain_true: np.ndarray,
    gain: np.ndarray,
    flag: np.ndarray,
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
) -> Judged:
    """Compare gains (antenna, channel, 2) with the truth.

    They are swapped if in any channel and polarization a beam loses its target and has another one,
    far away. A common shift by refraction loses no more than a part of the power, nearby.
    """
    found = [
        figures(gain_true[..., pol], gain[..., pol], ~flag[..., pol], positions_m, frequency_hz)
        for pol in (0, 1)
    ]
    eta = np.array([one.eta for one in found])
    on_beam = np.array([one.eta_on_beam for one in found])
    shift_deg = np.array([np.hypot(*one.shift_arcmin.T) for one in found]) / 60
    swapped = (eta < LOST_ETA) & (shift_deg > FAR_DEG)
    return Judged(
        float(np.fmin.reduce(eta, axis=None)),
        float(np.fmin.reduce(on_beam, axis=None)),
        float(np.fmax.reduce(shift_deg, axis=None)),
        bool(swapped.any()),
    )


def upper_limit(n_swaps: int, n_draws: int, confidence: float = CONFIDENCE) -> float:
    """Return the upper limit of the probability of a swap (Clopper & Pearson 1934, one-sided)."""
    if n_swaps >= n_draws:
        return 1.0
    return float(betaincinv(n_swaps + 1, n_draws - n_swaps, confidence))


HEAD = """# Is one source ever taken for another?

While sources scintillate, the fluxes of the model are wrong, and least squares has false minima:
gains with the phase plane that moves one source to the place of another
([calibration.md](calibration.md)). This page counts such swaps in simulated sub-bands. It was
written by `make swaps` (`{command}`) on {date} at commit {commit}.

**{swaps} of {solved} draws are swapped. With {confidence:.0%} confidence, the probability of a swap
is below {limit:.1%}.**{unsolved} With the fluxes held at the model, as a control, {control} of the
same draws are swapped.

Each draw is one sub-band of a night of its own at LST 20 h: {antennas} antennas, {channels}
channels, a Galaxy, 3C sources, a resolved A-team, noise of sky and receiver, refraction of
{refraction} arcmin at 40 MHz, and scintillation. No two draws have the same gains, noise,
refraction or scintillation. The raw data are calibrated as the workflow does up to the rule
bandpass, with default settings; for the control `bandpass.free_sky` is false. Gains are swapped if
in any channel and polarization a beam formed with them keeps
less than {lost:.0%} of the power on its target and points more than {far:g} degrees off.

The scintillation index is that at 30 MHz and, in brackets, that in the sub-band. Power kept: the
least over draws, channels and polarizations, on the target and, in brackets, on the peak of the
beam; swapped draws do not count. A shift that is common to all sources points the beam some
arcminutes off. It is still part of these gains: the rule ionosphere takes it out later. Converged:
share of the fits of the sky.

| index | integrations | sub-band | draws | swaps | no gains | power kept | converged | control |
|---|---|---|---|---|---|---|---|---|
"""


def page(outcomes: Sequence[Outcome], command: str, commit: str) -> str:
    """Return the page."""
    swapped = [one for one in outcomes if one.fitted.swapped]
    unsolved = sum(not one.fitted.solved for one in outcomes)
    text = HEAD.format(
        command=command,
        date=datetime.now(UTC).date(),
        commit=commit,
        swaps=len(swapped),
        solved=len(outcomes) - unsolved,
        confidence=CONFIDENCE,
        limit=upper_limit(len(swapped), len(outcomes) - unsolved),
        unsolved=f" {unsolved} further draws have no gains." if unsolved else "",
        control=sum(one.held.swapped for one in outcomes),
        antennas=N_ANTENNAS,
        channels=N_CHANNELS,
        refraction=REFRACTION_ARCMIN,
        lost=LOST_ETA,
        far=FAR_DEG,
    )
    for setting in SETTINGS:
        some = [one for one in outcomes if one.setting == setting]
        index = f"{setting.index} ({setting.index_in_band():.2f})"
        text += row((index, str(setting.n_integrations), setting.band), some)
    text += row(("all", "", ""), outcomes)
    for one in swapped:
        text += f"\nSwapped: {in_words(one)}.\n"
    return text


def row(names: tuple[str, ...], some: Sequence[Outcome]) -> str:
    """Return a line of the table; nothing without draws."""
    if not some:
        return ""
    right = [one.fitted for one in some if one.fitted.solved and not one.fitted.swapped]
    worst = min((one.eta for one in right), default=np.nan)
    on_beam = min((one.eta_on_beam for one in right), default=np.nan)
    cells = (
        *names,
        len(some),
        sum(one.fitted.swapped for one in some),
        sum(not one.fitted.solved for one in some),
        f"{worst:.4f} ({on_beam:.4f})",
        f"{np.mean([one.converged for one in some]):.0%}",
        sum(one.held.swapped for one in some),
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def in_words(one: Outcome) -> str:
    """Return a draw in a line."""
    setting = one.setting
    return (
        f"{one.number}: index {setting.index}, {setting.n_integrations} integrations,"
        f" {setting.band}: kept {one.fitted.eta:.4f} ({one.fitted.eta_on_beam:.4f}),"
        f" {one.fitted.shift_deg:.2f} deg off{', SWAPPED' if one.fitted.swapped else ''},"
        f" converged: {one.converged}; control: {one.held.shift_deg:.2f} deg off"
    )


def run(numbers: Sequence[int], n_processes: int) -> Iterator[Outcome]:
    """Yield the draws in their order."""
    if n_processes == 1:
        yield from map(draw, numbers)
        return
    with ProcessPoolExecutor(n_processes, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(draw, numbers)


def finished(path: Path | None, commit: str) -> dict[int, Outcome]:
    """Return the draws of this commit that earlier runs have kept in a file, by number."""
    if path is None or not path.exists() or commit.endswith(CHANGED):
        return {}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["number"]: _outcome(line) for line in lines if line["commit"] == commit}


def _outcome(line: dict[str, Any]) -> Outcome:
    judged = Judged(**line["fitted"]), Judged(**line["held"])
    return Outcome(line["number"], *judged, line["converged"])


def keep(path: Path | None, commit: str, outcome: Outcome) -> None:
    """Add a draw to a file, in a line of JSON."""
    if path is not None:
        line = {"commit": commit, **asdict(outcome)}
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


def main() -> None:
    """Write the page, or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=DRAWS, help="how many, from 1 on")
    parser.add_argument("--only", nargs="+", type=int, help="the numbers of some draws instead")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--records", type=Path, help="file with finished draws; those of this commit are not redone"
    )
    parser.add_argument("--output", type=Path, help="the page to write; else it is printed")
    given = parser.parse_args()
    commit = commit_now()
    numbers = given.only or range(1, given.draws + 1)
    outcomes = finished(given.records, commit)
    for outcome in run([one for one in numbers if one not in outcomes], given.processes):
        keep(given.records, commit, outcome)
        outcomes[outcome.number] = outcome
        print(in_words(outcome), flush=True)
    words = f"--only {' '.join(map(str, given.only))}" if given.only else f"--draws {given.draws}"
    chosen = [outcomes[number] for number in numbers]
    text = page(chosen, f"python -m swap_study {words}", commit)
    if given.output:
        given.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
