"""What the bandpass solutions say of each antenna-polarization (antpol).

Arrays are (antenna, 2), or (antenna, channel, 2) where they follow the channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.calibration import antenna_noise, faint_signals, solution_flags
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.io.solutions import CAUSES, OF_CHANNEL
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.solution_flags import Antpol
from lwacal.runtime.robust import masked_median
from lwacal.telescope.antpol_states import (
    BAD,
    GOOD,
    NO_DATA,
    NO_POWER,
    SUSPECT,
    WEAK,
    AntpolState,
    AntpolStates,
)
from lwacal.telescope.correlations import POLARIZATIONS

FAILED_BAND = 0.9  # of the healthy antpols without solutions: the sub-band failed, not they
EXPECTED_ABOVE_LIMIT = 2.0  # S/N over min_snr: where less is expected, chance decides
SHAPES = np.uint16(CAUSES["deviation"] | CAUSES["clip"])  # found by comparing with the others
SUSPECT_FRACTION = 0.3  # of an antpol's solutions flagged, where the array as a whole has them


@dataclass(frozen=True)
class SolutionStates:
    """The state of each antpol by its solutions, and the numbers that it rests on.

    ``gain_db``, ``noise_ratio``, ``power_follows_gain`` (bool) and ``flagged_fraction`` (antenna,
    2); ``failed`` (sub-band,) bool: has no solutions to speak of.
    """

    states: AntpolStates
    gain_db: np.ndarray
    noise_ratio: np.ndarray
    power_follows_gain: np.ndarray
    flagged_fraction: np.ndarray
    failed: np.ndarray

    def records(self) -> list[Antpol]:
        """Return the antenna records of bandpass_flags.json."""
        return [
            {
                "index": record["index"],
                "antenna": record["antenna"],
                "pol": record["pol"],
                "status": record["status"],
                "reasons": record["reasons"],
                "gain_db": float(self.gain_db[antpol]),
                "noise_ratio": float(self.noise_ratio[antpol]),
                "power_follows_gain": bool(self.power_follows_gain[antpol]),
                "flagged_fraction": float(self.flagged_fraction[antpol]),
            }
            for antpol, record in zip(np.ndindex(self.gain_db.shape), self.states.records())
        ]


def judge_antpols(
    bandpass: SolvedBandpass,
    health: AntpolStates,
    summaries: Sequence[BandpassRecord],
    noisy_ratio: float,
) -> SolutionStates:
    """Return the states of all antpols; ``health`` is what was known before anything was solved.

    ``summaries`` are the solver's. An antpol that is ``noisy_ratio`` times noisier than like ones
    is suspect. Solutions that are flagged for their amplitudes alone count against an antpol where
    its noise is not usual: what decorrelates its signal is not the antenna. Nor is it where an
    antpol far out has none in a sub-band.
    """
    failed, noise = failed_bands(bandpass), noise_ratio(bandpass)
    counted = bandpass.flag & ~low_snr_explained(bandpass, [s["min_snr"] for s in summaries])
    counted &= (bandpass.cause & ~SHAPES > 0) | ~antenna_noise.usual(bandpass, noisy_ratio)
    counted &= ~antenna_noise.decorrelated(bandpass, noisy_ratio)
    states = AntpolStates(bandpass.antenna_names)
    for index, pol in np.ndindex(noise.shape):
        state = judge(
            bandpass.cause[index, :, pol],
            counted[index, :, pol],
            health[index, pol],
            failed[bandpass.band_index],
            faint_signals.reason(summaries, index, POLARIZATIONS[pol]),
        )
        if state.status == GOOD and noise[index, pol] > noisy_ratio:
            state = AntpolState(SUSPECT, ("noisy",))
        states.join(index, pol, state)
    follows = antenna_noise.power_follows_gain(bandpass)
    fraction = bandpass.flag.mean(axis=1)
    return SolutionStates(states, gain_db(bandpass), noise, follows, fraction, failed)


def judge(
    cause: np.ndarray,
    flag: np.ndarray,
    known: AntpolState,
    failed: np.ndarray,
    unsolved: str = "solver_failed",
) -> AntpolState:
    """Return the state of one antpol by its solutions.

    ``cause`` and ``flag`` (channel,) of the antpol, without what low S/N explains; ``known`` its
    state in health.json; ``failed`` (channel,) where the whole sub-band failed; ``unsolved`` is
    the reason if the antpol has no solution.
    """
    if known.status == BAD:
        if NO_DATA in known.reasons:
            return _bad("no_data")
        return _bad("dead" if NO_POWER in known.reasons else "health_list")
    if (cause & CAUSES["swapped"] > 0).all():
        return _bad("swapped_polarizations")
    counted = ~failed & ~(cause & CAUSES["baselines"] > 0)
    if not counted.any():
        return _bad("solver_failed")
    for name, word in (("weak", "weak_gain"), ("strong", "strong_gain")):
        if (cause[counted] & CAUSES[name] > 0).any():
            return _bad(word)
    if (cause[counted] & CAUSES["solver"] > 0).all():
        return _bad("dead" if WEAK in known.reasons else unsolved)
    everybody = cause & OF_CHANNEL > 0
    own = counted & ~everybody
    if own.any() and flag[own].mean() > SUSPECT_FRACTION:
        return AntpolState(SUSPECT, ("noisy",))
    return AntpolState()


def _bad(reason: str) -> AntpolState:
    return AntpolState(BAD, (reason,))


def failed_bands(bandpass: SolvedBandpass) -> np.ndarray:
    """Return which sub-bands failed as a whole or disagree with the others, (sub-band,) bool."""
    healthy = ~bandpass.has("health")
    solved = ~(bandpass.has("solver") | bandpass.has("disagrees"))
    failed = []
    for number in range(int(bandpass.band_index.max()) + 1):
        channels = bandpass.band_index == number
        total = healthy[:, channels].sum()
        share = (solved & healthy)[:, channels].sum() / total if total else 0.0
        failed.append(share <= 1 - FAILED_BAND)
    return np.array(failed)


def gain_db(bandpass: SolvedBandpass) -> np.ndarray:
    """Return 20 log10 of each antpol's median amplitude over the array's, (antenna, 2); or NaN.

    The solver's flags are respected, those of the outlier search not: a weak antpol has a gain.
    """
    unsolved = bandpass.has("solver")
    amplitude = np.abs(bandpass.gain)
    usual = masked_median(amplitude, bandpass.cause > 0, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 20 * np.log10(amplitude / usual[None])
    return masked_median(ratio, unsolved | ~np.isfinite(ratio), axis=1)


def noise_ratio(bandpass: SolvedBandpass) -> np.ndarray:
    """Return the noise of each antpol in units of its signal over the usual one, (antenna, 2).

    The root of its SEFD over that of like antennas (`antenna_noise`); without autocorrelations that
    of residuals, which hold what the model of the sky lacks. NaN if neither is known.
    """
    noise = antenna_noise.ratio(bandpass)
    return np.where(np.isfinite(noise), noise, error_ratio(bandpass))


def error_ratio(bandpass: SolvedBandpass) -> np.ndarray:
    """Return each antpol's median relative noise over the array's, (antenna, 2); or NaN.

    The noise is the error of a solution times the root of the number of its baselines: an antenna
    far out has few within the uv range, and is not noisy for that.
    """
    unsolved = (bandpass.has("solver")) | (bandpass.error <= 0)
    number = bandpass.baselines[:, bandpass.band_index, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = bandpass.error / np.abs(bandpass.gain) * np.sqrt(number)
        ratio = relative / masked_median(relative, (bandpass.cause > 0) | unsolved, axis=0)
    return masked_median(ratio, unsolved | ~np.isfinite(ratio), axis=1)


def low_snr_explained(bandpass: SolvedBandpass, min_snr: Sequence[float]) -> np.ndarray:
    """Return where a solution may lack S/N though nothing is wrong, (antenna, channel, 2) bool.

    ``min_snr`` (sub-band,). The S/N to be expected is that of the array for the antenna's number of
    baselines. Where it is not far above the least, chance and not the antpol decides.
    """
    relative, unknown = solution_flags.relative_errors(bandpass)
    number = bandpass.baselines[:, bandpass.band_index, None]
    usual = masked_median(relative * np.sqrt(number), unknown, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.sqrt(number) / usual
    limit = EXPECTED_ABOVE_LIMIT * np.asarray(min_snr, float)[bandpass.band_index, None]
    low = expected < limit
    return low & (bandpass.cause == CAUSES["solver"])
