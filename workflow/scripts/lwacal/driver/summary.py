"""The message at the end of a run: verdict, reasons and report of each observation."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lwacal.driver import nights_table, time_left
from lwacal.records import files
from lwacal.records.outcome import OutcomeRecord
from lwacal.records.quality import QualityRecord

SHOWN_REASONS = 8
REPORTS = ("report.html", "report.pdf")
# Raised when a damaged or incompatible record is read.
DAMAGE = (OSError, ValueError, KeyError, TypeError, AttributeError)


def summary(observations: Iterable[str], results: Path) -> str:
    """Return the message for the observations of a run, in their order.

    A single observation is shown with all its reasons, several in a table. Observations without a
    verdict are listed as such; those not begun, of which the run requested no product, are left
    out.
    """
    begun = [name for name in observations if nights_table.is_begun(results, name)]
    if len(begun) == 1:
        return _alone(nights_table.row(results, begun[0]), results / begun[0])
    if not begun:
        return ""
    trends = results / "trends.html"
    rows = [nights_table.row(results, name) for name in begun]
    parts = [
        f"\n{HEADER}\n",
        *[_in_table(row, results / row["observation"]) for row in rows],
        f"\n{nights_table.counts(rows)}\n",
    ]
    if any((results / name / REPORTS[0]).is_file() for name in begun):
        parts.append(f"reports: {results}/<observation>/{REPORTS[0]}\n")
    if trends.is_file():
        parts.append(f"all nights: {trends}\n")
    return "".join(parts)


def _line(name: str, start: str, lst: str, verdict: str, bad: str, took: str) -> str:
    return (
        f"{_cut(name, NAME):{NAME}}  {start:16}  {lst:>6}  {verdict:10}  {bad:>12}  {took:>8}"
    ).rstrip()


def _cut(text: str, width: int) -> str:
    """Return the text, with its middle cut out if it is longer than ``width``."""
    half = (width - 1) // 2
    return text if len(text) <= width else f"{text[:half]}~{text[-half:]}"


NAME = 34
WIDTH = 100
HEADER = _line("observation", "start (UTC)", "LST", "verdict", "bad antennas", "job time")


def _in_table(row: Mapping[str, Any], folder: Path) -> str:
    """Return the line of an observation, and below it the reasons and paths unless it passed."""
    lst = f"{row['lst_hours']:.1f} h" if row["lst_hours"] is not None else ""
    bad = f"{row['bad_antennas']} of {row['antennas']}" if row["antennas"] else ""
    took = time_left.words(row["job_seconds"]) if row["job_seconds"] else ""
    start = (row["start_utc"] or "").replace("T", " ")[:16]
    lines = [_line(row["observation"], start, lst, row["verdict"].upper(), bad, took)]
    for text in _why(row, folder):
        lines += textwrap.wrap(
            text,
            WIDTH,
            initial_indent="    ",
            subsequent_indent="      ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "".join(f"{line}\n" for line in lines)


def _why(row: Mapping[str, Any], folder: Path) -> Iterator[str]:
    if row["failed_job"]:
        yield f"{row['failed_job']}: {row['cause']}"
        yield f"log: {row['log']}"
    elif row["verdict"] not in ("pass", "not begun") and row["reason"]:
        more = f" (and {row['reasons'] - 1} more)" if (row["reasons"] or 0) > 1 else ""
        yield row["reason"] + more
    if row["verdict"] in ("pass", "warn", "fail"):
        reports = _reports(folder, files.read(QualityRecord, folder / "qa.json")).strip()
        if not reports.startswith("report: ") or "earlier verdict" in reports:
            yield reports


def _alone(row: Mapping[str, Any], folder: Path) -> str:
    """Return the verdict of a single observation with all its reasons."""
    if row["failed_job"]:
        status = (
            "its verdict is from an earlier run"
            if (folder / "qa.json").is_file()
            else "no verdict yet"
        )
        return (
            f"\n{folder.name}: {status}\n  FAILED at {row['failed_job']}: {row['cause']}\n"
            f"  log: {row['log']}\n  products so far: {folder}\n"
        )
    if row["verdict"] == "unreadable":
        return f"\n{folder.name}: {row['reason']}\n"
    if row["verdict"] in ("unfinished", "not begun"):
        return f"\n{folder.name}: no verdict yet\n  products so far: {folder}\n"
    try:
        quality = files.read(QualityRecord, folder / "qa.json")
        return _words(folder, quality)
    except DAMAGE as error:
        return f"\n{folder.name}: {row['verdict'].upper()}\n  {_damaged(error)}\n"


def _words(folder: Path, quality: QualityRecord) -> str:
    reasons = [f"  - {reason}\n" for reason in quality["reasons"]]
    if len(reasons) > SHOWN_REASONS:
        more = len(reasons) - SHOWN_REASONS
        reasons[SHOWN_REASONS:] = [f"  - and {more} more, in {folder / 'qa.json'}\n"]
    verdict = quality["verdict"].upper()
    return f"\n{folder.name}: {verdict}\n{''.join(reasons)}{_reports(folder, quality)}"


def _damaged(error: BaseException) -> str:
    return (
        f"this summary is incomplete: {type(error).__name__}: {error}. Remove the damaged file and"
        " run again"
    )


def _reports(folder: Path, quality: QualityRecord) -> str:
    """Return the paths of the reports, or a message if a record is damaged."""
    try:
        return _reports_of(folder, quality)
    except DAMAGE as error:
        return f"  {_damaged(error)}\n"


def _reports_of(folder: Path, quality: QualityRecord) -> str:
    """Return the paths of the reports, and whether they are of an earlier verdict than qa.json.

    The file times alone do not show this: if qa.json is remade with the same content, the reports
    are not. outcome.json, which is made after the reports, has the verdict that they show.
    """
    judged = (folder / "qa.json").stat().st_mtime_ns
    paths = [folder / name for name in REPORTS if (folder / name).is_file()]
    if not paths:
        return f"  no report yet: `snakemake {folder / REPORTS[0]}` makes it\n"
    sorted_for = folder / "outcome.json"
    outcome = files.read(OutcomeRecord, sorted_for) if sorted_for.is_file() else None
    changed = outcome is None or any(outcome[key] != quality[key] for key in ("verdict", "reasons"))
    old = changed and any(path.stat().st_mtime_ns < judged for path in paths)
    note = f" (of an earlier verdict: `snakemake {paths[0]}` updates it)" if old else ""
    return f"  report: {', '.join(map(str, paths))}{note}\n"
