"""Antennas that have been bad for several nights: a list for the nights to come.

The file has the form of an answer of the antenna-health database, so that the rule antenna_health
reads it as health.cached_list. An antenna that is only bad because such a list says so has shown
nothing of itself in that night; nights like that do not count, and after a while of them the
antenna leaves the list, to be judged anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lwacal.antenna_names import POLARIZATIONS
from lwacal.antenna_status import RANK
from lwacal.night_series import UNKNOWN, Series

METHOD = "trends"
UNJUDGED = {f"cache:{METHOD}", "config:both_polarizations"}  # evidence that says nothing new


def suggest(series: Series, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return suggested_flags.json. ``settings`` is the section trends.

    A signal is on the list if it was bad in the newest night in which it was judged and in at least
    trends.persist_nights of its last trends.persist_of such nights, and if it has been judged
    within trends.retry_days.
    """
    if not series.observations:
        return _record(None, [], "there is no observation yet")
    judged = (series.status != UNKNOWN) & ~_by_own_list(series)
    signals = [
        signal
        for antenna in np.lexsort((series.antennas, series.numbers))
        for pol in range(len(POLARIZATIONS))
        if (signal := _signal(series, int(antenna), pol, judged[antenna, pol], settings))
    ]
    return _record(series, signals, "")


def _by_own_list(series: Series) -> np.ndarray:
    """Return where a signal is bad for nothing but being on a list like this."""
    own = np.array([bool(text) and set(text.split("; ")) <= UNJUDGED for text in series.words])
    return own[series.evidence] & (series.status == RANK["bad"])


def _signal(
    series: Series, antenna: int, pol: int, judged: np.ndarray, settings: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what the list says of a signal, None if it does not belong there."""
    nights = np.flatnonzero(judged)
    bad = series.status[antenna, pol, nights] == RANK["bad"]
    recent = bad[-settings["persist_of"] :]
    if not len(bad) or not bad[-1] or recent.sum() < settings["persist_nights"]:
        return None
    if series.days[-1] - series.days[nights[-1]] > settings["retry_days"]:
        return None
    good = np.flatnonzero(~bad)
    since = nights[good[-1] + 1] if len(good) else nights[0]
    return {
        "name": series.antennas[antenna] + POLARIZATIONS[pol],
        "reasons": list(series.reason_words(antenna, pol, int(nights[-1]))),
        "since_utc": series.dates[since],
        "since_observation": series.observations[since],
        "last_judged": series.observations[nights[-1]],
        "bad_nights": int(recent.sum()),
        "judged_nights": len(recent),
    }


def _record(
    series: Series | None, signals: list[dict[str, Any]], message: str
) -> dict[str, Any]:
    numbers = {}
    if series:
        place = {name: int(n) for name, n in zip(series.antennas, series.numbers)}
        numbers = {signal["name"]: place[signal["name"][:-1]] for signal in signals}
    return {
        "schema": 1,
        "ok": series is not None,
        "message": message,
        "method": METHOD,
        "list_mjd": float(series.days[-1]) if series else None,
        "of_observation": series.observations[-1] if series else None,
        "bad": [signal["name"] for signal in signals],
        "numbers": numbers,
        "signals": signals,
    }
