"""cleanup.json: which large intermediate data were removed."""

from typing import Annotated

from lwacal.records.base import Record, described, record


@record(version=1, rule="cleanup", files=("cleanup.json",))
class CleanupRecord(Record):
    """Which large intermediate data of an observation were removed."""

    removed: Annotated[list[str], described("What was removed, below the observation's folder.")]
    message: Annotated[str, described("Why nothing was removed; or empty.")]
