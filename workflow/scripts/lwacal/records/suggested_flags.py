"""suggested_flags.json: antennas that stay bad from night to night."""

from typing import Annotated

from lwacal.records.base import Count, Part, Record, described, record


class Suggested(Part):
    """An antpol that stays bad."""

    name: Annotated[str, described("Antenna and polarization, such as LWA266X.")]
    reasons: Annotated[list[str], described("Why it was bad when it last was.")]
    since_utc: Annotated[str, described("Middle of the observation from which on it is bad.")]
    since_observation: Annotated[str, described("That observation.")]
    last_judged: Annotated[str, described("The last observation in which it was judged.")]
    bad_nights: Annotated[Count, described("Nights in which it was bad, of the last ones.")]
    judged_nights: Annotated[Count, described("These last nights: trends.persist_of at most.")]


@record(version=1, rule="trends", files=("suggested_flags.json",))
class SuggestedFlagsRecord(Record):
    """Antpols that stay bad from night to night, in the form that health.cached_list reads."""

    ok: Annotated[bool, described("Whether there is any observation.")]
    message: Annotated[str, described("Why there is no list; or empty.")]
    method: Annotated[str, described("trends.")]
    list_mjd: Annotated[float | None, described("Middle of the newest observation, MJD.", unit="d")]
    of_observation: Annotated[str | None, described("The newest observation.")]
    bad: Annotated[list[str], described("The antpols.")]
    numbers: Annotated[dict[str, int], described("Correlator number of each.")]
    signals: Annotated[list[Suggested], described("Why each is on the list.")]
