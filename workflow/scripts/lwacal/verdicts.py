"""What a run says at its end: the verdict of each observation, why, and where the report is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lwacal import records

SHOWN_REASONS = 8
REPORTS = ("report.html", "report.pdf")


def summary(observations: Iterable[str], results: Path) -> str:
    """Return the message for the observations of a run, in their order.

    An observation without a verdict is named as such if it was begun; one of which there is
    nothing yet (only a product of another was asked for) is left out.
    """
    folders = [results / name for name in observations]
    parts = [_verdict(folder) for folder in folders if folder.is_dir()]
    trends = results / "trends.html"
    if len(parts) > 1 and trends.is_file():
        parts.append(f"\nall nights: {trends}\n")
    return "".join(parts)


def _verdict(folder: Path) -> str:
    if not (folder / "qa.json").is_file():
        return f"\n{folder.name}: no verdict yet\n  products so far: {folder}\n"
    try:
        quality = records.read_json(folder / "qa.json")
        return _words(folder, quality)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"\n{folder.name}: no verdict can be read\n  {type(error).__name__}: {error}\n"


def _words(folder: Path, quality: Mapping[str, Any]) -> str:
    reasons = [f"  - {reason}\n" for reason in quality["reasons"]]
    if len(reasons) > SHOWN_REASONS:
        more = len(reasons) - SHOWN_REASONS
        reasons[SHOWN_REASONS:] = [f"  - and {more} more, in {folder / 'qa.json'}\n"]
    verdict = quality["verdict"].upper()
    return f"\n{folder.name}: {verdict}\n{''.join(reasons)}{_reports(folder, quality)}"


def _reports(folder: Path, quality: Mapping[str, Any]) -> str:
    """Say where the reports are, and if they are of an earlier verdict than qa.json.

    An older file alone says nothing: if qa.json is made again with the same content, reports stay.
    outcome.json, made after them, tells what they were made for.
    """
    judged = (folder / "qa.json").stat().st_mtime_ns
    paths = [folder / name for name in REPORTS if (folder / name).is_file()]
    if not paths:
        return f"  no report yet: `snakemake {folder / REPORTS[0]}` makes it\n"
    sorted_for = folder / "outcome.json"
    known = records.read_json(sorted_for) if sorted_for.is_file() else {}
    changed = any(known.get(key) != quality[key] for key in ("verdict", "reasons"))
    old = changed and any(path.stat().st_mtime_ns < judged for path in paths)
    note = f" (of an earlier verdict: `snakemake {paths[0]}` makes it anew)" if old else ""
    return f"  report: {', '.join(map(str, paths))}{note}\n"
