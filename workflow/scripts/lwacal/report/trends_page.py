"""The page of the nights: what changed last, which antennas to look at, then plots and tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lwacal.nights import database_tables, time_series, trends_database
from lwacal.nights.antenna_events import FEWEST_NIGHTS, LEAST
from lwacal.qa.antenna_status import REASON_WORDS
from lwacal.report import array_encoding, templates, trends_data
from lwacal.report.plots import nights, style, trend_curves
from lwacal.runtime import products

SCRIPTS = (
    "tools.js",
    "packed.js",
    "tip.js",
    "table.js",
    "axes.js",
    "history_plot.js",
    "boards.js",
    "antenna_history.js",
)
LOOK_BACK_DAYS = 7.5  # changes of the last week are worth a look
MOST_TO_LOOK_AT = 25
FIGURES = {
    "flux_ratios": (
        "Flux ratios",
        nights.flux_ratios,
        "Measured over expected flux of each calibrator, median of the sub-bands, with"
        " the range that holds the middle half of them.",
        "Near one and level. A step that is common to all sources is the array; one"
        " source alone is its place in the beam.",
    ),
    "positions": (
        "Positions of calibrators",
        trend_curves.positions,
        "Measured minus catalogue position of each calibrator, median of the sub-bands,"
        " above in right ascension, below in declination.",
        "Scatter about zero by some hundred arcseconds, from the ionosphere. An offset"
        " that stays, of all sources, is the geometry.",
    ),
    "flagged": (
        "Flagged data and solutions",
        nights.flagged,
        "Share that is flagged in each sub-band of each observation: above, of the data of"
        " healthy antennas; below, of the solutions.",
        "Pale above 30 MHz, darker below. A dark column is a bad night, a dark row a"
        " frequency with lasting interference.",
    ),
    "sidereal": (
        "By sidereal time",
        trend_curves.sidereal,
        "Each observation at its local sidereal time: flux ratio of each calibrator,"
        " flagged share of the data of healthy antennas, bad signals.",
        "Level. What depends on sidereal time is the model of the sky or of the beam.",
    ),
    "bad_signals": (
        "Bad antenna signals",
        nights.bad_signals,
        "Share of the antenna signals that are bad, by first reason.",
        "A level of 4 to 13 % that changes by a few antennas a week. A step of 9 % is"
        " a SNAP2 board (32 of 352 antennas).",
    ),
    "verdicts": (
        "Verdict and stages",
        nights.verdicts,
        "Status of each stage of each observation, the verdict on top.",
        "Green throughout. A stage that turns yellow in one night and stays so is a"
        " change of the array; single nights are weather, ionosphere or interference.",
    ),
    "antenna_history": (
        "Antennas that are not always good",
        nights.antenna_history,
        "Worse status of the two polarizations of each antenna that was bad or"
        " suspect in some observation, the most often bad first (at most 60).",
        "A few rows that are red throughout are known faults. A row that turns red"
        " is a new one; rows that come and go are intermittent.",
    ),
}
VALIDITY = (
    "How long a calibration stays valid",
    "How much gains and phases (at 64 MHz) differ between two observations, over the antennas that"
    " are not bad, and what power a beam would lose with the tables of the other one (for phases of"
    " rms sigma, 1 − exp(−sigma²)): median over the pairs, and the range that holds 80 % of them,"
    " against the time between. What all antennas have in common is taken out.",
    "Level within a week: the noise and the ionosphere of a single night. Where it rises, the"
    " tables have aged, or a board has failed between. If other sidereal times differ more than the"
    " same one, it is the model of the sky and not the time.",
)


def write(
    database: Path,
    suggested: Mapping[str, Any],
    problems: Sequence[str],
    settings: Mapping[str, Any],
    page: Path,
) -> None:
    """Write the page from the database. ``settings`` is the section trends.

    ``suggested`` is suggested_flags.json, ``problems`` what could not be read. Shown are the newest
    trends.shown_observations; the changes are those of all.
    """
    history = trends_database.read(database, settings["shown_observations"])
    with database_tables.opened(database) as connection:
        series = time_series.read(connection)
    changes, curve = (
        [dict(row) for row in database_tables.found(database, table)]
        for table in ("changes", "validity")
    )
    expected = {row["name"]: row["value"] for row in database_tables.found(database, "noise")}
    arrays = trends_data.build(
        series, changes, settings["shown_observations"], history.observations
    )
    held = _drawn("validity", lambda _: trend_curves.validity(curve), history, *VALIDITY)
    figures = [
        _drawn(key, function, history, title, shows, normal)
        for key, (title, function, shows, normal) in FIGURES.items()
    ]
    products.write_text(
        page,
        templates.render(
            "trends.html.j2",
            observations=_listed(history),
            problems=problems,
            last=_last_night(history, newest_changes(database)),
            look=_to_look_at(series, changes, suggested, settings),
            most_look=MOST_TO_LOOK_AT,
            changes=changes,
            false_changes=expected["false_changes"],
            jump_sigma=settings["jump_sigma"],
            suggested=suggested,
            reason_words=REASON_WORDS,
            total=len(series.observations),
            nights=len(set(series.night)),
            fewest_nights=FEWEST_NIGHTS,
            names=arrays["antennas"],
            records=array_encoding.as_json(arrays),
            figures=figures,
            held=held,
            script=templates.script(SCRIPTS),
        ),
    )


def newest_changes(database: Path) -> list[dict[str, Any]]:
    """Return the changes that the newest night shows for the first time."""
    observations = trends_database.read(database, 1).observations
    changes = [dict(row) for row in database_tables.found(database, "changes")]
    if not observations:
        return []
    with database_tables.opened(database) as connection:
        last_night = {
            row["id"]
            for row in connection.execute(
                "SELECT id FROM observations WHERE night = ?", [observations[-1]["night"]]
            )
        }
    return [row for row in changes if row["observation"] in last_night]


def _drawn(
    key: str,
    function: Callable[[nights.Nights], Figure],
    history: nights.Nights,
    title: str,
    shows: str,
    normal: str,
) -> dict[str, Any]:
    """Return a figure for the page, or why there is none."""
    picture = {
        "key": key,
        "title": title,
        "shows": shows,
        "normal": normal,
        "png": b"",
        "message": "",
    }
    try:
        with style.applied():
            drawn = function(history)
            picture["png"] = style.png(drawn)
        picture["width_in"] = drawn.get_figwidth()
        picture["height_in"] = drawn.get_figheight()
    except style.NothingToPlotError as nothing:
        picture["message"] = str(nothing)
    return picture


def _last_night(
    history: nights.Nights, changes: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    """Return the newest observation and the changes of its night; None without any."""
    if not history.observations:
        return None
    newest = history.observations[-1]
    return {**newest, "reasons": json.loads(newest["reasons"]), "changes": list(changes)}


def _to_look_at(
    series: time_series.Series,
    changes: Sequence[Mapping[str, Any]],
    suggested: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> list[dict[str, str]]:
    """Return what to look at: changes of a week, what stays bad, drifts that go on.

    Changes the newest first, drifts the largest first. Each with a ``place``, an antenna to show,
    what happened, and since when.
    """
    if not series.observations:
        return []
    day_of = dict(zip(series.observations, series.days))
    newest = series.observations[-1]
    recent, drifts = [], []
    for row in changes:
        if series.days[-1] - day_of[row["observation"]] <= LOOK_BACK_DAYS:
            recent += [row] if row["kind"] != "recovered" else []
        elif row["kind"] == "drift" and row["until"] == newest:
            drifts.append(row)
    drifts.sort(key=lambda row: -abs(row["size"]) / settings[LEAST[row["quantity"]]])
    told = {antenna for row in recent for antenna in row["antennas"].split()}
    bad = [_stays_bad(signal) for signal in suggested["signals"] if signal["name"][:-1] not in told]
    date_of = dict(zip(series.observations, series.dates))
    first, last = (
        [
            {
                "place": row["place"],
                "antenna": row["antennas"].split()[0],
                "text": row["message"],
                "since": date_of[row["observation"]],
            }
            for row in rows
        ]
        for rows in (recent, drifts)
    )
    return first + bad + last


def _stays_bad(signal: Mapping[str, Any]) -> dict[str, str]:
    """Return what to look at of a signal of suggested_flags.json."""
    antenna, pol = signal["name"][:-1], signal["name"][-1]
    why = ", ".join(REASON_WORDS.get(word, word) for word in signal["reasons"])
    return {
        "place": antenna,
        "antenna": antenna,
        "since": signal["since_utc"],
        "text": f"{antenna} {pol}: bad for {signal['bad_nights']} of its last"
        f" {signal['judged_nights']} nights: {why}",
    }


def _listed(history: nights.Nights) -> list[dict[str, Any]]:
    """Return the observations for the table, the newest first."""
    counts = nights.count_statuses(history.antennas)
    ratios = nights.median_ratios(history.calibrators)
    listed = []
    for observation in reversed(history.observations):
        name = observation["id"]
        listed.append(
            {
                **observation,
                "reasons": json.loads(observation["reasons"]),
                "bad": counts.get(name, {}).get("bad", 0),
                "suspect": counts.get(name, {}).get("suspect", 0),
                "ratios": ", ".join(
                    f"{source} {ratio[1]:.2f}" for source, ratio in ratios.get(name, {}).items()
                ),
            }
        )
    return listed
