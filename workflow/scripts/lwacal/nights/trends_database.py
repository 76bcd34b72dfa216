"""The trends database: all qa.json, and the changes and validity derived from them.

The database is rebuilt from the files each time: it can be deleted and always agrees with them.
The same files give the same bytes.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from lwacal.nights import antenna_events, changes, history, suggested_flags, time_series, validity
from lwacal.nights.database_tables import OF_OBSERVATIONS, SCHEMA, opened
from lwacal.records import files
from lwacal.records.configuration.trends import Trends
from lwacal.records.quality import QualityRecord
from lwacal.records.suggested_flags import SuggestedFlagsRecord
from lwacal.runtime import atomic
from lwacal.telescope import site
from lwacal.telescope.constants import SECONDS_PER_DAY

# errors that an invalid or damaged qa.json causes; a full disk causes others
NOT_A_RECORD = (
    OSError,
    ValueError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


def find(results: Path) -> list[Path]:
    """Return the qa.json of all observations in the results folder."""
    return sorted(path for path in results.glob("*/qa.json") if not path.parent.is_symlink())


def build(
    judged: Sequence[Path], database: Path, settings: Trends
) -> tuple[SuggestedFlagsRecord, list[str]]:
    """Write the database from these qa.json.

    Returns suggested_flags.json and a message for each file that could not be read. The database
    is written atomically.
    """
    problems = []
    with (
        atomic.output(database) as part,
        closing(sqlite3.connect(part)) as connection,
        connection,
    ):
        connection.executescript(f"PRAGMA journal_mode = MEMORY; {SCHEMA} BEGIN;")
        for path in judged:
            try:
                _insert(connection, files.read(QualityRecord, path), path.parent.name)
            except NOT_A_RECORD as error:
                problems.append(f"{path} is left out: {type(error).__name__}: {error}")
        suggested = _look_at_all(connection, settings)
    return suggested, problems


def _look_at_all(connection: sqlite3.Connection, settings: Trends) -> SuggestedFlagsRecord:
    """Fill the tables derived from all observations; return suggested_flags.json."""
    series = time_series.read(connection)
    events = antenna_events.find(series, settings)
    grouped = changes.group(events, series, settings.board_share, settings.same_lst_h)
    _insert_rows(
        connection,
        "changes",
        [
            {
                **vars(change),
                "place": change.where,
                "observation": series.observations[change.night],
                "until": series.observations[change.until],
                "antennas": " ".join(change.antennas),
                "message": change.text,
            }
            for change in grouped
        ],
    )
    pairs = validity.compare(series)
    _insert_rows(connection, "validity", validity.curve(pairs, settings.same_lst_h))
    _insert_rows(
        connection,
        "noise",
        [
            {"name": "false_changes", "value": antenna_events.expected_false(series, settings)},
        ],
    )
    return suggested_flags.suggest(series, settings)


def _insert(connection: sqlite3.Connection, qa: QualityRecord, folder: str) -> None:
    """Insert an observation completely or not at all."""
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


def _rows(qa: QualityRecord, folder: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each table."""
    seen = qa["observation"]
    name = {"observation": seen["id"]}
    reference = seen.get("reference_antenna")
    mid_mjd = site.mjd_seconds(seen["mid_utc"]) / SECONDS_PER_DAY
    head = {
        "id": seen["id"],
        "start_utc": seen["start_utc"],
        "mid_utc": seen["mid_utc"],
        "lst_hours": seen["lst_hours"],
        "integrations": seen["integrations"],
        "n_antennas": seen.get("n_antennas"),
        "folder": folder,
        "mid_mjd": mid_mjd,
        "night": math.floor(mid_mjd - time_series.NOON_DAY),
        "phase_freq_mhz": seen.get("phase_freq_mhz"),
        "verdict": qa["verdict"],
        "reasons": json.dumps(qa["reasons"], ensure_ascii=False),
        "reference_antenna": reference["antenna"] if reference else None,
    }
    return {
        "observations": [head],
        "metrics": [{**name, **metric, **metric["applies_to"]} for metric in qa["metrics"]],
        "antennas": [
            {
                **name,
                **a,
                "number": a["index"],
                "reasons": " ".join(a["reasons"]),
                "evidence": "; ".join(a.get("evidence", [])),
            }
            for a in qa["antennas"]
        ],
        "bands": [
            {**name, **band, "rfi_channels": len(band["rfi_channels"])} for band in qa["bands"]
        ],
        "calibrators": [{**name, **calibrator} for calibrator in qa["calibrators"]],
    }


def read(database: Path, newest: int = -1) -> history.Nights:
    """Read the ``newest`` observations in order of time; all if it is negative."""
    with opened(database) as connection:
        connection.execute(
            "CREATE TEMP TABLE shown AS SELECT id FROM observations"
            " ORDER BY mid_utc DESC, id DESC LIMIT ?",
            [newest],
        )

        def select(table: str, rest: str) -> list[sqlite3.Row]:
            own = "id" if table == "observations" else "observation"
            return list(
                connection.execute(
                    f"SELECT * FROM {table} WHERE {own} IN (SELECT id FROM shown) {rest}"
                )
            )

        return history.Nights(
            observations=select("observations", "ORDER BY mid_utc, id"),
            metrics=select("metrics", "AND decides ORDER BY rowid"),
            antennas=select("antennas", "ORDER BY number, pol"),
            bands=select("bands", "ORDER BY freq_mhz"),
            calibrators=select("calibrators", "AND fit = 'ok' ORDER BY rowid"),
        )
