"""Averages channels, and computes bandwidth and time smearing.

A source in direction s has the phase 2 pi nu/c b.(s - s_0) in data with phase centre s_0. It loses
flux if this phase changes within an average: with frequency (bandwidth smearing) or with the
Earth's rotation (time smearing). An average over x cycles of phase keeps
sinc(x) = sin(pi x) / (pi x) of the flux (Bridle & Schwab 1999, Synthesis Imaging in Radio Astronomy
II, chapter 18). The formulas give upper limits: they assume the least favourable orientation of the
baseline and a source at the edge of the field, at an angle t from the phase centre, where
|s - s_0| = 2 sin(t / 2).

As many channels are averaged as a limit on the loss allows. Integrations are not averaged, because
scintillation is measured in each; the time smearing within one integration (10 s) is recorded.
"""

from __future__ import annotations

import numpy as np

from lwacal.runtime.blocks import row_blocks
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

EARTH_RAD_S = 7.292115e-5  # rotation of the Earth (IERS Conventions 2010)


def smearing_loss(bandwidth_hz: float, baseline_m: float, offset_rad: float) -> float:
    """Return the fraction of a source's flux that is lost by averaging over a bandwidth.

    The phase goes through x = bandwidth x baseline x |s - s_0| / c cycles.
    """
    return _loss(bandwidth_hz * baseline_m * _chord(offset_rad) / SPEED_OF_LIGHT_M_S)


def time_smearing_loss(
    interval_s: float, frequency_hz: float, baseline_m: float, offset_rad: float
) -> float:
    """Return the fraction of a source's flux that is lost by averaging over a time.

    The Earth's rotation changes s - s_0 by at most EARTH_RAD_S |s - s_0| per second, so the phase
    goes through at most x = interval x EARTH_RAD_S x baseline x |s - s_0| / wavelength cycles.
    """
    wavelength_m = SPEED_OF_LIGHT_M_S / frequency_hz
    return _loss(interval_s * EARTH_RAD_S * baseline_m * _chord(offset_rad) / wavelength_m)


def _chord(offset_rad: float) -> float:
    """Return |s - s_0| of two directions an angle apart; the angle is limited to 90 degrees."""
    return float(2 * np.sin(min(offset_rad, np.pi / 2) / 2))


def _loss(cycles: float) -> float:
    """Return 1 - sinc(cycles), and 1 beyond the first zero."""
    return float(1 - np.sinc(min(cycles, 1.0)))


def channels_to_average(
    n_channels: int, width_hz: float, baseline_m: float, offset_rad: float, max_loss: float
) -> int:
    """Return the largest divisor of ``n_channels`` with a smearing loss of at most ``max_loss``.

    ``width_hz`` is the width of one channel. Returns 1 if all larger divisors lose more.
    """
    divisors = [n for n in range(1, n_channels + 1) if n_channels % n == 0]
    allowed = [
        n for n in divisors if smearing_loss(n * width_hz, baseline_m, offset_rad) <= max_loss
    ]
    return max(allowed, default=1)


def average_channels(
    data: np.ndarray, weight: np.ndarray, flag: np.ndarray, n_average: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return data, weight and flag with every ``n_average`` channels averaged.

    ``data``, ``weight`` and ``flag`` are (row, channel, 4). Averages are weighted and exclude
    flagged values. The weight of an average is the sum of weights; where this is zero, the average
    is flagged and zero.
    """
    if n_average == 1:
        empty = flag | (weight == 0)
        zero = np.float32(0)
        return np.where(empty, zero, data), np.where(empty, zero, weight), empty
    rows, channels, correlations = data.shape
    shape = (rows, channels // n_average, correlations)
    mean, total = np.zeros(shape, np.complex64), np.empty(shape, np.float32)
    for block in row_blocks(data):
        groups = (-1, channels // n_average, n_average, correlations)
        unflagged_weight = np.where(flag[block], np.float32(0), weight[block])
        weighted = np.where(flag[block], np.complex64(0), data[block])
        weighted *= unflagged_weight
        total[block] = _sum_groups(unflagged_weight.reshape(groups))
        weighted_sum = _sum_groups(weighted.reshape(groups))
        np.divide(weighted_sum, total[block], out=mean[block], where=total[block] > 0)
    return mean, total, total == 0


def _sum_groups(values: np.ndarray) -> np.ndarray:
    """Return the sums of (row, group, channel, correlation) over channel; faster than np.sum."""
    return np.einsum("rgnc->rgc", values)
