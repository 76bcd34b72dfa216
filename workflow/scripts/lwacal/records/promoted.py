"""promoted.json: tables that became references for later observations."""

from typing import Annotated

from lwacal.records.base import Record, described, record
from lwacal.records.verdict import Verdict


@record(version=1, rule="promote", files=("promoted.json",))
class PromotedRecord(Record):
    """Tables of an observation that became references for later ones."""

    id: Annotated[str, described("Name of the observation.")]
    verdict: Annotated[Verdict, described("Its verdict.")]
    tables: Annotated[list[str], described("The copies in delay.reference_dir.")]
