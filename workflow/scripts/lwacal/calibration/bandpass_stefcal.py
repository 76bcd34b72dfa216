"""The bandpass by alternating least squares (StEFCal), straight from the concatenated set.

Weights follow the noise of each antpol: from its autocorrelations or, where these do not give the
noise, from the residuals of a first solution. Threads share the channels, a few at a time. After a
first solution, baselines whose data are far from the model compared with the noise of their
antennas are left out, and the others are solved again. The noise of a solution is that of the
antenna's own residuals.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.special import gammainccinv, gammaincinv

from lwacal.calibration import (
    confusion_weights,
    faint_signals,
    normal_equations,
    reference_phase,
    residuals,
    sky_solution,
    stefcal,
    swapped,
    uv_range,
)
from lwacal.calibration.channel_equations import ChannelSums
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.calibration.solver_result import Attempt
from lwacal.calibration.sub_band import SubBand
from lwacal.io.ms_reader import Integration
from lwacal.io.solutions import SubBandSolutions, unsolved
from lwacal.records.antpol import Polarization
from lwacal.records.bandpass import Convergence, SolverFindings
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.runtime.robust import median_of_sorted
from lwacal.runtime.timing import Stopwatch
from lwacal.sky.predict import FactoredModel
from lwacal.telescope.correlations import POLARIZATIONS

CHANNELS_AT_ONCE = 8  # 30 MB a thread at 352 antennas
OUTLIER_CHANCE = 1e-8  # probability that noise alone makes a baseline an outlier


@dataclass
class Solved:
    """Gains of all channels, (antenna, channel, 2). A missing gain is 0 with infinite error."""

    gain: np.ndarray
    error: np.ndarray
    noise: np.ndarray  # variance of a visibility of weight one, from the residuals
    converged: np.ndarray  # (channel, 2)
    outliers: np.ndarray  # (channel, 2), fraction of the baselines
    iterations: np.ndarray  # (channel, 2)


def attempt(
    band: SubBand,
    reference: ReferenceOrder,
    settings: Bandpass,
    nothing: SubBandSolutions,
    threads: int = 1,
) -> Attempt:
    """Solve a sub-band; ``nothing`` is returned if it cannot be solved."""
    watch = Stopwatch()
    sky = None
    with ThreadPoolExecutor(1) as aside:
        nothing_yet = aside.submit(VisibilitySums.of_band, band)  # it takes time to get memory
        if settings.free_sky:
            with watch.part("fitting the sky"):
                sky = sky_solution.solve(band, settings, threads)
    seen = sky.seen if sky else None
    if sky:
        band = replace(band, restored=frozenset(sky.restored))
    sums, low, high, changed = in_range(
        band, settings, threads, watch, seen=seen, sums=nothing_yet.result()
    )
    if sums is None:
        message = f"sub-band {band.name} has no unflagged data to solve with"
        return Attempt(nothing, "no_data", message, (low, high))
    least, names = settings.min_baselines_per_antenna, band.antennas.names
    with watch.part("weights"):
        lacking = sky.lacking if sky else confusion_weights.lacking_over_noise(band)
        sums.weigh_baselines(confusion_weights.factors(lacking, sky.state.diffuse if sky else 1.0))
    with watch.part("solving"):
        factor = residuals.lower_weights(sums, least)
        start = sky.first_gains(sums.n_channels) if sky else None
        solved = solve(sums, least, threads, start)
    snr, flag = _judge(solved, settings.min_snr)
    index, gain, flag = reference_phase.refer(solved.gain, flag, reference)
    solutions = replace(
        nothing,
        gain=np.where(flag, 1, gain),
        cause=unsolved(flag),
        error=np.where(flag, 0, solved.error),
        snr=np.where(flag, 0, snr),
        reference=index,
    )
    with watch.part("looking for swapped antennas"):
        exchanged = swapped.names(sums, solved.gain, flag, solved.error, names)
    watch.log(band.name)
    found: SolverFindings = {
        "reweighted": sorted(names[n] for n in np.flatnonzero((factor != 1).any(axis=1))),
        "swapped": exchanged,
        "residual_over_thermal": residuals.residual_over_thermal(sums, solved.noise, flag),
        "outlier_fraction": float(solved.outliers.mean()),
        "unconverged_channels": int((~solved.converged).sum()),
        "convergence": convergence(solved),
        "without_solutions": faint_signals.measure(solved.gain, solved.error, flag),
        "sky": sky.record() if sky else None,
        "restored_integrations": sky.restored if sky else [],
    }
    changed = "; ".join(text for text in (changed, _restored_words(found)) if text)
    if flag.all():
        message = (
            f"no solution of {band.name} is good enough: signal-to-noise below bandpass.min_snr,"
            f" fewer baselines than bandpass.min_baselines_per_antenna between {low:g} and"
            f" {high:g} wavelengths, or no convergence (in {found['unconverged_channels']} of"
            f" {solved.converged.size} channels and polarizations)"
        )
        return Attempt(solutions, "failed", message, (low, high), found)
    return Attempt(solutions, "ok", changed, (low, high), found)


def _restored_words(found: SolverFindings) -> str:
    scans = ", ".join(map(str, found["restored_integrations"]))
    why = "not taken for interference, because the sources explain its brightness"
    return f"{why}: integration {scans}" if scans else ""


def in_range(
    band: SubBand,
    settings: Bandpass,
    threads: int,
    watch: Stopwatch,
    integrations: int | None = None,
    seen: Callable[[Integration], FactoredModel] | None = None,
    sums: VisibilitySums | None = None,
) -> tuple[VisibilitySums | None, float, float, str]:
    """Return the normal equations of the baselines to solve with, their range, and a message.

    The sums are None if all data are flagged; see `normal_equations.read` and `uv_range.usable`.
    """
    with watch.part("reading and adding up"):
        sums = normal_equations.read(band, integrations, threads, watch, seen, sums)
    there = sums.count.any(axis=(0, 1))
    if not there.any():
        return None, *uv_range.configured(band.model, settings), ""
    ends = sums.baselines.antenna1[there], sums.baselines.antenna2[there]
    low, high, changed = uv_range.usable(*ends, sums.length_lambda[there], band.model, settings)
    sums.leave_out_of_range(low, high)
    return sums, low, high, changed


def _judge(solved: Solved, min_snr: float) -> tuple[np.ndarray, np.ndarray]:
    """Return signal-to-noise ratio and flags, (antenna, channel, 2)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = np.nan_to_num(np.abs(solved.gain) / solved.error)
    return snr, (snr < min_snr) | (snr == 0) | ~solved.converged


