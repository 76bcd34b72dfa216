"""Section outcome."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Outcome(Section):
    """Sorting of finished observations by verdict."""

    links: bool = Field(
        True,
        description="Whether to link to each observation from <results>/successful or"
        " <results>/unsuccessful, by its verdict. Set it to false on file systems without symbolic"
        " links.",
    )
