"""Finds integrations in which the whole array is brighter than usual: broadband interference.

AOFlagger searches one baseline at a time and cannot single out one of a few integrations. The
geometric mean of the amplitudes over all baselines can: the sky changes it little from one
integration to the next, and a single strong baseline does not move it.
"""

from __future__ import annotations

import numpy as np

from lwacal.io.flag_file import BURST
from lwacal.telescope.correlations import PARALLEL_HANDS

FEWEST_BASELINES = 50  # the mean of their ln amplitudes is then known to 9 %
WHOLE_SHARE = 0.25  # of the channels: an integration with more bursts is bright as a whole


def sums(data: np.ndarray, flagged: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum over baselines of ln |V| of XX and YY, and their number, each (channel, 2).

    ``data`` and ``flagged`` (baseline, channel, 4), cross-correlations only. Sums over blocks of
    the baselines of an integration add.
    """
    free = ~flagged[..., PARALLEL_HANDS]
    amplitude = np.abs(np.where(free, data[..., PARALLEL_HANDS], 1))
    return np.log(amplitude).sum(axis=0, dtype=np.float64), free.sum(axis=0)  # ln 1 = 0


def brightness(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the mean over baselines of ln |V|, (channel, 2), from the sums of an integration.

    NaN where too few baselines are unflagged.
    """
    return np.where(count >= FEWEST_BASELINES, total / np.maximum(count, 1), np.nan)


def find(brightness_of: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Return bursts, (integration, channel) bool, and the brightness of each integration.

    ``brightness_of`` (integration, channel, 2) of ln |V|. A burst is ``ratio`` times as bright, in
    XX or in YY, as the quieter half of the integrations in its channel. The brightness of an
    integration, (integration,), is the median of that ratio over channels; NaN without data.
    """
    if len(brightness_of) < 2 or not np.isfinite(brightness_of).any():
        return np.zeros(brightness_of.shape[:2], bool), np.full(len(brightness_of), np.nan)
    known = np.where(np.isfinite(brightness_of), brightness_of, np.inf)
    number = np.isfinite(brightness_of).sum(axis=0)
    middle = np.maximum((number - 1) // 2, 0)
    usual = np.take_along_axis(np.sort(known, axis=0), middle[None], axis=0)
    with np.errstate(invalid="ignore"):
        excess = np.where(np.isfinite(brightness_of), known - usual, -np.inf).max(axis=2)
    overall = np.ma.median(np.ma.masked_invalid(excess), axis=1).filled(np.nan)
    return excess > np.log(ratio), np.exp(overall)


def are_whole(found: np.ndarray) -> np.ndarray:
    """Return which integrations are bright as a whole; ``found`` (..., channel) bool."""
    return np.asarray(found.mean(axis=-1) > WHOLE_SHARE)


def of_flags(causes: np.ndarray) -> np.ndarray:
    """Return the channels that are flagged as bursts, (channel,); ``causes`` (row, channel, 4)."""
    return np.asarray((np.bitwise_or.reduce(causes, axis=0) & BURST > 0).any(axis=1))
