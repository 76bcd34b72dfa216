"""Section publish."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Publish(Section):
    """Publishing tables to the beamformer, only on request (results/NAME/published.json)."""

    folder: str = Field(
        "",
        description="Folder for published tables: a subfolder for each version, and a link called"
        " latest to the active version, which the beamformer loads. Empty: publishing is an error."
        " Change it to the beamformer's folder of calibration tables.",
    )
    force: bool = Field(
        False,
        description="Whether to publish even if the verdict is not pass, if the active tables are"
        " of a later observation, or if they have sub-bands that would be missing; that publishing"
        " was forced is recorded next to the tables. Set it to true for a single run.",
    )
    sub_bands: int = Field(
        16,
        ge=0,
        description="Number of sub-bands, one table each, that are published together [count]; 0:"
        " any number. Change it to what the beamformer expects.",
    )
    antennas: int = Field(
        352,
        ge=0,
        description="Number of antennas in each table [count]; 0: any number. Change it to what the"
        " beamformer expects.",
    )
    channels: int = Field(
        192,
        ge=0,
        description="Number of channels in each table [count]; 0: any number. Change it to what the"
        " beamformer expects; averaged data have fewer.",
    )
    valid_days: float = Field(
        30,
        gt=0,
        description="Longest validity of tables [days]; it is shorter where earlier nights"
        " (trends.sqlite) show that gains change faster. Raise it where gains are known to be"
        " stable.",
    )
    max_coherence_loss: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="Tables are valid as long as changes of the gains, by the earlier nights, cost"
        " a beam no more than this fraction of its power [fraction]. Lower it for deep"
        " observations.",
    )
    lst_within_h: float = Field(
        12,
        gt=0,
        le=12,
        description="Tables are valid within this difference of sidereal time from their"
        " observation [hours]; 12: at any. Lower it if you do not trust the sky model or the beam.",
    )
