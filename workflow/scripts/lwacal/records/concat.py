"""concat/<band>.json: what was found in the raw data of a sub-band while they were joined."""

from typing import Annotated

from lwacal.records.base import Band, Count, Part, Record, described, record
from lwacal.records.manifest import FaultKind


class DataFault(Part):
    """Something that is wrong with the data of one integration."""

    kind: Annotated[FaultKind, described("What is wrong, in one word.")]
    message: Annotated[str, described("What is wrong, and what was done about it.")]


class EntryFindings(Part):
    """What was found in the data of one integration."""

    entry: Annotated[
        Count, described("Which one: place in bands.<band>.entries of inventory.json, from 0.")
    ]
    used: Annotated[bool, described("Whether the data are in the concatenated set.")]
    faults: Annotated[list[DataFault], described("What is wrong with them.")]


@record(version=1, rule="concat", files=("concat/<band>.json",))
class ConcatRecord(Record):
    """What was found in the raw data of a sub-band while they were joined.

    The rule manifest adds it to the inventory. Integrations that the inventory calls unusable are
    not in it.
    """

    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    entries: Annotated[list[EntryFindings], described("In order of time.")]
