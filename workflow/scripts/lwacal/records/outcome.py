"""outcome.json: where an observation was sorted by its verdict."""

from typing import Annotated, Literal

from lwacal.records.base import Record, described, record
from lwacal.records.verdict import Verdict


@record(version=1, rule="outcome", files=("outcome.json",))
class OutcomeRecord(Record):
    """Where an observation was sorted by its verdict; made after the reports."""

    id: Annotated[str, described("Name of the observation.")]
    verdict: Annotated[Verdict, described("The verdict in qa.json.")]
    outcome: Annotated[
        Literal["successful", "unsuccessful"], described("The folder of links it belongs to.")
    ]
    link: Annotated[str | None, described("The link, below results; null without links.")]
    reasons: Annotated[list[str], described("The reasons in qa.json.")]
    message: Annotated[str, described("Why a link could not be made; or empty.")]
