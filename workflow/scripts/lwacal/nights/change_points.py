"""Finds jumps and drifts in the series of a signal: pieces in which it is level or changes evenly.

A series is cut into pieces, each level or a straight line in time, so that the sum of squares about
them, in units of the noise, plus a price for each cut and each slope, is smallest (optimal
partitioning: Jackson et al. 2005, IEEE Signal Processing Letters 12, 105). The price is the square
of the significance that a jump must have. A single night that is off between two that are not
is no jump; the last night may be one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.runtime.robust import masked_median

OFF_SIGMA = 5.0  # a single night this far from both its neighbours is left out
SHORTEST = 2  # nights of a piece, unless it is the last


@dataclass(frozen=True)
class Piece:
    """Nights ``first`` to ``last`` (places in the series); ``low`` and ``high`` at its ends.

    ``rate`` a day, zero if it is level; ``count`` of known values; ``rate_error`` by the noise.
    """

    first: int
    last: int
    low: float
    high: float
    rate: float
    rate_error: float
    count: int


def without_single_nights(values: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Return values (signal, night) with single nights that are off replaced by NaN.

    ``sigma`` (signal,). Neighbours must agree; for the first night those are the two after it, and
    the last is not judged.
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
    """Cut each series of (signal, night) into pieces, in order of time; NaN is not known.

    ``days`` (night,), ``sigma`` (signal,) the noise. A line has at least ``line_nights`` values.
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
    """Sums of a set of series from the first night on, from which those of any piece follow."""

    def __init__(self, values: np.ndarray, days: np.ndarray, sigma: np.ndarray) -> None:
        known = np.isfinite(values)
        middle = masked_median(values, ~known, axis=1)
        scaled = (values - middle[:, None]) / sigma[:, None]
        y = np.where(known, scaled, 0.0)
        t = np.where(known, days - days.mean(), 0.0)
        self.count = _from_zero(known.astype(float))
        self.y, self.yy, self.t, self.tt, self.ty = map(_from_zero, (y, y * y, t, t * t, t * y))

    def costs(self, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return sums of squares about a level and about a line, and the number of values.

        Each (signal, start), of the nights from each start to before ``end``.
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
    """Follow the best cuts back from the last night."""
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
