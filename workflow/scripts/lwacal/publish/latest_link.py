"""Checks whether the link to the active tables still points to what was published."""

from __future__ import annotations

import os
from pathlib import Path

from lwacal.records import files
from lwacal.records.published import PublishedRecord

LATEST = "latest"


def moved(folder: str, record: Path) -> str:
    """Return a text that changes if the link no longer points where published.json says.

    ``folder`` is publish.folder, ``record`` the path of published.json. Publishing itself does not
    change the text: it is stored in published.json (as ``moved``) and stays the same as long as
    the link points to that version.
    """
    if not record.is_file():
        return ""
    try:
        known = files.read(PublishedRecord, record)
        version, text = known["version"], known.get("moved", "")
    except ValueError:
        return "unreadable"
    link = Path(folder, LATEST)
    leads_there = link.is_symlink() and Path(os.readlink(link)).name == version
    return text if leads_there else f"after {record.stat().st_mtime_ns}"
