"""Follows the nights: a database of all qa.json, and what is found by looking at them together.

The database is made anew from the files each time: it can be thrown away, and never disagrees
with them. The same files give the same bytes. Comments in its schema say what columns mean
(``sqlite3 trends.sqlite .schema``).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from lwacal import changes, night_series, records, signal_changes, site, suggested_flags, validity
from lwacal.antenna_status import POLARIZATIONS, RANK
from lwacal.plots import nights

SECONDS_A_DAY = 86400.0
SCHEMA = """
CREATE TABLE observations (  -- a row a qa.json
    id TEXT PRIMARY KEY, folder TEXT,  -- folder below that of all results
    start_utc TEXT, mid_utc TEXT, mid_mjd REAL,  -- days, UTC
    lst_hours REAL,  -- sidereal time of the middle
    integrations INTEGER, n_antennas INTEGER, reference_antenna TEXT,
    phase_freq_mhz REAL,  -- of antennas.phase_deg
    verdict TEXT, reasons TEXT);  -- pass, warn or fail; why, a JSON list
CREATE TABLE metrics (  -- what the verdict rests on
    observation TEXT, stage TEXT, name TEXT, band TEXT, source TEXT, antenna TEXT, pol TEXT,
    value REAL, unit TEXT, score REAL,  -- score: 1 is best, 0 worst
    status TEXT, decides INTEGER, message TEXT);
CREATE TABLE antennas (  -- a row a signal (antenna and polarization) and observation
    observation TEXT, number INTEGER,  -- number: of the correlator
    antenna TEXT, pol TEXT, status TEXT,  -- good, suspect or bad
    reasons TEXT, evidence TEXT,  -- words with spaces between; findings with semicolons between
    gain_db REAL,  -- relative to the typical antenna
    delay_ns REAL, delay_difference_ns REAL,  -- relative to an antenna; and to a reference table
    phase_deg REAL,  -- at observations.phase_freq_mhz, relative to the same antenna
    flagged_fraction REAL);
CREATE TABLE bands (  -- a row a sub-band and observation
    observation TEXT, band TEXT, freq_mhz REAL, flagged_fraction_data REAL,
    flagged_fraction_healthy REAL,  -- of the data of healthy antennas
    flagged_fraction_solutions REAL, rfi_channels INTEGER,  -- number of channels
    solved INTEGER);
CREATE TABLE calibrators (  -- a row a source, sub-band and observation
    observation TEXT, source TEXT, band TEXT, freq_mhz REAL, flux_jy REAL, flux_err_jy REAL,
    flux_expected_jy REAL, ratio REAL,  -- ratio: measured over expected
    ra_offset_arcsec REAL, dec_offset_arcsec REAL,  -- measured minus catalogue, RA times cos(dec)
    fit TEXT);
CREATE TABLE changes (  -- what happened to antennas, boards and the array, the newest first
    kind TEXT,  -- jump, drift, swap, bad or recovered
    place TEXT,  -- an antenna, a SNAP2 or ARX board, or the array
    observation TEXT, until TEXT,  -- the first after it; the last of a drift, else the newest
    nights INTEGER,  -- that it has lasted
    quantity TEXT, size REAL, rate REAL,  -- of the first quantity: its unit; that a day
    significance REAL,  -- in standard deviations of the noise
    antennas TEXT,  -- with spaces between
    lasts INTEGER,  -- 0: only the newest observation shows it
    message TEXT);
CREATE TABLE validity (  -- how much gains differ between observations, by the time between
    sky TEXT,  -- same: of like sidereal time; other
    from_days REAL, to_days REAL, median_days REAL, pairs INTEGER,  -- pairs of observations
    quantity TEXT,  -- phase_rms_deg, gain_rms_db: over antennas; coherence_loss: fraction of power
    p10 REAL, p50 REAL, p90 REAL);  -- percentiles over the pairs
CREATE TABLE noise (  -- what was expected of noise alone
    name TEXT PRIMARY KEY, value REAL);
CREATE INDEX metrics_of ON metrics (name, observation);
CREATE INDEX antennas_of ON antennas (antenna, pol);
"""
OF_OBSERVATIONS = ("observations", "metrics", "antennas", "bands", "calibrators")


def find(results: Path) -> list[Path]:
    """Return the qa.json of all observations in the results folder."""
    return sorted(path for path in results.glob("*/qa.json") if not path.parent.is_symlink())


def build(
    files: Sequence[Path], database: Path, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Write the database from these qa.json. ``settings`` is the section trends.

    Returns suggested_flags.json, and what could not be read, in words. The database appears whole.
    """
    problems = []
    part = database.with_name(database.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part)) as connection, connection:
        connection.executescript(SCHEMA)
        for path in files:
            try:
                _insert(connection, records.read_json(path), path.parent.name)
            except (ValueError, KeyError, TypeError, sqlite3.IntegrityError) as error:
                problems.append(f"{path} is left out: {type(error).__name__}: {error}")
        suggested = _look_at_all(connection, settings)
    part.replace(database)
    return suggested, problems


