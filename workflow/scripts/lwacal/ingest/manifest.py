"""The manifest: what an observation consists of, and the faults of its raw data.

All later steps rely on this record alone for what is in the raw data: the integrations and
sub-bands, the meaning of TIME, which files are left out and why. It combines the inventory of the
headers (lwacal.ingest.inventory) with the findings of the only read of the data
(lwacal.ingest.concat).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

from lwacal.ingest import inventory
from lwacal.records.concat import ConcatRecord
from lwacal.records.manifest import ManifestRecord


def complete(headers: ManifestRecord, findings: Mapping[str, ConcatRecord]) -> ManifestRecord:
    """Return manifest.json from the inventory and the findings of concat, by sub-band."""
    record = copy.deepcopy(headers)
    for band, found in findings.items():
        entries = record["bands"][band]["entries"]
        for item in found["entries"]:
            entry = entries[item["entry"]]
            entry["usable"] = item["used"]
            record["faults"] += [
                {
                    "kind": fault["kind"],
                    "message": fault["message"],
                    "file": entry["path"],
                    "band": band,
                    "time": entry["stamp"],
                }
                for fault in item["faults"]
            ]
        used = any(entry["usable"] for entry in entries)
        record["bands"][band]["usable"] = used
        record["bands"][band]["message"] = inventory.why_unusable(band, used)
    record["faults"] = inventory.sort_faults(record["faults"])
    return record
