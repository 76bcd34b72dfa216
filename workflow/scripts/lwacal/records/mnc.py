"""mnc.json: what the observatory's antenna-health database (MNC) answered."""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from lwacal.records.base import described, record


@record(version=None, rule="mnc_query", files=("mnc.json",))
@with_config(ConfigDict(extra="allow", strict=True))
class MncRecord(TypedDict):
    """What the observatory's antenna-health database (MNC) answered: a list of bad antpols.

    A file of this form can also be given as health.cached_list (suggested_flags.json is one). The
    query runs in an old Python without this package: the record is checked where it is read, and
    one that does not fit is not used, which health.json reports. Other keys are ignored.
    """

    ok: Annotated[bool, described("Whether there is a list.")]
    message: NotRequired[Annotated[str, described("Why there is none.")]]
    bad: NotRequired[
        Annotated[
            list[str | int],
            described("Bad antennas (LWA266, or a number) or antpols (LWA266X, LWA266A)."),
        ]
    ]
    list_mjd: NotRequired[Annotated[float | None, described("When the list is of, MJD.", unit="d")]]
    requested_mjd: NotRequired[
        Annotated[float, described("Time that was asked for: middle of the observation.", unit="d")]
    ]
    method: NotRequired[Annotated[str, described("How the list was made, such as selfcorr.")]]
    numbers: NotRequired[
        Annotated[
            dict[str, int],
            described("Correlator number in the database of each name, to compare with the data."),
        ]
    ]
