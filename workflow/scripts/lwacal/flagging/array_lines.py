"""Finds channels in which the whole array is brighter than in the channels around them.

A line too weak to rise above the noise of single baselines, or so common that most of them are
already flagged, shows in the geometric mean of the amplitudes over all baselines: with 60,000
baselines it is known to 0.2 %. XY and YX are used, which contain little of the sky.
"""

from __future__ import annotations

import numpy as np

from lwacal.runtime.robust import MAD_SIGMA

FEWEST_BASELINES = 50
BRIGHTER = 1.1  # than the median of the channels around, ratio of amplitudes
SIGMAS = 6.0  # and by this multiple of the scatter of the other channels
AROUND = 20  # channels on each side
AT_ENDS = 3  # at the least, at the ends of the sub-band
MOST_FLAGGED = 0.5  # a channel in which more of the baselines are flagged is lost


def sums(
    amplitude: np.ndarray, known: np.ndarray, found: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the sum of ln amplitude, its count, and the number searched, each (channel,).

    ``amplitude``, ``known`` and ``found`` (baseline, channel). Sums over blocks of baselines add.
    """
    free = ~(known | found) & (amplitude > 0)
    logs = np.log(np.where(free, amplitude, 1))  # ln 1 = 0
    total = logs.sum(axis=0, dtype=np.float64)
    return total, free.sum(axis=0), (~known).sum(axis=0)


def find(total: np.ndarray, free: np.ndarray, looked_at: np.ndarray) -> np.ndarray:
    """Return which channels hold a line, (channel,) bool, from the sums over all baselines."""
    lost = (looked_at >= FEWEST_BASELINES) & (free < (1 - MOST_FLAGGED) * looked_at)
    usable = (free >= FEWEST_BASELINES) & ~lost
    if usable.sum() < AROUND:
        return lost
    spectrum = np.where(usable, total / np.maximum(free, 1), np.nan)
    excess = np.full(len(total), -np.inf)
    excess[usable] = (spectrum - _around(spectrum))[usable]
    scatter = MAD_SIGMA * np.median(np.abs(excess[usable]))
    return lost | (excess > np.maximum(np.log(BRIGHTER), SIGMAS * scatter))


def _around(spectrum: np.ndarray) -> np.ndarray:
    """Return the running median over channels without NaN; NaN where the spectrum is NaN.

    Towards the ends the window narrows, so that a slope of the bandpass makes no excess there.
    """
    number = len(spectrum)
    around = np.full(number, np.nan)
    for channel in np.flatnonzero(np.isfinite(spectrum)).tolist():
        width = max(AT_ENDS, min(AROUND, channel, number - 1 - channel))
        around[channel] = np.nanmedian(spectrum[max(channel - width, 0) : channel + width + 1])
    return around