def _look_at_all(
    connection: sqlite3.Connection, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Fill the tables of what the observations tell together; return suggested_flags.json."""
    series = night_series.read(connection)
    events = signal_changes.find(series, settings)
    grouped = changes.group(events, series, settings["board_share"])
    _insert_rows(connection, "changes", [
        {**vars(change), "place": change.where, "observation": series.observations[change.night],
         "until": series.observations[change.until], "antennas": " ".join(change.antennas),
         "message": change.text}
        for change in grouped
    ])
    pairs = validity.compare(series)
    _insert_rows(connection, "validity", validity.curve(pairs, settings["same_lst_h"]))
    _insert_rows(connection, "noise", [
        {"name": "false_changes", "value": signal_changes.expected_false(series, settings)},
    ])
    return suggested_flags.suggest(series, settings)


def _insert(connection: sqlite3.Connection, qa: Mapping[str, Any], folder: str) -> None:
    """Add an observation, all of it or nothing."""
    rows = _rows(qa, folder)
    connection.execute("SAVEPOINT observation")
    try:
        for table in OF_OBSERVATIONS:
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
    """Return the rows of each table; ValueError if a signal has no status that is known."""
    seen = qa["observation"]
    odd = [a for a in qa["antennas"] if a["status"] not in RANK or a["pol"] not in POLARIZATIONS]
    if odd:
        raise ValueError(f"a signal is {odd[0]['pol']}, {odd[0]['status']}")
    name = {"observation": seen["id"]}
    head = {
        **{key: seen.get(key) for key in ("id", "start_utc", "mid_utc", "lst_hours",
                                          "integrations", "n_antennas")},
        "folder": folder,
        "mid_mjd": site.mjd_seconds(seen["mid_utc"]) / SECONDS_A_DAY,
        "phase_freq_mhz": seen.get("phase_freq_mhz"),
        "verdict": qa["verdict"],
        "reasons": json.dumps(qa["reasons"], ensure_ascii=False),
        "reference_antenna": (seen.get("reference_antenna") or {}).get("antenna"),
    }
    return {
        "observations": [head],
        "metrics": [{**name, **metric, **metric["applies_to"]} for metric in qa["metrics"]],
        "antennas": [{**name, **a, "number": a["index"], "reasons": " ".join(a["reasons"]),
                      "evidence": "; ".join(a.get("evidence", []))}
                     for a in qa["antennas"]],
        "bands": [{**name, **band, "rfi_channels": len(band["rfi_channels"])}
                  for band in qa["bands"]],
        "calibrators": [{**name, **calibrator} for calibrator in qa["calibrators"]],
    }


@contextmanager
def opened(database: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for reading; rows are found by the names of their columns."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def read(database: Path, newest: int = -1) -> nights.Nights:
    """Read what the page shows, in order of time, of so many of the newest observations."""
    with opened(database) as connection:
        connection.execute(
            "CREATE TEMP TABLE shown AS SELECT id FROM observations"
            " ORDER BY mid_utc DESC, id DESC LIMIT ?", [newest])

        def select(table: str, rest: str) -> list[sqlite3.Row]:
            own = "id" if table == "observations" else "observation"
            return list(connection.execute(
                f"SELECT * FROM {table} WHERE {own} IN (SELECT id FROM shown) {rest}"))

        return nights.Nights(
            observations=select("observations", "ORDER BY mid_utc, id"),
            metrics=select("metrics", "AND decides ORDER BY rowid"),
            antennas=select("antennas", "ORDER BY number, pol"),
            bands=select("bands", "ORDER BY freq_mhz"),
            calibrators=select("calibrators", "AND fit = 'ok' ORDER BY rowid"),
        )


def found(database: Path, table: str) -> list[sqlite3.Row]:
    """Return the rows of one of the tables changes, validity and noise, in their order."""
    if table not in ("changes", "validity", "noise"):
        raise ValueError(f"trends.sqlite has no table {table} of what was found")
    with opened(database) as connection:
        return list(connection.execute(f"SELECT * FROM {table} ORDER BY rowid"))
