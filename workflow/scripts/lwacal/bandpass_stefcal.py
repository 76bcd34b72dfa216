"""The bandpass by alternating least squares (lwacal.stefcal), straight from the concatenated set.

Weights follow the noise of the signals, by their autocorrelations and, where these do not tell it,
by the residuals of a first solution. Channels are solved a few at a time. After a first solution
baselines whose data are far from the model, against the noise of their antennas, are left out, and
the rest is solved again. The noise of each solution is that of its antenna's own residuals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import gamma

from lwacal import (
    fit_quality,
    reference_phase,
    residual_noise,
    solver_matrices,
    stefcal,
    swapped,
    uv_range,
    visibility_sums,
)
from lwacal.antenna_names import POLARIZATIONS
from lwacal.bandpass_attempt import Attempt
from lwacal.caltable import Solutions
from lwacal.records import say
from lwacal.robust import masked_median
from lwacal.solver_matrices import Matrices
from lwacal.sub_band import SubBand
from lwacal.visibility_sums import VisibilitySums

CHANNELS_AT_ONCE = 8  # 25 MB of matrices at 352 antennas
OUTLIER_CHANCE = 1e-8  # that noise alone makes a baseline an outlier


@dataclass
class Solved:
    """Gains of all channels, (antenna, channel, 2) each; no gain is zero with infinite error."""

    gain: np.ndarray
    error: np.ndarray
    noise: np.ndarray  # variance of a visibility of weight one, by the residuals
    converged: np.ndarray  # (channel, 2)
    outliers: np.ndarray  # (channel, 2), fraction of the baselines
    iterations: np.ndarray  # (channel, 2)


def attempt(
    band: SubBand,
    reference: Mapping[str, Any],
    settings: Mapping[str, Any],
    nothing: Solutions,
) -> Attempt:
    """Solve a sub-band; ``nothing`` is what to give back where nothing is solved."""
    sums = visibility_sums.read(band)
    there = sums.count.any(axis=(1, 2))
    if not there.any():
        limits = uv_range.configured(band.model, settings)
        message = f"sub-band {band.name} has no unflagged data to solve with"
        return Attempt(nothing, "no_data", message, limits)
    low, high, changed = uv_range.usable(
        sums.antenna1[there], sums.antenna2[there], sums.length_lambda[there], band.model,
        settings,
    )
    sums.leave_out_of_range(low, high)
    least = settings["min_baselines_per_antenna"]
    factor = residual_noise.correct_weights(sums, least)
    solved = solve(sums, least)
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = np.nan_to_num(np.abs(solved.gain) / solved.error)
    flag = (snr < settings["min_snr"]) | (snr == 0) | ~solved.converged
    index, gain, flag = reference_phase.refer(solved.gain, flag, reference["order"])
    solutions = replace(
        nothing,
        values=np.where(flag, 1, gain), flag=flag, error=np.where(flag, 0, solved.error),
        snr=np.where(flag, 0, snr), reference=index,
    )
    names = band.antennas.names
    found = {
        "reweighted": sorted(names[n] for n in np.flatnonzero((factor != 1).any(axis=1))),
        "swapped": swapped.names(sums, solved.gain, flag, solved.error, names),
        "residual_over_thermal": fit_quality.residual_over_thermal(band, solved.noise, flag),
        "outlier_fraction": float(solved.outliers.mean()),
        "unconverged_channels": int((~solved.converged).sum()),
        "convergence": convergence(solved),
    }
    if flag.all():
        message = (
            f"no solution of {band.name} is good enough: signal-to-noise below bandpass.min_snr,"
            f" fewer baselines than bandpass.min_baselines_per_antenna between {low:g} and"
            f" {high:g} wavelengths, or no convergence (in {found['unconverged_channels']} of"
            f" {solved.converged.size} channels and polarizations)"
        )
        return Attempt(solutions, "failed", message, (low, high), found)
    return Attempt(solutions, "ok", changed, (low, high), found)


def convergence(solved: Solved) -> dict[str, dict[str, list[Any]]]:
    """Return for X and Y, channel by channel, how the solutions came about."""
    return {
        letter: {
            "converged": solved.converged[:, pol].tolist(),
            "iterations": solved.iterations[:, pol].tolist(),
            "outlier_fraction": np.round(solved.outliers[:, pol], 5).tolist(),
        }
        for pol, letter in enumerate(POLARIZATIONS)
    }


def solve(sums: VisibilitySums, least_baselines: int) -> Solved:
    """Solve all channels and polarizations of a sub-band.

    An antenna with fewer baselines than ``least_baselines`` in a channel gets no gain there.
    """
    n_channels = sums.data_model.shape[1]
    shape = (sums.n_antennas, n_channels, 2)
    solved = Solved(
        np.zeros(shape, np.complex128), np.full(shape, np.inf), np.full(shape, np.inf),
        np.zeros((n_channels, 2), bool), np.zeros((n_channels, 2)),
        np.zeros((n_channels, 2), int),
    )
    for start in range(0, n_channels, CHANNELS_AT_ONCE):
        channels = slice(start, min(start + CHANNELS_AT_ONCE, n_channels))
        say(f"solving channels {channels.start + 1} to {channels.stop} of {n_channels}")
        for pol in (0, 1):
            matrices = solver_matrices.of_channels(sums, channels, pol, least_baselines)
            found, noise, outliers = _solve_some(matrices, least_baselines)
            with np.errstate(divide="ignore", invalid="ignore"):
                error = np.sqrt(noise / found.information)
            error = np.where(found.information > 0, error, np.inf)
            solved.gain[:, channels, pol] = np.where(np.isfinite(error), found.gain, 0).T
            solved.error[:, channels, pol] = error.T
            solved.noise[:, channels, pol] = noise.T
            solved.converged[channels, pol] = found.converged
            solved.iterations[channels, pol] = found.iterations
            solved.outliers[channels, pol] = outliers
    return solved


def _solve_some(
    matrices: Matrices, least_baselines: int
) -> tuple[stefcal.Gains, np.ndarray, np.ndarray]:
    """Return gains, the noise of residuals (channel, antenna), share of outliers (channel,)."""
    before = np.count_nonzero(matrices.count, axis=(1, 2))
    found = stefcal.solve(matrices.data_model, matrices.model_power)
    outliers = _outliers(solver_matrices.residual_power(matrices, found.gain), matrices.count)
    if outliers.any():
        matrices.leave_out(outliers)
        solver_matrices.leave_out_poor_antennas(matrices, least_baselines)
        found = stefcal.solve(matrices.data_model, matrices.model_power, found.gain)
    noise = _antenna_noise(solver_matrices.residual_power(matrices, found.gain), matrices.count)
    return found, noise, outliers.sum(axis=(1, 2)) / np.maximum(before, 1)


def _outliers(residual: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return which baselines are far from the model, (channel, antenna, antenna).

    With n visibilities the residual of noise alone is the noise variance times a gamma variable of
    shape n. The noise is the robust one of the noisier of the two antennas.
    """
    most = int(count.max(initial=0))
    if most == 0:
        return np.zeros(count.shape, bool)
    numbers = np.arange(1, most + 1)
    typical = np.r_[1.0, gamma.median(numbers)].astype(np.float32)
    limit = np.r_[0.0, gamma.isf(OUTLIER_CHANCE, numbers)].astype(np.float32)
    variance = masked_median(residual / typical[count], count == 0, axis=2)
    variance = np.nan_to_num(variance)
    noise = np.maximum(variance[:, :, None], variance[:, None, :])
    return (count > 0) & (residual > limit[count] * noise)


def _antenna_noise(residual: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the noise variance at weight one from an antenna's residuals, (channel, antenna).

    Its own gain and its share of the others take two degrees of freedom.
    """
    freedom = count.sum(axis=2, dtype=np.int64) - 2.0
    return np.divide(
        residual.sum(axis=2), freedom, out=np.full(freedom.shape, np.inf), where=freedom > 0
    )
