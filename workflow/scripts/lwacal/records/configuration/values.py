"""Types of values that several sections use."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

Items = TypeVar("Items", bound=tuple[object, ...])


def distinct(items: Items) -> Items:
    """Return the items; raise ValueError if one of them occurs twice."""
    if len(set(items)) < len(items):
        raise ValueError("each item once")
    return items


# For tuples whose items must differ
DISTINCT = (AfterValidator(distinct), Field(json_schema_extra={"uniqueItems": True}))

AntennaName = Annotated[
    str,
    Field(
        title="antenna name or correlator number, such as LWA253, LWA-253A or 283",
        pattern=r"^([A-Za-z]+-?)?[0-9]+[ABXYabxy]?$",
    ),
]
AntennaNames = Annotated[tuple[AntennaName, ...], *DISTINCT]

FrequencyMhz = Annotated[float, Field(ge=0, le=1000)]
RangeMhz = Annotated[tuple[FrequencyMhz, FrequencyMhz], Field(title="two numbers, the lower first")]

ObservationName = Annotated[
    str,
    Field(
        title="name of at most 100 letters, digits, '.', '_' and '-', starting with a letter or"
        " digit, not one of the workflow's own ('successful', 'unsuccessful', 'trends.*',"
        " 'nights.*', 'suggested_flags.*')",
        pattern=r"^(?!((un)?successful|(trends|nights|suggested_flags)[.].*)$)"
        r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})?$(?![\s\S])",
    ),
]
