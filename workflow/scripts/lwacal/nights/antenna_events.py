"""Events of single antpols: jumps, drifts, swapped polarizations, failures and recoveries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lwacal.nights import change_points
from lwacal.nights.time_series import (
    QUANTITIES,
    UNKNOWN,
    Series,
    by_night,
    comparable,
    most_of_night,
    scatter,
    wrapped,
)
from lwacal.records.configuration.trends import Trends
from lwacal.runtime.robust import masked_median
from lwacal.telescope.antennas import on_fibre
from lwacal.telescope.antpol_states import BAD, RANK

FEWEST_NIGHTS = 8  # nights with values to estimate the noise; fewer would underestimate it
FEWEST_LIKE = 5  # antpols to estimate the typical noise
QUIETEST = 0.05  # lower bound of the noise, as a fraction of the smallest jump that counts
LEAST = dict(zip(QUANTITIES, ("least_gain_db", "least_delay_ns", "least_phase_deg")))
LASTS = 2  # nights a status must last before and after a change, unless it reaches the last night


@dataclass(frozen=True)
class Event:
    """A change of one antpol.

    ``kind`` is jump, drift, swap, bad or recovered; ``night`` is the first night after the change
    (Series.night), for a drift its first night. ``size`` is in the unit of ``quantity``, for a
    drift up to the night ``until``; ``rate`` is per day, ``significance`` in sigma. ``nights``
    counts the nights since.
    """

    antenna: int
    pol: int
    kind: str
    night: int
    nights: int
    quantity: str = ""
    size: float = 0.0
    rate: float = 0.0
    until: int = -1
    significance: float = 0.0
    reasons: tuple[str, ...] = ()


def noise(values: np.ndarray, fibre: np.ndarray, least: float) -> np.ndarray:
    """Return the night-to-night noise of each antpol, (antenna, 2).

    It is at least the typical noise of comparable antpols (fibre or coax, X or Y): an estimate
    from few nights is uncertain, and one that is too small would produce false jumps.
    """
    own = scatter(values)
    for members in (fibre, ~fibre):
        known = np.isfinite(own[members])
        if (known.sum(axis=0) >= FEWEST_LIKE).all():
            usual = masked_median(own[members], ~known, axis=0)
            own[members] = np.where(known, np.maximum(own[members], usual), np.nan)
    return np.where(np.isfinite(own), np.maximum(own, QUIETEST * least), np.nan)


def find(series: Series, settings: Trends) -> list[Event]:
    """Return the events of all antpols."""
    fibre = np.array([on_fibre(name) for name in series.antennas], bool)
    events = [*_swaps(series), *_statuses(series)]
    night = series.night
    if not len(night) or night[-1] + 1 < FEWEST_NIGHTS:
        return events
    days = by_night(series.days, night)
    for quantity, observed in comparable(series).items():
        values = by_night(observed, night)
        least = getattr(settings, LEAST[quantity])
        sigma = noise(values, fibre, least)
        judged = np.isfinite(sigma) & (np.isfinite(values).sum(axis=2) >= FEWEST_NIGHTS)
        places = np.argwhere(judged)
        if len(places):
            known = change_points.without_single_nights(values[judged], sigma[judged])
            pieces = change_points.cut(
                known, days, sigma[judged], settings.jump_sigma, settings.drift_nights
            )
            for (antenna, pol), own in zip(places, pieces):
                pattern = Event(int(antenna), int(pol), "jump", 0, 0, quantity)
                events += _of_pieces(own, pattern, float(sigma[antenna, pol]), least)
    return events


def _of_pieces(
    pieces: list[change_points.Piece], pattern: Event, sigma: float, least: float
) -> Iterator[Event]:
    """Yield the jumps between segments and the drifts within them that are large enough."""
    for before, after in pairwise(pieces):
        size = after.low - before.high
        if pattern.quantity == "phase_deg":
            size = float(wrapped(np.array(size)))
        if abs(size) >= least:
            error = sigma * np.sqrt(1 / before.count + 1 / after.count)
            yield replace(
                pattern,
                night=after.first,
                nights=after.count,
                size=size,
                significance=abs(size) / error,
            )
    for piece in pieces:
        if abs(piece.high - piece.low) >= least and piece.rate:
            yield replace(
                pattern,
                kind="drift",
                night=piece.first,
                nights=piece.count,
                size=piece.high - piece.low,
                rate=piece.rate,
                until=piece.last,
                significance=abs(piece.rate) / piece.rate_error,
            )


def expected_false(series: Series, settings: Trends) -> float:
    """Return an upper limit on the number of jumps and drifts expected from noise alone.

    For Gaussian noise: the number of cuts and lines tried, times the probability that one of them
    is this significant.
    """
    from scipy.stats import norm

    trials = 0
    for values in series.values.values():
        known = most_of_night(np.isfinite(values), np.isfinite(values), series.night)[0].sum(axis=2)
        trials += 2 * int(known[known >= FEWEST_NIGHTS].sum())
    return float(2 * norm.sf(settings.jump_sigma) * trials)


def _statuses(series: Series) -> Iterator[Event]:
    bad = series.status == RANK[BAD]
    known = series.status != UNKNOWN
    switches = _switches(*most_of_night(bad, known, series.night))
    for antenna, pol, night, nights, begins in switches:
        if begins:
            own = series.of_night(night)
            at = own[np.flatnonzero(bad[antenna, pol, own])[-1]]
            reasons = series.reason_words(antenna, pol, int(at))
            yield Event(antenna, pol, "bad", night, nights, "status", reasons=reasons)
        else:
            yield Event(antenna, pol, "recovered", night, nights, "status")


def _swaps(series: Series) -> Iterator[Event]:
    swapped = series.has_reason("swapped_polarizations")
    known = series.status != UNKNOWN
    switches = _switches(*most_of_night(swapped, known, series.night))
    for antenna, pol, night, nights, begins in switches:
        if begins:
            yield Event(antenna, pol, "swap", night, nights, "swap")


def _switches(state: np.ndarray, known: np.ndarray) -> Iterator[tuple[int, int, int, int, bool]]:
    """Yield antenna, polarization, night, nights since, and whether the state begins or ends.

    Nights in which an antpol was not observed are skipped. A state that lasts a single night is
    ignored, except in the last night.
    """
    for antenna, pol in np.argwhere((state & known).any(axis=2)):
        nights = np.flatnonzero(known[antenna, pol])
        own = state[antenna, pol, nights]
        changes = np.flatnonzero(np.diff(own)) + 1
        edges = [0, *changes, len(own)]
        lengths = np.diff(edges)
        for k, change in enumerate(changes):
            lasts = lengths[k + 1] >= LASTS or k + 1 == len(lengths) - 1
            if lengths[k] >= LASTS and lasts:
                yield (
                    int(antenna),
                    int(pol),
                    int(nights[change]),
                    int(lengths[k + 1]),
                    bool(own[change]),
                )
