"""Small products on disk: JSON and CSV, written atomically."""

from __future__ import annotations

import csv
import json
import math
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from lwacal.runtime import atomic


class DamagedError(ValueError):
    """A product is damaged, or its content is not what it should be."""

    remedy = "Remove it and run again to remake it"


def plain(value: Any) -> Any:
    """Return the value in the types of JSON; numbers that are not finite become None."""
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
    """Write a text file atomically."""
    with atomic.output(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: str | Path, record: Any) -> None:
    """Write a record atomically as JSON with sorted keys; non-finite numbers become null."""
    write_text(path, json.dumps(plain(record), sort_keys=True, indent=1, allow_nan=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file. Raises DamagedError, which names the file, if it is not valid JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # not JSON, or not even text
        raise DamagedError(f"{path} is not valid JSON: {error}") from error


def write_csv(path: str | Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows atomically as CSV with these columns; None and missing values stay empty."""
    with atomic.output(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows({key: plain(row.get(key)) for key in columns} for row in rows)


def write_npz(path: str | Path, **arrays: np.ndarray) -> None:
    """Write a compressed .npz file atomically; the same arrays give the same bytes."""
    with atomic.output(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def open_npz(path: str | Path) -> NpzFile:
    """Open an .npz file. Raises DamagedError, which names the file, if it is not a valid one."""
    try:
        archive = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DamagedError(f"{path} is not a valid .npz file: {error}") from error
    if not isinstance(archive, NpzFile):
        raise DamagedError(f"{path} holds a single array; expected an .npz file of named arrays")
    return archive


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """Read all arrays of an .npz file. Raises DamagedError, which names the file."""
    with open_npz(path) as archive:
        return {name: read_array(archive, name, path) for name in archive}


def read_array(archive: NpzFile, name: str, path: str | Path) -> np.ndarray:
    """Read one array of an open .npz file. Raises DamagedError if it is missing or damaged."""
    try:
        return archive[name]
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DamagedError(f"{path}: the array {name} cannot be read: {error}") from error
