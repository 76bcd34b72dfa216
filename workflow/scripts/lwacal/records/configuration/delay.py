"""Section delay."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lwacal.records.configuration.section import Section


class Delay(Section):
    """Delays of the antennas, a diagnosis that is not part of the calibration.

    They are measured twice: from the phases of the bandpass, and from the first integration.
    """

    enabled: bool = Field(
        True,
        description="Whether to solve for delays. Set it to false to save time.",
    )
    engine: Literal["stefcal", "casa"] = Field(
        "stefcal",
        description="Solver for the delays of the first integration: stefcal (as for the bandpass)"
        " or casa (the CASA task gaincal, type K, which takes a minute and 6 GB per full-size"
        " sub-band). Set it to casa to compare.",
    )
    min_freq_mhz: float = Field(
        41,
        ge=0,
        description="Lowest sub-band used [MHz]. Lower it if delays are noisy and interference is"
        " low.",
    )
    min_snr: float = Field(
        3,
        ge=0,
        description="Delays of the first integration with a lower signal-to-noise ratio are not"
        " used [ratio]. Lower it if too few antennas get a delay.",
    )
    difference_ns: float = Field(
        100,
        gt=0,
        description="A delay that differs from the reference by more than this counts as off [ns]."
        " Lower it to be stricter.",
    )
    reference_table: str = Field(
        "",
        description="A .K table, or one of a night's .bcal tables, to compare the delays with."
        " Empty: the table in reference_dir with the nearest sidereal time, if there is one. Change"
        " it to follow changes since a certain night.",
    )
    reference_dir: str = Field(
        "",
        description="Folder of reference tables (.K or .bcal, also in subfolders), to which the"
        " rule promote adds (20h/NAME.K). Empty: none. Change it to have the reference with the"
        " nearest sidereal time chosen for each observation.",
    )
    promote_verdict: Literal["pass", "warn", "fail"] = Field(
        "pass",
        description="Worst verdict with which the rule promote copies the tables of an observation"
        " to reference_dir. Set it to warn or fail to promote tables with a worse verdict.",
    )
    reference_search_h: float = Field(
        8,
        ge=0,
        le=12,
        description="Largest difference in sidereal time of a table in reference_dir, both times"
        " truncated to whole hours [hours]. Lower it if delays vary over the day.",
    )
    board_failure_percent: float = Field(
        50,
        gt=0,
        le=100,
        description="A SNAP2 board on which at least this percentage of the delays is off is"
        " reported as faulty [percent]. Lower it to be warned earlier.",
    )
