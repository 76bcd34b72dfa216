"""benchmarks/results.json: measurements, with date and machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import machine
from lwacal.runtime import products

SCHEMA = 1
CHAIN = "chain "


def empty() -> dict[str, Any]:
    """Return results without any measurement."""
    return {"schema": SCHEMA, "parts": {}}


def read(path: Path) -> dict[str, Any]:
    """Return the results of earlier runs, or empty results if there are none of this form."""
    if not path.is_file():
        return empty()
    found = products.read_json(path)
    return found if found.get("schema") == SCHEMA else empty()


def chain_name(bands: int, integrations: int) -> str:
    """Return the name of the part for a chain of this size."""
    return f"{CHAIN}{bands}x{integrations}"


def chains(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records of the chains that were measured."""
    return [part["records"] for name, part in found["parts"].items() if name.startswith(CHAIN)]


def store(path: Path, part: str, measured: Any, quick: bool, load: float) -> dict[str, Any]:
    """Store the records of a part in the file, with machine and time; return all results.

    ``load`` is that of the preceding minute; above about 0.5 other processes were active.
    """
    found = read(path)
    found["parts"][part] = {
        "measured_utc": machine.now(),
        "load_before": load,
        "quick": quick,
        "machine": machine.facts(),
        "records": measured,
    }
    products.write_json(path, found)
    return found
