"""The sheet of observations: a tab-separated file, one row per observation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from lwacal.driver.problems import Problem, SettingsError, expected_words, found_words, nearest
from lwacal.records.configuration.observation_row import ObservationRow
from lwacal.runtime import paths

SCHEMA = paths.SCHEMAS / "observations.schema.json"
DEFAULT_PATH = Path("config/observations.tsv")
Line = tuple[int, list[str]]


class SheetRow(ObservationRow):
    """A row, and its line in the file (from 1)."""

    line: int


def read_observations(path: str | Path) -> list[SheetRow]:
    """Return the rows of the sheet.

    Blank lines and lines that begin with # do not count. A missing sheet at the default path has no
    rows. Raises SettingsError with everything that is wrong.
    """
    path = Path(path)
    if not path.is_file():
        if path == DEFAULT_PATH:
            return []
        raise SettingsError(
            [
                Problem(
                    "observations",
                    found_words(str(path)),
                    "an existing tab-separated file",
                    f"another path; relative ones start from {Path.cwd()}",
                )
            ]
        )
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    lines = list(_lines(path))
    if not lines:
        return []
    (header_line, header), *body = lines
    columns = list(schema["properties"])
    problems = list(_header_problems(f"line {header_line}", header, columns))
    rows: dict[int, dict[str, str]] = {}
    for number, fields in body if {"input", "input_ms"} & set(header) else []:
        given = {name: value for name, value in zip(header, fields) if name in columns}
        row = {name: "" for name in columns} | given
        problems += _row_problems(number, fields, header, row, schema)
        rows[number] = row
    problems += _repeated(rows)
    if problems:
        raise SettingsError(problems, str(path))
    return [SheetRow(line=number, **row) for number, row in rows.items()]


def _lines(path: Path) -> Iterator[Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            [Problem("observations", str(error), "a text file in UTF-8")], str(path)
        ) from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, [field.strip() for field in line.split("\t")]


def _header_problems(
    where: str, header: Sequence[str], columns: Sequence[str]
) -> Iterator[Problem]:
    expected = f"columns {', '.join(columns)}, separated by tabs"
    if len(header) == 1 and len(header[0].split()) > 1:
        yield Problem(where, found_words(header[0]), expected, "tabs instead of spaces")
        return
    for name in header:
        if name not in columns:
            yield Problem(where, f"column {found_words(name)}", expected, nearest(name, columns))
    if len(set(header)) < len(header):
        yield Problem(where, "the same column twice", expected)
    if not {"input", "input_ms"} & set(header):
        yield Problem(where, "no column input or input_ms", expected)


def _row_problems(
    number: int,
    fields: Sequence[str],
    header: Sequence[str],
    row: dict[str, str],
    schema: dict[str, Any],
) -> Iterator[Problem]:
    where = f"line {number}"
    if len(fields) > len(header):
        yield Problem(where, f"{len(fields)} columns", f"{len(header)}, as in the first line")
    if bool(row["input"]) == bool(row["input_ms"]):
        found = "input and input_ms" if row["input"] else "neither input nor input_ms"
        hint = "tabs between the columns" if len(fields) == 1 else ""
        yield Problem(where, found, "exactly one of them", hint)
    if row["config"] and not Path(row["config"]).is_file():
        yield Problem(
            f"{where}, config",
            found_words(row["config"]),
            "an existing YAML file",
            f"another path; relative ones start from {Path.cwd()}",
        )
    if any(not character.isprintable() for field in fields for character in field):
        yield Problem(where, "an invisible character", "only text and tabs")
    for name, node in schema["properties"].items():
        if not Draft202012Validator(node).is_valid(row[name]):
            yield Problem(f"{where}, {name}", found_words(row[name]), expected_words(node))


def _repeated(rows: Mapping[int, Mapping[str, str]]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for line, row in rows.items():
        name = row["observation"]
        if name and name in first:
            yield Problem(
                f"line {line}, observation",
                found_words(name),
                f"a different name (line {first[name]} has this one)",
            )
        first.setdefault(name, line)
