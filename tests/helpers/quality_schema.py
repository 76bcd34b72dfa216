"""Checks qa.json against its schema: every record that a test makes goes through here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from lwacal.runtime import paths

SCHEMA = paths.SCHEMAS / "qa.schema.json"


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def errors(quality: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a record as it is in qa.json: where, and what."""
    return [f"{error.json_path}: {error.message}" for error in _validator().iter_errors(quality)]


def check(quality: Mapping[str, Any], where: str = "qa.json") -> None:
    """Raise AssertionError if a record does not fit the schema."""
    found = errors(quality)
    assert not found, f"{where} does not fit {SCHEMA.name}: {found[:5]}"
