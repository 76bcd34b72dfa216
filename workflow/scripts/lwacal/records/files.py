"""Reads and writes records; each is checked against its model both times.

The numbers that are not finite become null (lwacal.runtime.products.plain); nothing else of a
record is changed by the checks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from lwacal.records import base
from lwacal.runtime import products

MOST_PROBLEMS = 3  # in a message
LONGEST_VALUE = 40  # characters of a value that is quoted
R = TypeVar("R", bound=Mapping[str, object])
_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


class InvalidRecordError(ValueError):
    """A record was to be written that does not fit its model: a mistake in the workflow."""

    remedy = "This is a mistake in the workflow: please report it with this log"


class OtherVersionError(products.DamagedError):
    """A record has the format of another version of the workflow."""

    remedy = (
        "Remove it and run again, and the workflow makes it in its own format; or read it with the"
        " version of the workflow that wrote it"
    )


def read(model: type[R], path: str | Path) -> R:
    """Read a record and check it against its model.

    Raises products.DamagedError for a file that is not JSON or does not fit the model, and
    OtherVersionError for one with another version of the format; both name the file.
    """
    found = products.read_json(path)
    _check_version(model, found, path)
    wrong = problems(model, found)
    if wrong:
        raise products.DamagedError(f"{path} is not a record of this kind: {in_words(wrong)}")
    return cast(R, found)


def write(model: type[R], path: str | Path, record: R) -> None:
    """Check a record, and write it with the version of its format as JSON with sorted keys.

    Raises InvalidRecordError if it does not fit its model; nothing is written then.
    """
    products.write_json(path, checked(model, record, path))


def checked(model: type[R], record: R, path: str | Path) -> dict[str, Any]:
    """Return a record as it is written: plain types, with the version of its format.

    Raises InvalidRecordError if it does not fit its model.
    """
    version = base.about(model).version
    own = {} if version is None else {"schema": version}
    plain = products.plain({**record, **own})
    wrong = problems(model, plain)
    if wrong:
        raise InvalidRecordError(f"{path} is not written: {in_words(wrong)}")
    return cast(dict[str, Any], plain)


def problems(model: type[Any], found: object) -> list[str]:
    """Return what does not fit a model: where, what is expected and what was found."""
    try:
        adapter(model).validate_python(found)
    except ValidationError as error:
        return [_problem(item["loc"], item["type"], item["msg"], found) for item in _errors(error)]
    return []


def in_words(wrong: Sequence[str]) -> str:
    """Return the first few problems as one text, with the number of the others."""
    more = len(wrong) - MOST_PROBLEMS
    return "; ".join(wrong[:MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")


def adapter(model: type[Any]) -> TypeAdapter[Any]:
    """Return what checks values against a model; made when it is first needed."""
    if model not in _ADAPTERS:
        _ADAPTERS[model] = TypeAdapter(model)
    return _ADAPTERS[model]


def _check_version(model: type[Any], found: object, path: str | Path) -> None:
    expected = base.about(model).version
    if expected is None or not isinstance(found, dict):
        return
    version = found.get("schema")
    if version is None:
        raise products.DamagedError(f"{path} is not a record of this kind: schema is missing")
    if version != expected:
        raise OtherVersionError(
            f"{path} has version {json.dumps(version)} of its format (schema), this workflow reads"
            f" version {expected}"
        )


def _errors(error: ValidationError) -> list[Any]:
    return error.errors(include_url=False, include_context=False)


def _problem(place: tuple[int | str, ...], kind: str, message: str, found: object) -> str:
    where, value = _locate(place, found)
    if kind == "missing":
        return f"{where} is missing"
    if kind == "extra_forbidden":
        return f"{where} is not a field of this record"
    if kind == "value_error":
        return f"{where}: {message.removeprefix('Value error, ')}"
    expected = message.replace("Input should be", "expected")
    return f"{where}: {expected}, found {_quoted(value)}"


def _locate(place: tuple[int | str, ...], found: object) -> tuple[str, object]:
    """Return a place as people write it (antennas[3].gain_db), and the value that is there.

    pydantic's place also names members of unions, which are no keys: they are left out.
    """
    words, value = "", found
    for number, step in enumerate(place):
        last = number == len(place) - 1
        if isinstance(step, int) and isinstance(value, list) and step < len(value):
            words, value = f"{words}[{step}]", value[step]
        elif isinstance(value, dict) and (step in value or last):
            words, value = f"{words}.{step}" if words else str(step), value.get(step)
    return words or "the record", value


def _quoted(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
