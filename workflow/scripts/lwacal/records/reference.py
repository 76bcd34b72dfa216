"""reference.json: the reference antenna of all sub-bands."""

from typing import Annotated

from lwacal.records.base import Count, Record, described, record


@record(version=1, rule="reference_antenna", files=("reference.json",))
class ReferenceRecord(Record):
    """The reference antenna, which all sub-bands share, and the order of the others."""

    index: Annotated[Count, described("Its correlator number.")]
    antenna: Annotated[str, described("Its name.")]
    healthy: Annotated[bool, described("Whether it is not bad.")]
    why: Annotated[str, described("Why it was chosen.")]
    unknown: Annotated[
        list[str],
        described("Names in bandpass.reference_antennas that the array does not have."),
    ]
    excess_flagged: Annotated[
        float, described("Fraction of its data that is flagged, minus that of the median antenna.")
    ]
    order: Annotated[
        list[Count],
        described("Correlator numbers of all antennas, best first: a solver takes the next one."),
    ]
