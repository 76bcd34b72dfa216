"""Follows the nights: a database of all qa.json, and a page of figures drawn from it.

The database is made anew from the files each time: it can be thrown away, and never disagrees
with them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from lwacal import antenna_history, html_page, packed, records, whole
from lwacal.plots import nights, style

SCHEMA = """
CREATE TABLE observations (
    id TEXT PRIMARY KEY, folder TEXT, start_utc TEXT, mid_utc TEXT, lst_hours REAL,
    integrations INTEGER, n_antennas INTEGER, reference_antenna TEXT, verdict TEXT, reasons TEXT);
CREATE TABLE metrics (
    observation TEXT, stage TEXT, name TEXT, band TEXT, source TEXT, antenna TEXT, pol TEXT,
    value REAL, unit TEXT, score REAL, status TEXT, decides INTEGER, message TEXT);
CREATE TABLE antennas (
    observation TEXT, number INTEGER, antenna TEXT, pol TEXT, status TEXT, reasons TEXT,
    gain_db REAL, delay_ns REAL, delay_difference_ns REAL, flagged_fraction REAL);
CREATE TABLE bands (
    observation TEXT, band TEXT, freq_mhz REAL, flagged_fraction_data REAL,
    flagged_fraction_healthy REAL, flagged_fraction_solutions REAL, rfi_channels INTEGER,
    solved INTEGER);
CREATE TABLE calibrators (
    observation TEXT, source TEXT, band TEXT, freq_mhz REAL, flux_jy REAL, flux_err_jy REAL,
    flux_expected_jy REAL, ratio REAL, ra_offset_arcsec REAL, dec_offset_arcsec REAL, fit TEXT);
CREATE INDEX metrics_of ON metrics (name, observation);
CREATE INDEX antennas_of ON antennas (antenna, pol);
"""
# what a qa.json that is none, or damaged, can lead to; a full disk is not among it
NOT_A_RECORD = (
    OSError, ValueError, LookupError, TypeError, AttributeError, sqlite3.IntegrityError,
    sqlite3.InterfaceError, sqlite3.ProgrammingError,
)
TABLES = ("observations", "metrics", "antennas", "bands", "calibrators")
SCRIPTS = ("tools.js", "packed.js", "tip.js", "table.js", "axes.js", "history_plot.js",
           "antenna_history.js")
FIGURES = {
    "verdicts": ("Verdict and stages", nights.verdicts,
                 "Status of each stage of each observation, the verdict on top.",
                 "Green throughout. A stage that turns yellow in one night and stays so is a"
                 " change of the array; single nights are weather, ionosphere or interference."),
    "bad_signals": ("Bad antenna signals", nights.bad_signals,
                    "Share of the antenna signals that are bad, by first reason.",
                    "A level of 4 to 13 % that changes by a few antennas a week. A step of 9 % is"
                    " a SNAP2 board (32 of 352 antennas)."),
    "flux_ratios": ("Flux ratios", nights.flux_ratios,
                    "Measured over expected flux of each calibrator, median of the sub-bands, with"
                    " the range that holds the middle half of them.",
                    "Near one and level. A step that is common to all sources is the array; one"
                    " source alone is its place in the beam."),
    "flagged": ("Flagged data and solutions", nights.flagged,
                "Share that is flagged in each sub-band of each observation: above, of the data of"
                " healthy antennas; below, of the solutions.",
                "Pale above 30 MHz, darker below. A dark column is a bad night, a dark row a"
                " frequency with lasting interference."),
    "antenna_history": ("Antennas that are not always good", nights.antenna_history,
                        "Worse status of the two polarizations of each antenna that was bad or"
                        " suspect in some observation, the most often bad first (at most 60).",
                        "A few rows that are red throughout are known faults. A row that turns red"
                        " is a new one; rows that come and go are intermittent."),
}


def find(results: Path) -> list[Path]:
    """Return the qa.json of all observations in the results folder."""
    return sorted(path for path in results.glob("*/qa.json") if not path.parent.is_symlink())


def build(files: Sequence[Path], database: Path) -> list[str]:
    """Write the database from these qa.json; return what could not be read, in words."""
    problems = []
    with (
        whole.whole(database) as part, closing(sqlite3.connect(part)) as connection, connection,
    ):
        connection.executescript(SCHEMA)
        for path in files:
            try:
                _insert(connection, records.read_json(path), path.parent.name)
            except NOT_A_RECORD as error:
                problems.append(f"{path} is left out: {type(error).__name__}: {error}")
    return problems


def _insert(connection: sqlite3.Connection, qa: Mapping[str, Any], folder: str) -> None:
    """Add an observation, all of it or nothing."""
    rows = _rows(qa, folder)
    connection.execute("SAVEPOINT observation")
    try:
        for table in TABLES:
            _insert_rows(connection, table, rows[table])
    except sqlite3.Error:
        connection.execute("ROLLBACK TO observation")
        raise
    finally:
        connection.execute("RELEASE observation")


def _insert_rows(
    connection: sqlite3.Connection, table: str, rows: Iterable[Mapping[str, Any]]
) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(columns))
    connection.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
        [[row.get(column) for column in columns] for row in rows],
    )


def _rows(qa: Mapping[str, Any], folder: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table."""
    seen = qa["observation"]
    name = {"observation": seen["id"]}
    head = {
        **{key: seen.get(key) for key in ("id", "start_utc", "mid_utc", "lst_hours",
                                          "integrations", "n_antennas")},
        "folder": folder,
        "verdict": qa["verdict"],
        "reasons": json.dumps(qa["reasons"], ensure_ascii=False),
        "reference_antenna": (seen.get("reference_antenna") or {}).get("antenna"),
    }
    return {
        "observations": [head],
        "metrics": [{**name, **metric, **metric["applies_to"]} for metric in qa["metrics"]],
        "antennas": [{**name, **a, "number": a["index"], "reasons": " ".join(a["reasons"])}
                     for a in qa["antennas"]],
        "bands": [{**name, **band, "rfi_channels": len(band["rfi_channels"])}
                  for band in qa["bands"]],
        "calibrators": [{**name, **calibrator} for calibrator in qa["calibrators"]],
    }


