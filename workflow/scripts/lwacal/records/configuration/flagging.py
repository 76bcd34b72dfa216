"""Section flagging."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Flagging(Section):
    """Flags on the visibilities. They are stored next to the data, separately by cause."""

    original: bool = Field(
        True,
        description="Whether to apply the flags in the raw data. Set it to false if an earlier"
        " flagging went wrong.",
    )
    aoflagger: bool = Field(
        True,
        description="Whether to search for interference with AOFlagger. Set it to false to save"
        " time on data known to be clean.",
    )
    strategy: str = Field(
        "",
        description="AOFlagger strategy, run by the program aoflagger one baseline at a time: the"
        " path of a Lua file (such as workflow/strategies/ovro-lwa.lua, for few integrations), or"
        " generic for the default strategy of AOFlagger. Empty: AOFlagger's Python package searches"
        " many baselines at once, in a seventh of the CPU time of generic. Change it to flag with a"
        " strategy tuned to the site.",
    )
    burst_ratio: float = Field(
        1.5,
        gt=1,
        description="Integrations, or single channels of them, that are brighter than the median"
        " integration by this factor are flagged as interference; brightness is the geometric mean"
        " amplitude over the baselines [ratio of amplitudes]. Scintillation too makes integrations"
        " bright: with bandpass.free_sky rule bandpass restores those that the sources explain."
        " Raise it if bandpass.engine is casa and scintillation is strong.",
    )
    protect_fraction: float = Field(
        0.9,
        gt=0,
        le=1,
        description="If AOFlagger would flag more than this fraction of the remaining data of a"
        " sub-band, its flags are not used, and this is reported [fraction]. Set it to 1 to accept"
        " all its flags.",
    )
