"""What all records have in common: fields with a description, and a version of the format.

A record is a dictionary with text keys. Its model is a TypedDict, so that code keeps writing
``record["name"]`` and a type checker knows each key. A model names all keys that its record may
have; `lwacal.records.files` refuses any other.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

Model = TypeVar("Model", bound=type)


@with_config(ConfigDict(extra="forbid", strict=True))
class Part(TypedDict):
    """A part of a record: an object with the keys that its model names, and no others."""


class Record(Part):
    """A record as a whole. ``lwacal.records.files.write`` adds ``schema``, the format's version."""

    schema: NotRequired[Annotated[int, Field(description="Version of this format.")]]


@dataclass(frozen=True)
class About:
    """What is known of a kind of record.

    ``version`` is the number of its format, None for one that other software writes; ``rule`` makes
    it; ``files`` are its paths below the folder of an observation, or of all results.
    """

    version: int | None
    rule: str
    files: tuple[str, ...]


_ABOUT: dict[type, About] = {}


def record(*, version: int | None, rule: str, files: Iterable[str]) -> Callable[[Model], Model]:
    """Declare a model to be that of a record, with its version and where it is found."""

    def declare(model: Model) -> Model:
        _ABOUT[model] = About(version, rule, tuple(files))
        return model

    return declare


def about(model: type) -> About:
    """Return what was declared of a record's model."""
    return _ABOUT[model]


def described(text: str, *, unit: str = "", axes: str = "", **limits: Any) -> Any:
    """Return a field's description for its type: meaning, unit, and order of the axes of a list.

    ``limits`` are those of pydantic's Field: ge, le, min_length, pattern and so on.
    """
    extra: dict[str, Any] = {}
    if unit:
        extra["unit"] = unit
    if axes:
        extra["axes"] = axes
    return Field(description=text, json_schema_extra=extra, **limits)


def _all_different(items: list[Any]) -> list[Any]:
    if len(set(items)) < len(items):
        raise ValueError("expected items that are all different")
    return items


T = TypeVar("T")
Distinct = Annotated[
    list[T], AfterValidator(_all_different), Field(json_schema_extra={"uniqueItems": True})
]
Band = Annotated[str, Field(pattern=r"^[0-9]+MHz$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
