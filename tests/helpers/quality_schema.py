"""Checks qa.json as its readers do: every record that a test makes goes through here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from lwacal.records import base, files
from lwacal.records.quality import QualityRecord
from lwacal.runtime import paths

SCHEMA = paths.SCHEMAS / "qa.schema.json"


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def errors(quality: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a record as it is in qa.json: where, and what.

    By the model and by the schema that users have, which must agree on whether anything is. A
    record that is not written yet has no version of its format.
    """
    quality = {"schema": base.about(QualityRecord).version, **quality}
    by_model = files.problems(QualityRecord, quality)
    by_schema = [
        f"{error.json_path}: {error.message}" for error in _validator().iter_errors(quality)
    ]
    assert bool(by_model) == bool(by_schema), (by_model, by_schema)
    return by_schema


def check(quality: Mapping[str, Any], where: str = "qa.json") -> None:
    """Raise AssertionError if a record does not fit the schema."""
    found = errors(quality)
    assert not found, f"{where} does not fit {SCHEMA.name}: {found[:5]}"
