"""Whether the link to the tables in force still leads to what an observation has published."""

from __future__ import annotations

import os
from pathlib import Path

from lwacal.runtime import products

LATEST = "latest"


def moved(folder: str, record: Path) -> str:
    """Return a text that changes when the link leads elsewhere than published.json says.

    ``folder`` is publish.folder, ``record`` the path of published.json. Publishing itself does not
    change the text: it is written into published.json (as ``moved``) and is the same for as long
    as the link leads to that version.
    """
    if not record.is_file():
        return ""
    try:
        known = products.read_json(record)
        version, text = known["version"], known.get("moved", "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return "unreadable"
    link = Path(folder, LATEST)
    leads_there = link.is_symlink() and Path(os.readlink(link)).name == version
    return text if leads_there else f"after {record.stat().st_mtime_ns}"
