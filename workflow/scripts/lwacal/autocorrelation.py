"""Judges antennas by their own power: the autocorrelations need no sky model and no calibration.

Power is compared, sub-band by sub-band, with the median of like antennas (core and outriggers
apart: their cables differ), and the median over sub-bands of that ratio is judged. The limits
follow the observatory's practice (a tenth of the median is a weak antenna).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import ms_reader

CORE_RADIUS_M = 130.0
SMALLEST_GROUP = 5
FEWEST_TIMES = 3  # two differences, to call an antenna noisy in time


@dataclass(frozen=True)
class PowerSummary:
    """Power ratios to like antennas, (antenna, 2), NaN without data; scatter in time likewise."""

    ratio: np.ndarray
    scatter: np.ndarray


def groups(positions_m: np.ndarray) -> np.ndarray:
    """Return 0 for core antennas, 1 for outriggers, (antenna,); all 0 if a group is too small."""
    distance = np.linalg.norm(positions_m - np.median(positions_m, axis=0), axis=1)
    outrigger = (distance > CORE_RADIUS_M).astype(int)
    if min(outrigger.sum(), (1 - outrigger).sum()) < SMALLEST_GROUP:
        return np.zeros(len(positions_m), int)
    return outrigger


def summarize(paths: Sequence[Path], positions_m: np.ndarray) -> PowerSummary:
    """Read the autocorrelations of all sub-bands and compare each antenna with its like."""
    group = groups(positions_m)
    ratios, scatters = [], []
    for path in paths:
        times, antenna, power = ms_reader.read_autocorrelations(path)
        if len(times) == 0:
            continue
        series = _series(times, antenna, power, len(positions_m))
        with np.errstate(all="ignore"):
            ratios.append(_relative(_nanmedian(series, 0), group))
            scatters.append(_relative(_scatter(series), group))
    empty = np.full((len(positions_m), 2), np.nan)
    if not ratios:
        return PowerSummary(empty, empty)
    return PowerSummary(_nanmedian(np.array(ratios), 0), _nanmedian(np.array(scatters), 0))


def _series(
    times: np.ndarray, antenna: np.ndarray, power: np.ndarray, n_antennas: int
) -> np.ndarray:
    """Return the median power over channels, (time, antenna, 2)."""
    distinct = np.unique(times)
    series = np.full((len(distinct), n_antennas, 2), np.nan)
    series[np.searchsorted(distinct, times), antenna] = _nanmedian(power, 1)
    return series


def _scatter(series: np.ndarray) -> np.ndarray:
    """Return the rms change between neighbouring times relative to the power, (antenna, 2)."""
    if len(series) < FEWEST_TIMES:
        return np.full(series.shape[1:], np.nan)
    change = np.sqrt(np.mean(np.diff(series, axis=0) ** 2, axis=0))
    return change / _nanmedian(series, 0)


def _relative(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return values (antenna, 2) divided by the median of the antenna's group and polarization."""
    relative = np.full(values.shape, np.nan)
    for number in np.unique(group):
        members = group == number
        relative[members] = values[members] / _nanmedian(
            np.where(values[members] > 0, values[members], np.nan), 0
        )
    return relative


def _nanmedian(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the median over an axis without what is not finite; NaN where nothing is left."""
    values = np.where(np.isfinite(values), values, np.nan)
    missing = np.isnan(values).all(axis=axis, keepdims=True)
    return np.where(
        missing.squeeze(axis), np.nan, np.nanmedian(np.where(missing, 0.0, values), axis=axis)
    )


def judge(summary: PowerSummary, limits: dict[str, Any]) -> list[tuple[int, int, str, str]]:
    """Return (antenna, polarization, status, reason) for each antenna that is not as it should be.

    An antenna without power is bad; one that is only weak, strong or noisy is suspect: its
    solutions decide.
    """
    ratio, scatter = summary.ratio, summary.scatter
    with np.errstate(invalid="ignore"):
        tests = [
            (ratio < limits["dead_ratio"], "bad", "dead"),
            ((ratio >= limits["dead_ratio"]) & (ratio < limits["weak_ratio"]), "suspect", "weak"),
            (ratio > limits["strong_ratio"], "suspect", "strong"),
            (scatter > limits["noisy_factor"], "suspect", "noisy"),
        ]
    return [
        (int(antenna), int(pol), status, f"autocorr:{word}")
        for found, status, word in tests
        for antenna, pol in np.argwhere(found)
    ]
