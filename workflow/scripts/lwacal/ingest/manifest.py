"""Says what an observation consists of and what is wrong with it (contract C1).

Everything later in the workflow trusts this record, and only this record, about what is in the raw
data: which integrations and sub-bands there are, what TIME means, which files are left out and why.
It is what the headers told (lwacal.ingest.inventory) with what was found in the data when they were
read (lwacal.ingest.concat).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from lwacal.ingest import inventory


def complete(
    headers: Mapping[str, Any], findings: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return manifest.json from the inventory and the findings of concat, by sub-band."""
    record = copy.deepcopy(dict(headers))
    for band, found in findings.items():
        entries = record["bands"][band]["entries"]
        for item in found["entries"]:
            entry = entries[item["entry"]]
            entry["usable"] = item["used"]
            record["faults"] += [
                {**fault, "file": entry["path"], "band": band, "time": entry["stamp"]}
                for fault in item["faults"]
            ]
        used = any(entry["usable"] for entry in entries)
        record["bands"][band].update(inventory.whether_usable(band, used))
    record["faults"] = inventory.sort_faults(record["faults"])
    return record
