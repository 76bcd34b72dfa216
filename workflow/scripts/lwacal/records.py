"""Small products on disk: JSON and CSV, written whole or not at all, and progress lines."""

from __future__ import annotations

import csv
import json
import math
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

FOUND = "found:"


def plain(value: Any) -> Any:
    """Return the value in types that JSON has; a number that is not finite becomes None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set)):
        items = sorted(value) if isinstance(value, set) else value
        return [plain(item) for item in items]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value


def write_text(path: str | Path, text: str) -> None:
    """Write a file beside its place and rename it, so that nobody ever sees half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def write_json(path: str | Path, record: Any) -> None:
    """Write a record as JSON with sorted keys; numbers that are not finite become null."""
    write_text(path, json.dumps(plain(record), sort_keys=True, indent=1, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; a file that is not JSON is a ValueError that names it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not valid JSON ({error}); remove it and run again") from error


def write_csv(
    path: str | Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]
) -> None:
    """Write rows as CSV with these columns; None and missing values are left empty."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows({key: plain(row.get(key)) for key in columns} for row in rows)
    os.replace(part, path)


def write_npz(path: str | Path, **arrays: np.ndarray) -> None:
    """Write compressed arrays whole or not at all (same arrays, same bytes)."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    os.replace(part, path)


def say(text: str) -> None:
    """Print one line of progress with the time (UTC); the rule sends it to the job's log."""
    sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} {text}\n")
    sys.stdout.flush()


def found(text: str) -> None:
    """Print the last line of a job: in a few words what it found.

    It is shown when the job has finished (see ``job_log.found``), with the observation, the rule,
    the sub-band or the source before it: the text need not name them.
    """
    say(f"{FOUND} {text}")
