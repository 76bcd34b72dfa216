"""Tells whether products of two runs are the same, by what is in them (docs/contracts.md, C5)."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
from astropy.io import fits
from casacore import tables

TABLES = (".ms", ".bcal", ".K", ".cl")
OF_ITS_RUN = {"run.json"}  # times and the machine


def differences(first: Path, second: Path, replaced: tuple[str, str] = ("", "")) -> list[str]:
    """Return what differs; ``replaced`` is a text of the first and what it is in the second."""
    if first.is_dir() != second.is_dir() or not second.exists():
        return [f"{second} is not like {first}"]
    if first.suffix in TABLES:
        return _of_tables(first, second)
    if first.is_dir():
        names = _names(first)
        if names != _names(second):
            return [f"{second} has other files than {first}"]
        return [text for name in names for text in differences(first / name, second / name)]
    if first.suffix == ".fits":
        same = np.array_equal(fits.getdata(first), fits.getdata(second), equal_nan=True)
    elif first.suffix == ".sqlite":
        same = _dump(first) == _dump(second)
    elif first.name == "images.json":
        same = _without_commands(first) == _without_commands(second)
    elif first.name in OF_ITS_RUN:
        same = json.loads(first.read_text()).keys() == json.loads(second.read_text()).keys()
    else:
        same = first.read_bytes().replace(*map(str.encode, replaced)) == second.read_bytes()
    return [] if same else [f"{second} differs from {first}"]


def _names(folder: Path) -> list[str]:
    """Return what is in a folder, without what Snakemake puts there (.snakemake_timestamp)."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _dump(path: Path) -> list[str]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return list(connection.iterdump())


def _without_commands(path: Path) -> dict:
    return {key: item for key, item in json.loads(path.read_text()).items() if key != "commands"}


def _of_tables(first: Path, second: Path) -> list[str]:
    found = []
    with (
        tables.table(str(first), ack=False) as one,
        tables.table(str(second), ack=False) as other,
    ):
        if one.colnames() != other.colnames() or one.nrows() != other.nrows():
            return [f"{second} has other columns or rows than {first}"]
        for name in one.colnames():
            if not _same(one, other, name):
                found.append(f"column {name} of {second} differs from that of {first}")
        subs = sorted(one.getsubtables())
    for sub in subs:
        name = Path(sub).name
        found += _of_tables(first / name, second / name)
    return found


def _same(one: tables.table, other: tables.table, name: str) -> bool:
    for row in range(one.nrows()):
        defined = one.iscelldefined(name, row)
        if defined != other.iscelldefined(name, row):
            return False
        if not defined:
            continue
        cells = one.getcell(name, row), other.getcell(name, row)
        if isinstance(cells[0], (dict, list, str)):
            if str(cells[0]) != str(cells[1]):
                return False
        elif not np.array_equal(*cells, equal_nan=np.asarray(cells[0]).dtype.kind in "fc"):
            return False
    return True
