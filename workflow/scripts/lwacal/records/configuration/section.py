"""What all sections have in common, and how a job reads the sections that its rule hands over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

AnySection = TypeVar("AnySection", bound="Section")


class SectionError(ValueError):
    """Settings handed to a job do not fit their section: the message names the keys."""


class Section(BaseModel):
    """A section of the configuration: read-only, and with no keys beyond those declared.

    The docstring of a section is its explanation in config.yaml; the description of each key says
    what it means, its unit in brackets, and when to change it.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        serialize_by_alias=True,
        regex_engine="python-re",
    )

    def as_json(self) -> dict[str, Any]:
        """Return the section as JSON has it: keys as in config.yaml, lists for tuples."""
        return self.model_dump(mode="json")


def read_section(text: str, name: str, model: type[AnySection]) -> AnySection:
    """Return one section from the JSON text that a rule hands over: {"name": {...}, ...}.

    A rule may hand over part of a section. Keys that it leaves out have no value, not even their
    default: reading one raises AttributeError, because a change of it would not rerun the rule.
    Raises SectionError if the section is missing or a value does not fit.
    """
    try:
        given = json.loads(text)[name]
        section = model.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        raise SectionError(_words(error, name)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SectionError(f'--settings is not JSON such as {{"{name}": {{...}}}}') from error
    _drop_defaults(section)
    return section


def _drop_defaults(section: Section) -> None:
    """Remove the values of keys that were not given."""
    for name in type(section).model_fields:
        if name not in section.model_fields_set:
            del section.__dict__[name]
        elif isinstance(section.__dict__[name], Section):
            _drop_defaults(section.__dict__[name])


def _words(error: ValidationError, name: str) -> str:
    return "; ".join(
        f"{dotted_key((name, *item['loc']))} / found: {json.dumps(_found(item))}"
        f" / expected: {item['msg']}"
        for item in error.errors(include_url=False)
    )


def _found(item: Mapping[str, Any]) -> Any:
    found = item["input"]
    return found if isinstance(found, (str, int, float, type(None))) else type(found).__name__


def dotted_key(path: tuple[str | int, ...]) -> str:
    """Return a path as it is written in messages: sky_model.sources[0]."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).strip(".")
