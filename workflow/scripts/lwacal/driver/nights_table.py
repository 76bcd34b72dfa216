"""One row an observation: when it was, what came out, and what failed; as a table and as a file.

What failed of an observation is noted in <results>/.failed/ until it is made, or the observation is
finished without it; so rows follow from the files of the results folder alone.
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
FAILED, SUFFIX = ".failed", ".failed"  # no name of a product, whatever an observation is called
FILE = "nights.tsv"
OF_A_LINE = re.compile(r"line-\d+")  # lwacal.driver.observations.from_settings
# Rules that run only when asked for, on a verdict that is there.
ON_REQUEST = ("promote", "publish", "cleanup")
Row = dict[str, Any]
R = TypeVar("R", ManifestRecord, QualityRecord, RunRecord, FailureRecord)


def note(results: Path, name: str) -> Path:
    """Return where it is noted what failed of an observation."""
    return results / FAILED / (name + SUFFIX)


def is_begun(results: Path, name: str) -> bool:
    """Return whether anything was made of an observation, or tried."""
    return (results / name).is_dir() or note(results, name).is_file()


def is_apart(failure: Failure) -> bool:
    """Return whether a failure is not one of an observation's calibration: it has its verdict."""
    return not failure.observation or failure.job.split()[0] in ON_REQUEST


def keep_failures(
    results: Path,
    observations: Iterable[str],
    failures: Sequence[Failure],
    made: Collection[tuple[str, str]] = (),
) -> None:
    """Note for each observation what failed, the first job alone; else remove the note.

    ``made`` are observation and title of the jobs that ended well. A note of an earlier run stays
    if its job is not among them and the observation is not finished: nobody has tried again.
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
    """Return whether what a note tells is of the past; a note that tells nothing is."""
    try:
        if (folder.name, files.read(FailureRecord, path)["job"]) in made:
            return True
        # the last product, that all others lead to
        return (folder / "outcome.json").stat().st_mtime > path.stat().st_mtime
    except FileNotFoundError:
        return False
    except ValueError:
        return True


def drop_lines(results: Path, sheet: Collection[str]) -> list[str]:
    """Remove the notes of lines that the sheet does not have (any more); return their names.

    A row of the sheet without a name, and without data that tell one, is called by its line; when
    it is mended it has another name, and nothing is ever made of that one.
    """
    gone = [name for name in names(results) if OF_A_LINE.fullmatch(name) and name not in sheet]
    for name in gone:
        note(results, name).unlink(missing_ok=True)
    return gone


def row(results: Path, name: str) -> Row:
    """Return what is known of an observation; its verdict is "error" if its last run had one.

    Without products there is no verdict: "not begun", or "unfinished".
    """
    folder = results / name
    found: Row = {
        **dict.fromkeys(COLUMNS),
        "observation": name,
        "verdict": "unfinished" if is_begun(results, name) else "not begun",
    }
    try:
        for part in (_when, _outcome, _time):
            found.update(part(folder))
        found.update(_failure(note(results, name)))
    except (OSError, ValueError) as error:
        found.update(verdict="unreadable", reason=f"{folder}: {type(error).__name__}: {error}")
    return found


def _read(model: type[R], path: Path) -> R | None:
    return files.read(model, path) if path.is_file() else None


def _when(folder: Path) -> Row:
    manifest = _read(ManifestRecord, folder / "manifest.json")
    return _start(manifest["observation"]) if manifest else {}


def _start(seen: manifest_record.Observation | quality_record.Observation) -> Row:
    return {"start_utc": seen["start_utc"], "lst_hours": seen["lst_hours"]}


def _outcome(folder: Path) -> Row:
    quality = _read(QualityRecord, folder / "qa.json")
    if quality is None:
        return {}
    signals, seen, reasons = quality["antennas"], quality["observation"], quality["reasons"]
    bad = {signal["antenna"] for signal in signals if signal["status"] == BAD}
    return {
        **_start(seen),
        "verdict": quality["verdict"],
        "reason": reasons[0] if reasons else None,
        "reasons": len(reasons),
        "bad_antennas": len(bad),
        "antennas": len({signal["antenna"] for signal in signals}),
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
    """Return the observations of a results folder that came to a verdict or failed."""
    judged = {
        path.parent.name for path in results.glob("*/qa.json") if not path.parent.is_symlink()
    }
    failed = {path.name.removesuffix(SUFFIX) for path in (results / FAILED).glob(f"*{SUFFIX}")}
    return sorted(judged | failed)


def write(results: Path, observations: Iterable[str]) -> Path:
    """Write the rows of these and of all other observations of the folder; return the file."""
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
    own = results / f".{FILE}.{os.getpid()}"  # another run may end at the same moment
    products.write_text(own, text.getvalue())
    return own.replace(results / FILE)


def _field(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else " ".join(str(value).replace("\\", "/").split())


def counts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how many rows there are of each verdict: 28 pass, 1 warn, 1 failed."""
    verdicts = ["pass", "warn", "fail", "error", "unreadable", "unfinished", "not begun"]
    number = {word: sum(found["verdict"] == word for found in rows) for word in verdicts}
    said = [f"{number[word]} {WORDS.get(word, word)}" for word in verdicts if number[word]]
    return f"{len(rows)} observations: {', '.join(said)}"


# What a verdict is called where people read it; a verdict of fail is not a run that failed.
WORDS = {"error": "not finished (error)"}
