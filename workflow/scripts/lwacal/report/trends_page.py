"""The trends page: what changed last night, what to check, then plots and tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lwacal.nights import database_tables, time_series, trends_database
from lwacal.nights.antenna_events import FEWEST_NIGHTS, LEAST
from lwacal.nights.history import Nights
from lwacal.records.configuration.trends import Trends
from lwacal.report import array_encoding, templates, trends_data
from lwacal.report.plots import nights, style, trend_curves
from lwacal.runtime import products
from lwacal.telescope.antpol_states import REASON_WORDS

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
LOOK_BACK_DAYS = 7.5  # changes of the last week are listed for a check
MOST_TO_LOOK_AT = 25
FIGURES = {
    "flux_ratios": (
        "Flux ratios",
        nights.flux_ratios,
        "Measured over expected flux of each calibrator: median over the sub-bands, with the"
        " interquartile range.",
        "Constant and near one. A step common to all sources is the array; a single deviating"
        " source points to the beam in its direction.",
    ),
    "positions": (
        "Calibrator positions",
        trend_curves.positions,
        "Measured minus catalogue position of each calibrator, median over the sub-bands."
        " Top: right ascension; bottom: declination.",
        "Scatter of a few hundred arcseconds about zero, caused by the ionosphere. A lasting"
        " offset of all sources is an error of the array geometry.",
    ),
    "flagged": (
        "Flagged data and solutions",
        nights.flagged,
        "Flagged fraction by sub-band and observation. Top: data of healthy antennas; bottom:"
        " solutions.",
        "Pale above 30 MHz, darker below. A dark column is a bad night; a dark row is a"
        " frequency with persistent interference.",
    ),
    "sidereal": (
        "Dependence on sidereal time",
        trend_curves.sidereal,
        "Each observation at its local sidereal time: flux ratio of each calibrator, flagged"
        " fraction of the data of healthy antennas, fraction of bad antpols.",
        "No dependence. A trend with sidereal time points to the sky model or the beam model.",
    ),
    "bad_signals": (
        "Bad antpols",
        nights.bad_signals,
        "Fraction of bad antpols (one polarization of one antenna), by first reason.",
        "4 to 13 %, changing by a few antennas per week. A step of 9 % is a SNAP2 board"
        " (32 of 352 antennas).",
    ),
    "verdicts": (
        "Verdict and stages",
        nights.verdicts,
        "Verdict (top row) and status of each stage for each observation.",
        "Green throughout. A stage that turns yellow and stays yellow is a change of the"
        " array; single nights are weather, ionosphere or interference.",
    ),
    "antenna_history": (
        "Antennas that are not always good",
        nights.antenna_history,
        "Status (the worse of X and Y) of every antenna that was bad or suspect in at least one"
        " observation, most often bad first (at most 60).",
        "A few rows that stay red are known faults. A row that turns red is a new fault; rows"
        " that come and go are intermittent.",
    ),
}
VALIDITY = (
    "How long a calibration stays valid",
    "Rms difference of the phases (at 64 MHz) and gains of two observations over the antennas that"
    " are not bad, and the power a beam would lose with the tables of the other observation (for"
    " phases of rms sigma, 1 − exp(−sigma²)), against the time between them: median over the pairs"
    " and the range that contains 80 % of them. Changes common to all antennas are removed.",
    "Constant within a week, at the level set by noise and ionosphere. A rise means that the tables"
    " have aged or that a board failed in between. If pairs at different sidereal times differ more"
    " than pairs at similar ones, the cause is the sky model, not age.",
)


def write(
    database: Path,
    suggested: Mapping[str, Any],
    problems: Sequence[str],
    settings: Trends,
    page: Path,
) -> None:
    """Write the page from the database.

    ``suggested`` is suggested_flags.json; ``problems`` lists files that could not be read. The
    page shows the newest trends.shown_observations, but the changes of all observations.
    """
    history = trends_database.read(database, settings.shown_observations)
    with database_tables.opened(database) as connection:
        series = time_series.read(connection)
    changes, curve = (
        [dict(row) for row in database_tables.found(database, table)]
        for table in ("changes", "validity")
    )
    expected = {row["name"]: row["value"] for row in database_tables.found(database, "noise")}
    arrays = trends_data.build(series, changes, settings.shown_observations, history.observations)
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
            jump_sigma=settings.jump_sigma,
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
    """Return the changes that appear for the first time in the newest night."""
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
    function: Callable[[Nights], Figure],
    history: Nights,
    title: str,
    shows: str,
    normal: str,
) -> dict[str, Any]:
    """Return a figure for the page, or the reason why there is none."""
    picture: dict[str, Any] = {
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


def _last_night(history: Nights, changes: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the newest observation and the changes of its night; None if there is none."""
    if not history.observations:
        return None
    newest = history.observations[-1]
    return {**newest, "reasons": json.loads(newest["reasons"]), "changes": list(changes)}


def _to_look_at(
    series: time_series.Series,
    changes: Sequence[Mapping[str, Any]],
    suggested: Mapping[str, Any],
    settings: Trends,
) -> list[dict[str, str]]:
    """Return what to check: changes of the last week, lasting faults, continuing drifts.

    Changes are sorted newest first, drifts largest first. Each row has a ``place``, an antenna to
    show, what happened, and since when.
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
    drifts.sort(key=lambda row: -abs(row["size"]) / getattr(settings, LEAST[row["quantity"]]))
    listed = {antenna for row in recent for antenna in row["antennas"].split()}
    bad = [
        _stays_bad(signal) for signal in suggested["signals"] if signal["name"][:-1] not in listed
    ]
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
    """Return the row of an antpol from suggested_flags.json."""
    antenna, pol = signal["name"][:-1], signal["name"][-1]
    why = ", ".join(REASON_WORDS.get(word, word) for word in signal["reasons"])
    return {
        "place": antenna,
        "antenna": antenna,
        "since": signal["since_utc"],
        "text": f"{antenna} {pol}: bad in {signal['bad_nights']} of its last"
        f" {signal['judged_nights']} nights: {why}",
    }


def _listed(history: Nights) -> list[dict[str, Any]]:
    """Return the rows of the table of observations, newest first."""
    counts = nights.count_statuses(history.antennas)
    ratios = nights.median_ratios(history.calibrators)
    listed = []
    for observation in reversed(history.observations):
        name = observation["id"]
        listed.append(
            {
                **observation,
                "reasons": json.loads(observation["reasons"]),
                "bad": counts.get(name, Counter())["bad"],
                "suspect": counts.get(name, Counter())["suspect"],
                "ratios": ", ".join(
                    f"{source} {ratio[1]:.2f}" for source, ratio in ratios.get(name, {}).items()
                ),
            }
        )
    return listed
