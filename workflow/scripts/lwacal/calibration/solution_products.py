"""Gathers the raw tables of all sub-bands, has them analysed, and says what was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.calibration import faint_signals, solution_flags, uv_range
from lwacal.calibration.solution_flags import CAUSES, Band
from lwacal.io import caltable
from lwacal.io.caltable import Solutions
from lwacal.runtime import products
from lwacal.runtime.robust import masked_median
from lwacal.telescope import naming
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

FAILED_BAND = 0.9  # of the healthy signals without solutions: the sub-band failed, not they
# flags for all antennas
OF_ALL = sum(CAUSES[name] for name in ("scatter", "cliff", "quorum", "uncertain"))
EXPECTED_ABOVE_LIMIT = 2.0  # S/N over the least: there, a solution below it is not for chance
SUSPECT_FRACTION = 0.3  # of a signal's solutions flagged, where the array as a whole has them


def gather(
    manifest: Mapping[str, Any],
    health: Mapping[str, Any],
    tables: Sequence[Path],
    summaries: Sequence[Mapping[str, Any]],
) -> Band:
    """Read the raw tables, in order of frequency, into one set of solutions.

    ``summaries`` are the solver's, in the same order. Antennas whose X and Y are exchanged are
    flagged; where an antenna has too few baselines to be solved, that is the cause.
    """
    solutions = [caltable.read(path) for path in tables]
    gain = np.concatenate([item.values for item in solutions], axis=1).astype(np.complex128)
    flag = np.concatenate([item.flag for item in solutions], axis=1)
    cause = np.where(flag, CAUSES["solver"], 0).astype(np.uint16)
    band_index = np.repeat(np.arange(len(solutions)), [len(s.frequency_hz) for s in solutions])
    bad = AntpolStates.of_records(health["antennas"], manifest["antennas"]["names"]).bad()
    baselines = np.stack(
        [
            uv_range.matrix_in_range(manifest, item["band"], item["uv_range_lambda"])[
                :, ~bad.all(axis=1)
            ].sum(axis=1)
            for item in summaries
        ],
        axis=1,
    )
    few = baselines < [item["min_baselines_per_antenna"] for item in summaries]
    cause[few[:, band_index] & flag.all(axis=2)] |= CAUSES["baselines"]
    cause[np.broadcast_to(bad[:, None, :], cause.shape)] |= CAUSES["health"]
    swapped = np.isin(manifest["antennas"]["names"], swapped_antennas(summaries))
    cause[swapped] |= CAUSES["swapped"]
    return Band(
        gain=gain,
        cause=cause,
        interpolated=np.zeros(cause.shape, bool),
        frequency_hz=np.concatenate([item.frequency_hz for item in solutions]),
        band_index=band_index,
        error=np.concatenate([item.error for item in solutions], axis=1),
        baselines=baselines,
    )


def describe(
    band: Band,
    manifest: Mapping[str, Any],
    health: Mapping[str, Any],
    reference: Mapping[str, Any],
    summaries: Sequence[Mapping[str, Any]],
    noisy_ratio: float,
) -> dict[str, Any]:
    """Return bandpass_flags.json: flagged fractions by sub-band, and each signal's state.

    ``reference`` as reference_change.settle returns it, ``summaries`` the solver's. A signal that
    is ``noisy_ratio`` times noisier than the median of the array is suspect.
    """
    names = naming.sort_bands(manifest["bands"])
    known = AntpolStates.of_records(health["antennas"], manifest["antennas"]["names"])
    failed = failed_bands(band)
    levels, noise = gain_db(band), noise_ratio(band)
    explained = low_snr_explained(band, [item["min_snr"] for item in summaries])
    present = np.array(
        [
            NO_DATA not in known[index, 0].reasons
            for index in range(len(manifest["antennas"]["names"]))
        ]
    )
    present = present if present.any() else np.ones_like(present)
    antennas = []
    for index, name in enumerate(manifest["antennas"]["names"]):
        for pol, letter in enumerate(POLARIZATIONS):
            cause, flag = band.cause[index, :, pol], band.flag[index, :, pol]
            unsolved = faint_signals.reason(summaries, index, letter)
            state = judge(
                cause,
                flag & ~explained[index, :, pol],
                known[index, pol],
                failed[band.band_index],
                unsolved,
            )
            if state.status == GOOD and noise[index, pol] > noisy_ratio:
                state |= AntpolState(SUSPECT, ("noisy",))
            antennas.append(
                {
                    "index": index,
                    "antenna": name,
                    "pol": letter,
                    "status": state.status,
                    "reasons": list(state.reasons),
                    "gain_db": levels[index, pol],
                    "noise_ratio": noise[index, pol],
                    "flagged_fraction": float(flag.mean()),
                }
            )
    return {
        "schema": 1,
        "reference_antenna": reference["antenna"],
        "reference_why": reference["why"],
        "causes": CAUSES,
        "antennas": antennas,
        "bands": {
            name: {
                **_band_record(band, present, number, bool(failed[number])),
                "reference_antenna": manifest["antennas"]["names"][reference["index"][number]],
            }
            for number, name in enumerate(names)
        },
        "interpolated_fraction": float(band.interpolated.mean()),
        "message": "no sub-band has solutions" if failed.all() else "",
    }


def failed_bands(band: Band) -> np.ndarray:
    """Return which sub-bands failed as a whole, (sub-band,) bool."""
    healthy = ~(band.cause & CAUSES["health"] > 0)
    solved = ~(band.cause & CAUSES["solver"] > 0)
    failed = []
    for number in range(int(band.band_index.max()) + 1):
        channels = band.band_index == number
        total = healthy[:, channels].sum()
        share = (solved & healthy)[:, channels].sum() / total if total else 0.0
        failed.append(share <= 1 - FAILED_BAND)
    return np.array(failed)


def gain_db(band: Band) -> np.ndarray:
    """Return 20 log10 of each signal's median amplitude over the array's, (antenna, 2); or NaN.

    The solver's flags are respected, those of the outlier search not: a weak signal has a gain.
    """
    unsolved = band.cause & CAUSES["solver"] > 0
    amplitude = np.abs(band.gain)
    usual = masked_median(amplitude, band.cause > 0, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 20 * np.log10(amplitude / usual[None])
    return masked_median(ratio, unsolved | ~np.isfinite(ratio), axis=1)


def noise_ratio(band: Band) -> np.ndarray:
    """Return each signal's median relative noise over the array's, (antenna, 2); or NaN.

    The noise is the error of a solution times the root of the number of its baselines: an antenna
    far out has few within the uv range, and is not noisy for that.
    """
    unsolved = (band.cause & CAUSES["solver"] > 0) | (band.error <= 0)
    number = band.baselines[:, band.band_index, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = band.error / np.abs(band.gain) * np.sqrt(number)
        ratio = relative / masked_median(relative, (band.cause > 0) | unsolved, axis=0)
    return masked_median(ratio, unsolved | ~np.isfinite(ratio), axis=1)


def low_snr_explained(band: Band, min_snr: Sequence[float]) -> np.ndarray:
    """Return where a solution may lack S/N though nothing is wrong, (antenna, channel, 2) bool.

    ``min_snr`` (sub-band,). The S/N to be expected is that of the array for the antenna's number of
    baselines. Where it is not far above the least, chance and not the signal decides.
    """
    relative, unknown = solution_flags.relative_errors(band)
    number = band.baselines[:, band.band_index, None]
    usual = masked_median(relative * np.sqrt(number), unknown, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.sqrt(number) / usual
    limit = EXPECTED_ABOVE_LIMIT * np.asarray(min_snr, float)[band.band_index, None]
    low = expected < limit
    return low & (band.cause == CAUSES["solver"])


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
    everybody = cause & OF_ALL > 0
    own = counted & ~everybody
    if own.any() and flag[own].mean() > SUSPECT_FRACTION:
        return AntpolState(SUSPECT, ("noisy",))
    return AntpolState()


def _bad(reason: str) -> AntpolState:
    return AntpolState(BAD, (reason,))


def _band_record(band: Band, present: np.ndarray, number: int, failed: bool) -> dict[str, Any]:
    """Return what is said of a sub-band; antennas that are not in the data are not counted."""
    channels = band.band_index == number
    everybody = (band.cause & OF_ALL > 0).all(axis=(0, 2))
    # interpolated channels are usable again, but they were lost to interference all the same
    return {
        "flagged_fraction": float(band.flag[present][:, channels].mean()),
        "interpolated_fraction": float(band.interpolated[present][:, channels].mean()),
        "rfi_channels": [] if failed else band.frequency_hz[channels & everybody].tolist(),
        "solved": not failed,
    }


def swapped_antennas(summaries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return antennas whose X and Y are exchanged in more than half of the solved sub-bands.

    ``summaries`` are the solver's, one a sub-band; one without solutions has not looked.
    """
    looked = [summary["swapped"] for summary in summaries if "swapped" in summary]
    found = Counter(name for names in looked for name in names)
    return sorted(name for name, number in found.items() if number > len(looked) / 2)


