"""How many channels may be averaged, and averaging them."""

from __future__ import annotations

import numpy as np

from lwacal.predict import SPEED_OF_LIGHT_M_S


def smearing_loss(
    bandwidth_hz: float, baseline_m: float, offset_rad: float
) -> float:
    """Return the fraction of a source's flux that averaging over a bandwidth costs.

    A source at an angle from the phase centre turns by 2 pi x over the band, with
    x = bandwidth x baseline sin(angle) / c; its average is sinc(x) = sin(pi x) / (pi x) (Bridle &
    Schwab 1999, Synthesis Imaging in Radio Astronomy II, chapter 18).
    """
    turns = bandwidth_hz * baseline_m * np.sin(min(offset_rad, np.pi / 2)) / SPEED_OF_LIGHT_M_S
    return float(1 - np.sinc(turns))


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
    rows, channels, correlations = data.shape
    groups = (rows, channels // number, number, correlations)
    weight = np.where(flag, 0, weight).astype(np.float32)
    total = weight.reshape(groups).sum(axis=2)
    summed = np.where(flag, 0, data * weight).reshape(groups).sum(axis=2)
    empty = total == 0
    mean = np.divide(summed, total, out=np.zeros_like(summed), where=~empty)
    return mean.astype(np.complex64), total, empty
