"""health.json: which antennas are healthy before anything is calibrated."""

from typing import Annotated

from lwacal.records.antpol import Polarization, Status
from lwacal.records.base import Count, Part, Record, described, record


class Source(Part):
    """A source of information about the antennas, and what it gave."""

    name: Annotated[
        str, described("mnc (database), cache (health.cached_list), config, data or autocorr.")
    ]
    used: Annotated[bool, described("Whether it was used.")]
    message: Annotated[str, described("What it gave, or why it was not used.")]
    age_days: Annotated[
        float | None, described("Age of a list at the time of observation; else null.", unit="d")
    ]


class Antpol(Part):
    """What is known of one polarization of one antenna."""

    index: Annotated[Count, described("Correlator number: row of the ANTENNA table.")]
    antenna: Annotated[str, described("Name, such as LWA266.")]
    pol: Annotated[Polarization, described("Polarization.")]
    status: Annotated[Status, described("The worst that any source says.")]
    reasons: Annotated[
        list[str],
        described("Source and finding, such as autocorr:dead, mnc:selfcorr or data:no_data."),
    ]


@record(version=1, rule="antenna_health", files=("health.json",))
class HealthRecord(Record):
    """Which antennas are healthy: by lists, by the raw data's flags and by autocorrelations.

    Antpols that are bad here are flagged in all data and are not calibrated.
    """

    requested_mjd: Annotated[float, described("Middle of the observation, MJD.", unit="d")]
    sources: Annotated[list[Source], described("The sources of information.")]
    antennas: Annotated[list[Antpol], described("X and Y of each antenna, in correlator order.")]
