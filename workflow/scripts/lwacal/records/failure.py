"""<results>/.failed/<observation>.failed: which job of an observation failed."""

from typing import Annotated

from lwacal.records.base import Record, described, record


@record(version=1, rule="(end of a run)", files=(".failed/<observation>.failed",))
class FailureRecord(Record):
    """Which job of an observation failed first; removed when the observation is finished."""

    observation: Annotated[str, described("Name of the observation.")]
    job: Annotated[str, described("Rule and wildcards of the job.")]
    cause: Annotated[str, described("Its last words.")]
    log: Annotated[str, described("Path of its log.")]
