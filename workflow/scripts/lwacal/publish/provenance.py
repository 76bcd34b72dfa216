"""Provenance of published tables: where they come from, and how long they are valid."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from lwacal.nights import database_tables, validity
from lwacal.records.configuration.publish import Publish
from lwacal.records.manifest import ManifestRecord
from lwacal.records.published import ProvenanceRecord, Sidereal, Table, Valid
from lwacal.records.quality import QualityRecord
from lwacal.records.run import RunRecord


@dataclass(frozen=True)
class Sources:
    """The records that say where the tables of an observation come from."""

    qa: QualityRecord
    run: RunRecord
    manifest: ManifestRecord


def build(
    sources: Sources,
    tables: Sequence[Table],
    database: Path,
    settings: Publish,
    forced: bool,
) -> ProvenanceRecord:
    """Return provenance.json without the time and place of publication.

    ``forced`` says whether publish.force was needed.
    """
    qa, run, manifest = sources.qa, sources.run, sources.manifest
    seen = qa["observation"]
    return {
        "observation": {
            "id": seen["id"],
            "start_utc": seen["start_utc"],
            "mid_utc": seen["mid_utc"],
            "end_utc": seen.get("end_utc"),
            "lst_hours": seen["lst_hours"],
            "reference_antenna": seen.get("reference_antenna"),
        },
        "verdict": qa["verdict"],
        "reasons": list(qa["reasons"]),
        "forced": forced,
        "valid": _validity(seen["start_utc"], database, settings),
        "lst": _sidereal(seen["lst_hours"], settings.lst_within_h),
        "tables": list(tables),
        "software": {
            "commit": run["git"]["commit"],
            "dirty": run["git"]["dirty"],
            "versions": run["versions"],
        },
        "configuration": run["differences"],
        "input": manifest["observation"]["input"],
        "input_files": sorted(
            {
                entry["path"]
                for band in manifest["bands"].values()
                for entry in band["entries"]
                if entry["usable"]
            }
        ),
    }


def _validity(start_utc: str, database: Path, settings: Publish) -> Valid:
    """Return the validity of the tables and its reason; publish.valid_days is the maximum."""
    longest = float(settings.valid_days)
    days, why = longest, "publish.valid_days"
    known, found = measured_days(database, settings.max_coherence_loss)
    if known is not None and known < longest:
        days, why = known, found
    elif known is None:
        why = f"publish.valid_days; {found}"
    until = datetime.fromisoformat(start_utc) + timedelta(days=days)
    return {
        "from_utc": start_utc,
        "until_utc": until.isoformat(timespec="seconds"),
        "days": days,
        "why": why,
    }


def measured_days(database: Path, max_loss: float) -> tuple[float | None, str]:
    """Return the validity in days measured over earlier nights, and the reason in words.

    None if they give no limit, or if the database does not exist or has another version.
    """
    if not database.is_file():
        return None, f"there is no {database.name} of earlier nights yet"
    try:
        rows = [dict(row) for row in database_tables.found(database, "validity")]
    except sqlite3.Error as error:
        return None, f"{database.name} cannot be read ({error})"
    return validity.valid_days(rows, max_loss)


def _sidereal(lst_hours: float, within_h: float) -> Sidereal:
    """Return the valid range of sidereal time in hours; it may wrap through 24 h."""
    whole = within_h >= 12
    return {
        "observed_hours": lst_hours,
        "from_hours": 0.0 if whole else (lst_hours - within_h) % 24,
        "until_hours": 24.0 if whole else (lst_hours + within_h) % 24,
    }
