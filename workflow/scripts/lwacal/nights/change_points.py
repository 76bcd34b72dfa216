"""Finds jumps and drifts in a time series: segments that are constant or change linearly.

A series is split into segments, each a constant or a straight line in time, such that the sum of
squared residuals in units of the noise, plus a penalty for each cut and each slope, is minimal
(optimal partitioning: Jackson et al. 2005, IEEE Signal Processing Letters 12, 105). The penalty is
the square of the significance required of a jump. A single deviating night is not a jump, unless
it is the last one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.runtime.robust import masked_median

OFF_SIGMA = 5.0  # a single night this far from both neighbours is ignored
SHORTEST = 2  # nights in a segment, unless it is the last


@dataclass(frozen=True)
class Piece:
    """A segment from night ``first`` to ``last`` (indices); ``low`` and ``high`` at its ends.

    ``rate`` is per day, zero for a constant; ``rate_error`` follows from the noise; ``count`` is
    the number of known values.
    """

    first: int
    last: int
    low: float
    high: float
    rate: float
    rate_error: float
    count: int


def without_single_nights(values: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return values (signal, night) with single deviating nights replaced by NaN.

    ``sigma`` (signal,) is the noise. The neighbours must agree with each other; the first night is
    compared with the two after it, and the last night is kept.
    """
    kept = values.copy()
    for row in np.flatnonzero((np.isfinite(values).sum(axis=1) > 2) & (sigma > 0)):
        known = np.flatnonzero(np.isfinite(values[row]))
        own = values[row, known]
        before, middle, after = (
            np.concatenate([own[start : start + 1], own[first:last]])
            for start, first, last in ((1, None, -2), (0, 1, -1), (2, 2, None))
        )
        limit = OFF_SIGMA * sigma[row]
        off = (np.abs(middle - before) > limit) & (np.abs(middle - after) > limit)
        off &= np.abs(after - before) < limit
        kept[row, known[:-1][off]] = np.nan
    return kept


def cut(
    values: np.ndarray, days: np.ndarray, sigma: np.ndarray, significance: float, line_nights: int
) -> list[list[Piece]]:
    """Split each series of (signal, night) into segments in order of time; NaN is unknown.

    ``days`` (night,); ``sigma`` (signal,) is the noise. A straight line needs at least
    ``line_nights`` values.
    """
    sums = _Sums(values, days, sigma)
    number, nights = values.shape
    price = significance**2
    best = np.full((number, nights + 1), np.inf)
    best[:, 0] = -price
    came = np.zeros((number, nights + 1), np.int32)
    lined = np.zeros((number, nights + 1), bool)
    every = np.arange(number)
    for end in range(1, nights + 1):
        level, line, count = sums.costs(end)
        line = np.where(count >= line_nights, line + price, np.inf)
        cost = best[:, :end] + np.minimum(level, line) + price
        more = sums.count[:, -1] > sums.count[:, end]
        cost[(count < SHORTEST) & more[:, None]] = np.inf
        start = cost.argmin(axis=1)
        came[:, end], best[:, end] = start, cost[every, start]
        lined[:, end] = line[every, start] < level[every, start]
    return [_pieces(values[row], days, float(sigma[row]), came[row], lined[row]) for row in every]


class _Sums:
    """Cumulative sums of a set of series, from which the cost of any segment follows."""

    def __init__(self, values: np.ndarray, days: np.ndarray, sigma: np.ndarray) -> None:
        known = np.isfinite(values)
        middle = masked_median(values, ~known, axis=1)
        scaled = (values - middle[:, None]) / sigma[:, None]
        y = np.where(known, scaled, 0.0)
        t = np.where(known, days - days.mean(), 0.0)
        self.count = _from_zero(known.astype(float))
        self.y, self.yy, self.t, self.tt, self.ty = map(_from_zero, (y, y * y, t, t * t, t * y))

    def costs(self, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return sums of squares about a constant and about a line, and the number of values.

        Each is (signal, start), for the nights from each start up to but excluding ``end``.
        """
        count = self.count[:, end, None] - self.count[:, :end]
        y, yy, t, tt, ty = (
            row[:, end, None] - row[:, :end] for row in (self.y, self.yy, self.t, self.tt, self.ty)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.maximum(yy - y * y / count, 0)
            spread = tt - t * t / count
            slope = ty - t * y / count
            line = np.maximum(level - np.where(spread > 1e-9, slope**2 / spread, 0), 0)
        nothing = count == 0
        level[nothing], line[nothing] = 0.0, 0.0
        return level, line, count


def _from_zero(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


def _pieces(
    values: np.ndarray, days: np.ndarray, sigma: float, came: np.ndarray, lined: np.ndarray
) -> list[Piece]:
    """Trace the best cuts back from the last night."""
    pieces, end = [], len(values)
    while end > 0:
        nights = came[end] + np.flatnonzero(np.isfinite(values[came[end] : end]))
        if len(nights):
            pieces.append(_piece(values, days, sigma, nights, bool(lined[end])))
        end = int(came[end])
    return pieces[::-1]


def _piece(
    values: np.ndarray, days: np.ndarray, sigma: float, nights: np.ndarray, lined: bool
) -> Piece:
    own, when = values[nights], days[nights]
    middle, rate, error = float(own.mean()), 0.0, np.inf
    if lined:
        offset = when - when.mean()
        rate = float((offset * own).sum() / (offset**2).sum())
        error = float(sigma / np.sqrt((offset**2).sum()))
    low, high = (float(middle + rate * (when[k] - when.mean())) for k in (0, -1))
    return Piece(int(nights[0]), int(nights[-1]), low, high, rate, error, len(nights))
