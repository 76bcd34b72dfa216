"""The table of observations (nights.tsv): time, verdict, and failed job of each.

The failed job of an observation is recorded in <results>/.failed/ until it succeeds or the
observation is finished without it, so that rows follow from the files in the results folder alone.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lwacal.driver.run_state import Failure
from lwacal.records import files
from lwacal.records import manifest as manifest_record
from lwacal.records import quality as quality_record
from lwacal.records.failure import FailureRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.quality import QualityRecord
from lwacal.records.run import RunRecord
from lwacal.runtime import products
from lwacal.telescope.antpol_states import BAD

COLUMNS = (
    "observation",
    "start_utc",
    "lst_hours",
    "verdict",
    "bad_antennas",
    "antennas",
    "job_seconds",
    "reason",
    "reasons",
    "failed_job",
    "cause",
    "log",
)
FAILED, SUFFIX = ".failed", ".failed"  # differ from all products, for any name of an observation
FILE = "nights.tsv"
OF_A_LINE = re.compile(r"line-\d+")  # lwacal.driver.observations.from_settings
# Rules that run only on request, after the verdict
ON_REQUEST = ("promote", "publish", "cleanup")
Row = dict[str, Any]
R = TypeVar("R", ManifestRecord, QualityRecord, RunRecord, FailureRecord)


def note(results: Path, name: str) -> Path:
    """Return the path of the failure record of an observation."""
    return results / FAILED / (name + SUFFIX)


def is_begun(results: Path, name: str) -> bool:
    """Return whether an observation has a folder of products or a failure record."""
    return (results / name).is_dir() or note(results, name).is_file()


def is_apart(failure: Failure) -> bool:
    """Return whether a failed job is not needed for the verdict of an observation."""
    return not failure.observation or failure.job.split()[0] in ON_REQUEST


def keep_failures(
    results: Path,
    observations: Iterable[str],
    failures: Sequence[Failure],
    made: Collection[tuple[str, str]] = (),
) -> None:
    """Record the first failed job of each observation; remove records that are out of date.

    ``made`` are the observation and title of the jobs that succeeded. The record of an earlier run
    stays if its job did not run again and the observation is not finished.
    """
    first = {
        failure.observation: failure for failure in reversed(failures) if not is_apart(failure)
    }
    for name in observations:
        path = note(results, name)
        if name in first:
            failure = first[name]
            files.write(
                FailureRecord,
                path,
                {
                    "observation": name,
                    "job": failure.job,
                    "cause": failure.cause,
                    "log": failure.log,
                },
            )
        elif _is_settled(path, results / name, made):
            path.unlink(missing_ok=True)


def _is_settled(path: Path, folder: Path, made: Collection[tuple[str, str]]) -> bool:
    """Return whether a failure record is out of date or unreadable; False if there is none."""
    try:
        if (folder.name, files.read(FailureRecord, path)["job"]) in made:
            return True
        # the last product, which depends on all others
        return (folder / "outcome.json").stat().st_mtime > path.stat().st_mtime
    except FileNotFoundError:
        return False
    except ValueError:
        return True


def drop_lines(results: Path, sheet: Collection[str]) -> list[str]:
    """Remove the failure records of unnamed lines that are no longer in the sheet.

    An observation that has no name and whose data cannot be read is named after its line in the
    sheet. When the line is corrected, the name changes and its failure record is out of date.
    Returns the names whose records were removed.
    """
    dropped = [name for name in names(results) if OF_A_LINE.fullmatch(name) and name not in sheet]
    for name in dropped:
        note(results, name).unlink(missing_ok=True)
    return dropped


def row(results: Path, name: str) -> Row:
    """Return the row of an observation; its verdict is "error" if a job of its last run failed.

    Without a verdict it is "unfinished" or "not begun", and "unreadable" if a record cannot be
    read.
    """
    folder = results / name
    fields: Row = {
        **dict.fromkeys(COLUMNS),
        "observation": name,
        "verdict": "unfinished" if is_begun(results, name) else "not begun",
    }
    try:
        for part in (_when, _outcome, _time):
            fields.update(part(folder))
        fields.update(_failure(note(results, name)))
    except (OSError, ValueError) as error:
        fields.update(verdict="unreadable", reason=f"{folder}: {type(error).__name__}: {error}")
    return fields


def _read(model: type[R], path: Path) -> R | None:
    return files.read(model, path) if path.is_file() else None


def _when(folder: Path) -> Row:
    manifest = _read(ManifestRecord, folder / "manifest.json")
    return _start(manifest["observation"]) if manifest else {}


def _start(observation: manifest_record.Observation | quality_record.Observation) -> Row:
    return {"start_utc": observation["start_utc"], "lst_hours": observation["lst_hours"]}


def _outcome(folder: Path) -> Row:
    quality = _read(QualityRecord, folder / "qa.json")
    if quality is None:
        return {}
    antpols, reasons = quality["antennas"], quality["reasons"]
    bad = {antpol["antenna"] for antpol in antpols if antpol["status"] == BAD}
    return {
        **_start(quality["observation"]),
        "verdict": quality["verdict"],
        "reason": reasons[0] if reasons else None,
        "reasons": len(reasons),
        "bad_antennas": len(bad),
        "antennas": len({antpol["antenna"] for antpol in antpols}),
    }


def _time(folder: Path) -> Row:
    run = _read(RunRecord, folder / "run.json")
    return {"job_seconds": round(run["total_s"])} if run else {}


def _failure(path: Path) -> Row:
    failure = _read(FailureRecord, path)
    if failure is None:
        return {}
    return {
        "verdict": "error",
        "failed_job": failure["job"],
        "cause": failure["cause"],
        "log": failure["log"],
    }


def names(results: Path) -> list[str]:
    """Return the observations of a results folder that have a verdict or a failure record."""
    judged = {
        path.parent.name for path in results.glob("*/qa.json") if not path.parent.is_symlink()
    }
    failed = {path.name.removesuffix(SUFFIX) for path in (results / FAILED).glob(f"*{SUFFIX}")}
    return sorted(judged | failed)


def write(results: Path, observations: Iterable[str]) -> Path:
    """Write nights.tsv with these and all other observations of the folder; return its path."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text,
        COLUMNS,
        delimiter="\t",
        lineterminator="\n",
        quoting=csv.QUOTE_NONE,
        quotechar=None,
        escapechar="\\",
        restval="",
    )
    writer.writeheader()
    for name in sorted({*names(results), *observations}):
        writer.writerow({key: _field(value) for key, value in row(results, name).items()})
    part = results / f".{FILE}.{os.getpid()}"  # another run may write at the same time
    products.write_text(part, text.getvalue())
    return part.replace(results / FILE)


def _field(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else " ".join(str(value).replace("\\", "/").split())


def counts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the number of rows per verdict: ``30 observations: 28 pass, 1 warn, 1 fail``."""
    verdicts = ["pass", "warn", "fail", "error", "unreadable", "unfinished", "not begun"]
    number = {word: sum(item["verdict"] == word for item in rows) for word in verdicts}
    parts = [f"{number[word]} {WORDS.get(word, word)}" for word in verdicts if number[word]]
    return f"{len(rows)} observations: {', '.join(parts)}"


# Names of verdicts in messages: a failed job (error) differs from the verdict fail.
WORDS = {"error": "not finished (error)"}
