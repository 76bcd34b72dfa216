"""Section ionosphere."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Ionosphere(Section):
    """The dispersive part of the gains, separated from the instrument over all sub-bands."""

    take_out: bool = Field(
        True,
        description="Whether the phases of the ionosphere are taken out of the tables, which then"
        " hold the instrument and suit other times; images of the observation itself get them back."
        " Set it to false to keep them in the tables.",
    )