def arrays(band: Band, reference: Sequence[int]) -> dict[str, np.ndarray]:
    """Return the arrays of bandpass_flags.npz; ``reference`` antenna of each sub-band."""
    return {
        "gain": band.gain.astype(np.complex64),
        "flag": band.flag,
        "cause": band.cause,
        "interpolated": band.interpolated,
        "frequency_hz": band.frequency_hz,
        "band_index": band.band_index,
        "reference": np.array(reference),
    }


def final_solutions(
    manifest: Mapping[str, Any], band_name: str, raw: Path, flags: Path
) -> Solutions:
    """Return the solutions of one sub-band as the beamformer is to load them.

    Gains and flags come from bandpass_flags.npz, errors and signal-to-noise from the raw table. An
    interpolated solution is not flagged; its signal-to-noise of zero tells that it was not solved.
    """
    number = naming.sort_bands(manifest["bands"]).index(band_name)
    archive = products.read_npz(flags)
    channels = archive["band_index"] == number
    gain, flag = archive["gain"][:, channels], archive["flag"][:, channels]
    interpolated = archive["interpolated"][:, channels]
    reference = int(archive["reference"][number])
    solutions = caltable.read(raw)
    return replace(
        solutions,
        values=np.where(flag, 1, gain),
        flag=flag,
        snr=np.where(interpolated, 0, solutions.snr),
        reference=reference,
    )
