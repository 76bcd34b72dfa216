"""Suggested flags: antennas that have been bad for several nights.

The file has the format of the antenna-health database's answer, so that the rule antenna_health
can read it as health.cached_list. If an antenna is bad only because it is on such a list, that
night says nothing about the antenna and is not counted; after a number of such nights the antenna
leaves the list and is assessed again. Findings that make it merely suspect do not keep it listed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lwacal.nights.time_series import UNKNOWN, Series, most_of_night
from lwacal.records.configuration.trends import Trends
from lwacal.records.suggested_flags import Suggested, SuggestedFlagsRecord
from lwacal.telescope.antpol_states import (
    ALL_FLAGGED,
    BAD,
    BOTH_POLARIZATIONS,
    NO_DATA,
    NO_POWER,
    ON_BAD_LIST,
    RANK,
)
from lwacal.telescope.correlations import POLARIZATIONS

METHOD = "trends"
UNJUDGED = {f"cache:{METHOD}", BOTH_POLARIZATIONS}  # evidence that says nothing new
BAD_ALONE = {NO_POWER, NO_DATA, ALL_FLAGGED, ON_BAD_LIST}
BAD_LIST = "mnc:"  # whatever the database's list is called


def suggest(series: Series, settings: Trends) -> SuggestedFlagsRecord:
    """Return suggested_flags.json.

    An antpol is listed if it was bad in the last night in which it was assessed, in at least
    trends.persist_nights of its last trends.persist_of such nights, and if it was assessed within
    the last trends.retry_days.
    """
    if not series.observations:
        return _record(None, [], "there are no observations yet")
    judged = (series.status != UNKNOWN) & ~_by_own_list(series)
    bad, known = most_of_night(series.status == RANK[BAD], judged, series.night)
    records = [
        _signal(
            series,
            int(antenna),
            pol,
            judged[antenna, pol],
            bad[antenna, pol],
            known[antenna, pol],
            settings,
        )
        for antenna in np.lexsort((np.array(series.antennas), series.numbers))
        for pol in range(len(POLARIZATIONS))
    ]
    return _record(series, [record for record in records if record], "")


def _by_own_list(series: Series) -> np.ndarray:
    """Return where an antpol is bad only because it is on a list like this one."""
    own = np.array([_only_listed(text.split("; ")) for text in series.words])
    return own[series.evidence] & (series.status == RANK[BAD])


def _only_listed(evidence: Sequence[str]) -> bool:
    """Return whether the evidence only repeats a list like this one.

    Evidence that is bad in its own right counts; evidence from solutions does not, because
    antpols known to be bad have no good solutions anyway.
    """
    return bool(UNJUDGED & set(evidence)) and not any(
        word in BAD_ALONE or word.startswith(BAD_LIST) for word in evidence
    )


def _signal(
    series: Series,
    antenna: int,
    pol: int,
    judged: np.ndarray,
    bad: np.ndarray,
    known: np.ndarray,
    settings: Trends,
) -> Suggested | None:
    """Return the entry of an antpol, or None if it does not belong on the list.

    ``judged`` (observation,) and ``known`` (night,): whether it was assessed; ``bad`` (night,).
    """
    nights = np.flatnonzero(known)
    was_bad = bad[nights]
    recent = was_bad[-settings.persist_of :]
    if not len(nights) or not was_bad[-1] or recent.sum() < settings.persist_nights:
        return None
    last = int(np.flatnonzero(judged)[-1])
    if series.days[-1] - series.days[last] > settings.retry_days:
        return None
    good = np.flatnonzero(~was_bad)
    since = int(series.of_night(nights[good[-1] + 1 if len(good) else 0])[0])
    at_fault = judged & (series.status[antenna, pol] == RANK[BAD])
    return {
        "name": series.antennas[antenna] + POLARIZATIONS[pol],
        "reasons": list(series.reason_words(antenna, pol, int(np.flatnonzero(at_fault)[-1]))),
        "since_utc": series.dates[since],
        "since_observation": series.observations[since],
        "last_judged": series.observations[last],
        "bad_nights": int(recent.sum()),
        "judged_nights": len(recent),
    }


def _record(series: Series | None, signals: list[Suggested], message: str) -> SuggestedFlagsRecord:
    numbers = {}
    if series:
        place = {name: int(n) for name, n in zip(series.antennas, series.numbers)}
        numbers = {signal["name"]: place[signal["name"][:-1]] for signal in signals}
    return {
        "ok": series is not None,
        "message": message,
        "method": METHOD,
        "list_mjd": float(series.days[-1]) if series else None,
        "of_observation": series.observations[-1] if series else None,
        "bad": [signal["name"] for signal in signals],
        "numbers": numbers,
        "signals": signals,
    }
