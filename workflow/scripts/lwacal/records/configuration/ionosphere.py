"""Section ionosphere."""

from __future__ import annotations

from pathlib import Path

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
    last_tables: str = Field(
        "",
        description="Folder of bandpass tables (.bcal) of an earlier night that are known to be"
        " good, such as latest in publish.folder. A sub-band whose phases differ from them by more"
        " than a beam and more than the ionosphere can has taken one source for another, and is"
        " flagged; one sub-band is enough. Tables of the observation itself are left out. Empty:"
        " none. Change it as soon as there are good tables. Publishing to latest makes observations"
        " stale that were compared with it; the folder of a version stays as it is.",
    )

    def tables(self) -> list[Path]:
        """Return the tables in last_tables, behind the link as it is now, by name."""
        if not self.last_tables:
            return []
        return sorted(Path(self.last_tables).resolve().glob("*.bcal"))
