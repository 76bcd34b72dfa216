"""How many channels may be averaged, what smearing costs, and averaging channels.

Data with phase centre s_0 lose flux in direction s where the phase of a source,
2 pi nu/c b.(s - s_0), turns within what is averaged: with frequency by bandwidth smearing, with the
Earth's rotation by time smearing. An average over x turns keeps sinc(x) = sin(pi x) / (pi x) of the
flux (Bridle & Schwab 1999, Synthesis Imaging in Radio Astronomy II, chapter 18). The formulas here
are the worst that can be: the longest baseline in the worst direction, a field's edge at an angle t
from the phase centre, |s - s_0| = 2 sin(t / 2).

Channels are averaged as far as that allows. Integrations are not: they are imaged one by one for
scintillation, and what one of them (10 s) has lost by itself is said, not undone.
"""

from __future__ import annotations

import numpy as np

from lwacal.runtime.blocks import row_blocks
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

EARTH_RAD_S = 7.292115e-5  # rotation of the Earth (IERS Conventions 2010)


def smearing_loss(bandwidth_hz: float, baseline_m: float, offset_rad: float) -> float:
    """Return the fraction of a source's flux that averaging over a bandwidth costs.

    It turns x = bandwidth x baseline x |s - s_0| / c times over the band.
    """
    return _loss(bandwidth_hz * baseline_m * _chord(offset_rad) / SPEED_OF_LIGHT_M_S)


def time_smearing_loss(
    interval_s: float, frequency_hz: float, baseline_m: float, offset_rad: float
) -> float:
    """Return the fraction of a source's flux that averaging over a time costs.

    With the Earth s - s_0 turns by at most EARTH_RAD_S |s - s_0| a second, and so the source
    x = interval x EARTH_RAD_S x baseline x |s - s_0| / wavelength times.
    """
    wavelength_m = SPEED_OF_LIGHT_M_S / frequency_hz
    return _loss(interval_s * EARTH_RAD_S * baseline_m * _chord(offset_rad) / wavelength_m)


def _chord(offset_rad: float) -> float:
    """Return |s - s_0| of directions at an angle, which ends at the horizon."""
    return float(2 * np.sin(min(offset_rad, np.pi / 2) / 2))


def _loss(turns: float) -> float:
    """Return 1 - sinc; all beyond the first zero."""
    return float(1 - np.sinc(min(turns, 1.0)))


def channels_to_average(
    n_channels: int, width_hz: float, baseline_m: float, offset_rad: float, max_loss: float
) -> int:
    """Return the largest divisor of n_channels that costs at most ``max_loss`` on a baseline.

    One, if even two channels would cost more.
    """
    divisors = [number for number in range(1, n_channels + 1) if n_channels % number == 0]
    allowed = [
        number
        for number in divisors
        if smearing_loss(number * width_hz, baseline_m, offset_rad) <= max_loss
    ]
    return max(allowed, default=1)


def average_channels(
    data: np.ndarray, weight: np.ndarray, flag: np.ndarray, number: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Average groups of channels; return data, weight and flag with fewer channels.

    ``data`` (row, channel, 4), ``weight`` likewise, ``flag`` likewise. Flagged values count
    nothing; the weight of an average is the sum of weights; without any it is flagged and zero.
    """
    if number == 1:
        empty = flag | (weight == 0)
        zero = np.float32(0)
        return np.where(empty, zero, data), np.where(empty, zero, weight), empty
    rows, channels, correlations = data.shape
    shape = (rows, channels // number, correlations)
    mean, total = np.zeros(shape, np.complex64), np.empty(shape, np.float32)
    for block in row_blocks(data):
        groups = (-1, channels // number, number, correlations)
        used = np.where(flag[block], np.float32(0), weight[block])
        weighted = np.where(flag[block], np.complex64(0), data[block])
        weighted *= used
        total[block] = _sum_of_groups(used.reshape(groups))
        summed = _sum_of_groups(weighted.reshape(groups))
        np.divide(summed, total[block], out=mean[block], where=total[block] > 0)
    return mean, total, total == 0


def _sum_of_groups(values: np.ndarray) -> np.ndarray:
    """Return the sums of (row, group, channel, correlation) over channels; faster than np.sum."""
    return np.einsum("rgnc->rgc", values)