def convergence(solved: Solved) -> dict[Polarization, Convergence]:
    """Return convergence, iterations and outliers of each channel, for X and Y."""
    return {
        letter: {
            "converged": solved.converged[:, pol].tolist(),
            "iterations": solved.iterations[:, pol].tolist(),
            "outlier_fraction": np.round(solved.outliers[:, pol], 5).tolist(),
        }
        for pol, letter in enumerate(POLARIZATIONS)
    }


def solve(
    sums: VisibilitySums,
    least_baselines: int,
    threads: int = 1,
    start: np.ndarray | None = None,
) -> Solved:
    """Solve all channels and polarizations of a sub-band, from gains (antenna, channel, 2).

    An antenna with fewer baselines than ``least_baselines`` in a channel gets no gain there.
    """
    shape = (sums.baselines.n_antennas, sums.n_channels, 2)
    solved = Solved(
        np.zeros(shape, np.complex128),
        np.full(shape, np.inf),
        np.full(shape, np.inf),
        np.zeros(shape[1:], bool),
        np.zeros(shape[1:]),
        np.zeros(shape[1:], int),
    )

    def solve_some(part: tuple[int, int]) -> None:
        first, pol = part
        channels = slice(first, min(first + CHANNELS_AT_ONCE, sums.n_channels))
        some = ChannelSums.of(sums, pol, channels, least_baselines)
        begin = None if start is None else start[:, channels, pol].T
        found, noise, outliers = _solve_some(some, least_baselines, begin)
        with np.errstate(divide="ignore", invalid="ignore"):
            error = np.sqrt(noise / found.information)
        error = np.where(found.information > 0, error, np.inf)
        solved.gain[:, channels, pol] = np.where(np.isfinite(error), found.gain, 0).T
        solved.error[:, channels, pol] = error.T
        solved.noise[:, channels, pol] = noise.T
        solved.converged[channels, pol] = found.converged
        solved.iterations[channels, pol] = found.iterations
        solved.outliers[channels, pol] = outliers

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(solve_some, product(range(0, sums.n_channels, CHANNELS_AT_ONCE), (0, 1))))
    return solved


def _solve_some(
    some: ChannelSums, least_baselines: int, start: np.ndarray | None
) -> tuple[stefcal.Gains, np.ndarray, np.ndarray]:
    """Return gains, the noise of residuals (channel, antenna), share of outliers (channel,)."""
    before = np.count_nonzero(some.count, axis=1)
    found = some.solve(start)
    outliers = _outliers(some, found.gain)
    if outliers.any():
        some.leave_out(outliers)
        some.leave_out_poor_antennas(least_baselines)
        found = some.solve(found.gain)
    return found, _antenna_noise(some, found), outliers.sum(axis=1) / np.maximum(before, 1)


def _outliers(some: ChannelSums, gain: np.ndarray) -> np.ndarray:
    """Return which baselines are far from the model, (channel, baseline).

    With n visibilities the residual of noise alone is the noise variance times a gamma variable of
    shape n. The noise is the robust one of the noisier of the two antennas.
    """
    most = int(some.count.max(initial=0))
    if most == 0:
        return np.zeros(some.count.shape, bool)
    residual = some.residual_power(gain)
    numbers = np.arange(1, most + 1)
    relative = residual / _of_count(gammaincinv(numbers, 0.5), some.count)
    relative[some.count == 0] = np.inf
    ordered = np.sort(some.baselines.symmetric(relative, diagonal=np.inf), axis=2)
    variance = median_of_sorted(ordered, some.baselines.by_antenna(some.count > 0))
    noise = np.maximum(*some.baselines.of_antennas(np.nan_to_num(variance)))
    return residual > _of_count(gammainccinv(numbers, OUTLIER_CHANCE), some.count) * noise


def _of_count(values: np.ndarray, count: np.ndarray) -> np.ndarray | np.float32:
    """Return the value for each count from 1 on; where the count is zero any will do."""
    values = values.astype(np.float32)
    return values[0] if len(values) == 1 else np.take(values, count - 1, mode="clip")


def _antenna_noise(some: ChannelSums, found: stefcal.Gains) -> np.ndarray:
    """Return the noise variance at weight one from an antenna's residuals, (channel, antenna).

    Its own gain and its share of the others take two degrees of freedom.
    """
    freedom = some.baselines.by_antenna(some.count) - 2.0
    residual = some.baselines.by_antenna(some.data_power) - found.explained
    return np.divide(
        np.maximum(residual, 0),
        freedom,
        out=np.full(freedom.shape, np.inf, np.float32),
        where=freedom > 0,
    )
