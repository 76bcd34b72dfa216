"""Section health."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section
from lwacal.records.configuration.values import AntennaNames


class Mnc(Section):
    """The observatory's antenna-health database (MNC).

    If it does not answer, that is recorded and the run goes on.
    """

    enabled: bool = Field(
        True,
        description="Whether to query the database. Set it to false away from the observatory, to"
        " save the failed attempts.",
    )
    command: str = Field(
        "",
        description="Python interpreter with the packages mnc and lwa_antpos. Empty: the one that"
        " runs the job. Change it if these packages are installed in another environment.",
    )
    timeout_s: float = Field(
        60,
        gt=0,
        description="Longest wait for an answer [seconds]. Raise it on a slow network.",
    )
    tries: int = Field(
        2,
        ge=1,
        le=20,
        description="Number of attempts [count]. Raise it if the database is often busy.",
    )


class Autocorrelation(Section):
    """Limits on the autocorrelations.

    Each antpol's power is compared with the median of comparable ones: same polarization, core and
    outer antennas separately.
    """

    enabled: bool = Field(
        True,
        description="Whether to judge antennas by their autocorrelations, and to flatten passbands"
        " with them. Set it to false if the autocorrelations of the data are not meaningful.",
    )
    dead_ratio: float = Field(
        0.0001,
        ge=0,
        lt=1,
        description="An antpol whose power is below this fraction of the median is dead: bad, not"
        " used [ratio of powers]. A weak antenna still correlates, and its solutions decide. Raise"
        " it to 0.1, the observatory's practice, to leave out weak antennas before solving.",
    )
    weak_ratio: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Below this fraction of the median an antpol is weak: suspect [ratio of"
        " powers]. Lower it if too many antennas are called weak.",
    )
    strong_ratio: float = Field(
        10,
        gt=1,
        description="Above this multiple of the median an antpol is strong: suspect [ratio of"
        " powers]. Raise it if too many antennas are called strong.",
    )
    noisy_factor: float = Field(
        10,
        gt=1,
        description="An antpol whose power changes from one integration to the next by more than"
        " this multiple of the median change is noisy: suspect [ratio of rms changes]. Lower it to"
        " be stricter. Needs at least three integrations.",
    )
    odd_factor: float = Field(
        7,
        gt=1,
        description="An antpol whose spectrum deviates from the median spectrum by more than this"
        " multiple of the median deviation is odd: suspect [ratio of deviations]. Lower it to be"
        " stricter.",
    )


class Health(Section):
    """Which antennas are known to be bad before calibration.

    Bad antennas are flagged; suspect antennas are only reported.
    """

    bad_antennas: AntennaNames = Field(
        (),
        description="Antennas that are always bad, by name (LWA253; with A or X, B or Y for one"
        " polarization) or by correlator number (283). Change it when an antenna is known to be"
        " broken but is on no list.",
    )
    suspect_antennas: AntennaNames = Field(
        (),
        description="Antennas to report as suspect without flagging them, named in the same way."
        " Change it to keep an eye on an antenna.",
    )
    cached_list: str = Field(
        "",
        description="Path of a saved answer of the antenna-health database (an earlier mnc.json) or"
        " of a suggested_flags.json, used if the database does not answer. Change it where the"
        " database cannot be reached.",
    )
    max_age_days: float = Field(
        30,
        ge=0,
        description="A list that is older or newer than the observation by more than this is not"
        " used [days]. Lower it if antennas are repaired often.",
    )
    both_polarizations: bool = Field(
        False,
        description="Whether one bad polarization makes the whole antenna bad. Set it to true to"
        " flag as the observatory's earlier pipeline did.",
    )
    mnc: Mnc = Field(default_factory=Mnc)
    autocorrelation: Autocorrelation = Field(default_factory=Autocorrelation)
