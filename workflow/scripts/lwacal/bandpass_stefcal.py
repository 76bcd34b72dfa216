"""The bandpass by alternating least squares (lwacal.stefcal), straight from the concatenated set.

Channels are solved a few at a time. After a first solution baselines whose data are far from the
model, against the noise of their antennas, are left out, and the rest is solved again. The noise of
each solution is that of its antenna's own residuals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import gamma

from lwacal import reference_phase, stefcal, swapped, uv_range, visibility_sums
from lwacal.bandpass_attempt import Attempt
from lwacal.caltable import Solutions
from lwacal.records import say
from lwacal.robust import masked_median
from lwacal.sub_band import SubBand
from lwacal.visibility_sums import VisibilitySums

CHANNELS_AT_ONCE = 8  # 25 MB of matrices at 352 antennas
OUTLIER_CHANCE = 1e-8  # that noise alone makes a baseline an outlier


@dataclass
class _Matrices:
    """Sums of some channels and one polarization as (channel, antenna, antenna) matrices."""

    data_model: np.ndarray
    model_power: np.ndarray
    data_power: np.ndarray
    count: np.ndarray

    def leave_out(self, lost: np.ndarray) -> None:
        for matrix in (self.data_model, self.model_power, self.data_power, self.count):
            matrix[lost] = 0


@dataclass
class Solved:
    """Gains of all channels, (antenna, channel, 2) each; no gain is zero with infinite error."""

    gain: np.ndarray
    error: np.ndarray
    converged: np.ndarray  # (channel, 2)
    outliers: np.ndarray  # (channel, 2), fraction of the baselines


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
    sums.leave_out(((sums.length_lambda < low) | (sums.length_lambda > high))[:, None, None])
    solved = solve(sums, settings["min_baselines_per_antenna"])
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = np.nan_to_num(np.abs(solved.gain) / solved.error)
    flag = (snr < settings["min_snr"]) | (snr == 0) | ~solved.converged
    index, gain, flag = reference_phase.refer(solved.gain, flag, reference["order"])
    solutions = replace(
        nothing,
        values=np.where(flag, 1, gain), flag=flag, error=np.where(flag, 0, solved.error),
        snr=np.where(flag, 0, snr), reference=index,
    )
    crossed, _ = swapped.find(sums, solved.gain, flag, solved.error)
    names = band.antennas.names
    found = {
        "swapped": sorted(names[n] for n in np.flatnonzero(crossed.all(axis=1))),
        "outlier_fraction": float(solved.outliers.mean()),
        "unconverged_channels": int((~solved.converged).sum()),
    }
    if flag.all():
        message = (
            f"no solution of {band.name} is good enough: signal-to-noise below bandpass.min_snr, or"
            f" fewer baselines than bandpass.min_baselines_per_antenna between {low:g} and"
            f" {high:g} wavelengths"
        )
        return Attempt(solutions, "failed", message, (low, high), found)
    return Attempt(solutions, "ok", changed, (low, high), found)


def solve(sums: VisibilitySums, least_baselines: int) -> Solved:
    """Solve all channels and polarizations of a sub-band.

    An antenna with fewer baselines than ``least_baselines`` in a channel gets no gain there.
    """
    n_channels = sums.data_model.shape[1]
    shape = (sums.n_antennas, n_channels, 2)
    solved = Solved(
        np.zeros(shape, np.complex128), np.full(shape, np.inf),
        np.zeros((n_channels, 2), bool), np.zeros((n_channels, 2)),
    )
    for start in range(0, n_channels, CHANNELS_AT_ONCE):
        channels = slice(start, min(start + CHANNELS_AT_ONCE, n_channels))
        say(f"solving channels {channels.start + 1} to {channels.stop} of {n_channels}")
        for pol in (0, 1):
            matrices = _matrices(sums, channels, pol)
            gain, error, converged, outliers = _solve_some(matrices, least_baselines)
            solved.gain[:, channels, pol] = gain.T
            solved.error[:, channels, pol] = error.T
            solved.converged[channels, pol] = converged
            solved.outliers[channels, pol] = outliers
    return solved


def _matrices(sums: VisibilitySums, channels: slice, pol: int) -> _Matrices:
    def square(rows: np.ndarray, kind: type) -> np.ndarray:
        some = rows[:, channels, pol].T
        matrix = np.zeros((len(some), sums.n_antennas, sums.n_antennas), kind)
        matrix[:, sums.antenna1, sums.antenna2] = some
        matrix[:, sums.antenna2, sums.antenna1] = some.conj()
        return matrix

    return _Matrices(
        square(sums.data_model, np.complex64), square(sums.model_power, np.float32),
        square(sums.data_power, np.float32), square(sums.count, np.uint16),
    )


def _solve_some(
    matrices: _Matrices, least_baselines: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return gain and error (channel, antenna), convergence and share of outliers (channel,)."""
    _leave_out_poor_antennas(matrices, least_baselines)
    before = np.count_nonzero(matrices.count, axis=(1, 2))
    found = stefcal.solve(matrices.data_model, matrices.model_power)
    outliers = _outliers(_residual_power(matrices, found.gain), matrices.count)
    if outliers.any():
        matrices.leave_out(outliers)
        _leave_out_poor_antennas(matrices, least_baselines)
        found = stefcal.solve(matrices.data_model, matrices.model_power, found.gain)
    noise = _antenna_noise(_residual_power(matrices, found.gain), matrices.count)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(noise / found.information)
    known = found.information > 0
    gain = np.where(known, found.gain, 0)
    share = outliers.sum(axis=(1, 2)) / np.maximum(before, 1)
    return gain, np.where(known, error, np.inf), found.converged, share


def _leave_out_poor_antennas(matrices: _Matrices, least: int) -> None:
    """Leave out antennas with too few baselines, until all that remain have enough."""
    while True:
        number = np.count_nonzero(matrices.count, axis=2)
        poor = (number > 0) & (number < least)
        if not poor.any():
            return
        matrices.leave_out(poor[:, :, None] | poor[:, None, :])


def _residual_power(matrices: _Matrices, gain: np.ndarray) -> np.ndarray:
    """Return sum w |V - G_i conj(G_j) M|^2 of each baseline, (channel, antenna, antenna)."""
    pairs = gain[:, :, None] * gain[:, None, :].conj()
    cross = (pairs.conj() * matrices.data_model).real
    model = (pairs.real**2 + pairs.imag**2) * matrices.model_power
    return np.maximum(matrices.data_power - 2 * cross + model, 0)


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