def read(database: Path) -> nights.Nights:
    """Read what the figures are drawn from, the observations in order of time."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row

        def select(query: str) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(query)]

        return nights.Nights(
            observations=select("SELECT * FROM observations ORDER BY mid_utc, id"),
            metrics=select("SELECT * FROM metrics WHERE decides ORDER BY rowid"),
            antennas=select("SELECT * FROM antennas ORDER BY number, pol"),
            bands=select("SELECT * FROM bands ORDER BY freq_mhz"),
            calibrators=select("SELECT * FROM calibrators WHERE fit = 'ok' ORDER BY rowid"),
        )


def write_page(database: Path, problems: Sequence[str], page: Path) -> None:
    """Write the page: a table of the observations, newest first, and the figures."""
    history = read(database)
    figures = []
    for key, (title, function, shows, normal) in FIGURES.items():
        picture = {"key": key, "title": title, "shows": shows, "normal": normal, "png": b"",
                   "message": ""}
        try:
            with style.applied():
                figure = function(history)
                picture["png"] = style.png(figure)
            picture["width_in"] = figure.get_figwidth()
            picture["height_in"] = figure.get_figheight()
        except style.NothingToPlotError as nothing:
            picture["message"] = str(nothing)
        figures.append(picture)
    antennas = antenna_history.histories(history)
    records.write_text(page, html_page.render(
        "trends.html.j2", observations=_listed(history), figures=figures, problems=problems,
        names=antennas["antennas"], records=packed.as_json(antennas),
        script=html_page.script(SCRIPTS),
    ))


def _listed(history: nights.Nights) -> list[dict[str, Any]]:
    """Return the observations for the table, the newest first."""
    counts = nights.count_statuses(history.antennas)
    ratios = nights.median_ratios(history.calibrators)
    listed = []
    for observation in reversed(history.observations):
        name = observation["id"]
        listed.append({
            **observation,
            "reasons": json.loads(observation["reasons"]),
            "bad": counts.get(name, {}).get("bad", 0),
            "suspect": counts.get(name, {}).get("suspect", 0),
            "ratios": ", ".join(f"{source} {ratio[1]:.2f}"
                                for source, ratio in ratios.get(name, {}).items()),
        })
    return listed
