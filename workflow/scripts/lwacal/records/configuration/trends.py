"""Section trends."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Trends(Section):
    """Trends over the nights.

    What counts as a change, which antennas are suggested for flagging, and what the page shows.
    """

    shown_observations: int = Field(
        365,
        ge=1,
        description="Number of observations that trends.html shows, the newest ones [count];"
        " trends.sqlite and the search for changes use all. Lower it if the page gets too large (2"
        " MB for 365 nights of 352 antennas).",
    )
    jump_sigma: float = Field(
        5,
        ge=3,
        description="Smallest significance of a jump or drift of an antpol [standard deviations of"
        " its night-to-night noise]. Lower it to see smaller changes, with more false alarms; the"
        " page states how many are expected from noise alone.",
    )
    least_gain_db: float = Field(
        1,
        gt=0,
        description="Smallest jump or drift of a gain that is reported [dB]. Lower it to follow"
        " gains closely.",
    )
    least_delay_ns: float = Field(
        2,
        gt=0,
        description="Smallest jump or drift of a delay that is reported [ns]. Lower it to follow"
        " cables closely.",
    )
    least_phase_deg: float = Field(
        20,
        gt=0,
        lt=180,
        description="Smallest jump or drift of a phase that is reported [degrees]. Raise it if the"
        " ionosphere causes too many.",
    )
    board_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="If at least this fraction of a board's antennas changes in the same night, it"
        " is reported as one change of the board; the same holds for the array [fraction]. Raise it"
        " to have half-failed boards reported antenna by antenna.",
    )
    drift_nights: int = Field(
        8,
        ge=4,
        description="Smallest number of nights over which a slow change is called a drift [count]."
        " Lower it to be warned earlier.",
    )
    same_lst_h: float = Field(
        1,
        ge=0,
        le=12,
        description="Observations within this difference of sidereal time see the same sky; how"
        " long a calibration stays valid is measured on them [hours]. Raise it if observations are"
        " few.",
    )
    persist_nights: int = Field(
        3,
        ge=1,
        description="An antpol is suggested for flagging if it was bad in at least this many of its"
        " last persist_of nights, including the newest [count]. Lower it to flag earlier.",
    )
    persist_of: int = Field(
        5,
        ge=1,
        description="Number of most recent nights that count for this [count]. Raise it for"
        " antennas with intermittent faults.",
    )
    retry_days: float = Field(
        14,
        gt=0,
        description="An antpol that has been flagged for this long only because it was on the"
        " suggested list is taken off the list, so that its data are judged again [days]. Lower it"
        " if antennas are repaired often.",
    )
