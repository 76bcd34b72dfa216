"""calibrated/<band>/split.json: the calibrated sets of a sub-band."""

from typing import Annotated

from lwacal.records.base import Band, Count, Part, Record, described, record


class FluxRatio(Part):
    """Measured over modelled flux density of a source, fitted to the visibilities."""

    ratio: Annotated[float, described("Measured over modelled flux density.")]
    ratio_err: Annotated[float, described("Its error.")]


class Smearing(Part):
    """Fractions of the flux lost at the edge of a target's field, on the longest baseline."""

    bandwidth_loss: Annotated[float, described("By averaging channels.")]
    time_loss: Annotated[float, described("By the length of an integration.")]


@record(version=1, rule="calibrate_split", files=("calibrated/<band>/split.json",))
class CalibratedRecord(Record):
    """The calibrated sets of a sub-band, which lie beside this record, and fluxes from them."""

    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    targets: Annotated[
        list[str], described("Sources, and zenith, that have a set: <target>_<band>.ms.")
    ]
    channel_average: Annotated[
        dict[str, int], described("Channels that are averaged into one, by target.")
    ]
    smearing: Annotated[dict[str, Smearing], described("By target.")]
    scans: Annotated[
        list[Count], described("Numbers of the integrations in the sets.", axes="(integration)")
    ]
    times: Annotated[list[float], described("Their middles, MJD.", unit="s", axes="(integration)")]
    flux_ratios: Annotated[
        dict[str, FluxRatio],
        described(
            "By source, of all integrations; that of all secondary sources together is named"
            " secondary. None if sources cannot be told apart."
        ),
    ]
    flux_ratios_in_time: Annotated[
        list[dict[str, FluxRatio]], described("The same by integration.", axes="(integration)")
    ]
    thermal_jy: Annotated[
        float | None,
        described(
            "Thermal noise, from the autocorrelations, of a Stokes I image with natural weights;"
            " null if unknown.",
            unit="Jy",
        ),
    ]
    message: Annotated[str, described("Why there are no sets; or empty.")]
