"""Section cleanup."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Cleanup(Section):
    """Removal of large intermediate data."""

    enabled: bool = Field(
        False,
        description="Whether to remove the concatenated and the calibrated data of an observation"
        " at the end of a run, unless its verdict is fail. Set it to true for batches; if a setting"
        " changes later, they have to be made again.",
    )
    images: bool = Field(
        False,
        description="Whether cleanup removes the FITS images too; measurements and reports stay."
        " Set it to true if disk space is short.",
    )
