"""Sorts finished observations by verdict, with links in successful/ and unsuccessful/.

The products stay where they are. The verdicts pass and warn count as successful, fail as
unsuccessful; a link of the other kind from an earlier run is removed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from lwacal.records.outcome import OutcomeRecord
from lwacal.records.quality import QualityRecord
from lwacal.records.verdict import Verdict

KINDS: dict[Verdict, Literal["successful", "unsuccessful"]] = {
    "pass": "successful",
    "warn": "successful",
    "fail": "unsuccessful",
}


def sort(qa: QualityRecord, folder: Path, results: Path, links: bool) -> OutcomeRecord:
    """Create the link of an observation and return outcome.json.

    ``folder`` holds the products of the observation, ``results`` those of all. If ``links`` is
    false, existing links are removed. Anything that is not a link is left alone.
    """
    kind = KINDS[qa["verdict"]]
    messages = []
    for other in sorted(set(KINDS.values())):
        place = results / other / folder.name
        if other == kind and links:
            messages.append(_link(place, folder))
        elif place.is_symlink():
            place.unlink()
    return {
        "id": qa["observation"]["id"],
        "verdict": qa["verdict"],
        "outcome": kind,
        "link": f"{kind}/{folder.name}" if links else None,
        "reasons": list(qa["reasons"]),
        "message": "; ".join(text for text in messages if text),
    }


def _link(place: Path, folder: Path) -> str:
    """Create or replace a relative link to the folder; return what went wrong, or nothing."""
    if place.exists() and not place.is_symlink():
        return f"{place} is not a link: left unchanged, no link created"
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(place.name + ".part")
    part.unlink(missing_ok=True)
    part.symlink_to(os.path.relpath(folder.resolve(), place.parent.resolve()))
    part.replace(place)
    return ""
