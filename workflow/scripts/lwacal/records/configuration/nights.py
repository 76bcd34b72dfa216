"""Section nights."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lwacal.records.configuration.section import Section
from lwacal.records.configuration.values import DISTINCT

DATE = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$(?![\s\S])"


class Nights(Section):
    """Which observations of the sheet to calibrate."""

    first: str = Field(
        "",
        alias="from",
        title="date such as 2024-05-01",
        pattern=DATE,
        description="First date on which an observation may start (UTC). Empty: no limit. Set it to"
        " calibrate some nights of the sheet:"
        " --config 'nights={from: 2024-05-01, to: 2024-05-31}'.",
    )
    last: str = Field(
        "",
        alias="to",
        title="date such as 2024-05-31",
        pattern=DATE,
        description="Last date on which an observation may start (UTC). Empty: no limit. Set it to"
        " the same date as from to calibrate one night.",
    )
    without: Annotated[
        tuple[Annotated[str, Field(title="name of an observation")], ...], *DISTINCT
    ] = Field(
        (),
        description="Names of observations to leave out. Change it to go on without a night that"
        " cannot be calibrated; its earlier products stay, and so do its points in the trends.",
    )
