"""ionosphere.json: what the ionosphere did to phases and to the places of sources."""

from typing import Annotated, Literal

from lwacal.records.antpol import Polarization
from lwacal.records.base import Band, Count, Part, Record, described, record

IonosphereStatus = Literal["separated", "not_separated"]
PerIntegration = list[float | None]
COSINE = "Shift of the direction cosine at 40 MHz to the "


class Gradient(Part):
    """A gradient of the electron column over the array; null where unknown."""

    east_tecu_per_km: Annotated[float | None, described("To the east.", unit="TECU/km")]
    north_tecu_per_km: Annotated[float | None, described("To the north.", unit="TECU/km")]
    east_err_tecu_per_km: Annotated[float | None, described("Its error.", unit="TECU/km")]
    north_err_tecu_per_km: Annotated[float | None, described("Its error.", unit="TECU/km")]


class IntegrationGradient(Gradient):
    """The gradient in an integration: the mean over the sources, weighted as in the gains."""

    integration: Annotated[Count, described("Number of the integration.")]


class BandIonosphere(Part):
    """What the gains of a sub-band held, and whether they agree with the other sub-bands."""

    frequency_hz: Annotated[float, described("Middle of the sub-band.", unit="Hz")]
    east_tecu_per_km: Annotated[
        float, described("Gradient in its raw gains; 0 if not separated.", unit="TECU/km")
    ]
    north_tecu_per_km: Annotated[float, described("The same to the north.", unit="TECU/km")]
    curvature_tecu_per_km2: Annotated[
        list[float],
        described("Curvature in its raw gains, factors of e^2, e n, n^2.", unit="TECU/km^2"),
    ]
    offset_east_arcmin: Annotated[
        float | None,
        described("Phase plane beyond that expected from the other sub-bands.", unit="arcmin"),
    ]
    offset_north_arcmin: Annotated[float | None, described("The same to the north.", unit="arcmin")]
    offset_east_err_arcmin: Annotated[float | None, described("Its error.", unit="arcmin")]
    offset_north_err_arcmin: Annotated[float | None, described("Its error.", unit="arcmin")]
    offset_beams: Annotated[
        float | None, described("Length of this offset.", unit="beams of the array")
    ]
    last_offset_east_arcmin: Annotated[
        float | None, described("Phase plane relative to the last tables.", unit="arcmin")
    ]
    last_offset_north_arcmin: Annotated[
        float | None, described("The same to the north.", unit="arcmin")
    ]
    last_offset_beams: Annotated[
        float | None, described("Length of this offset.", unit="beams of the array")
    ]
    agrees: Annotated[
        bool | None,
        described(
            "Whether it agrees with the last tables or, where these say nothing, with the others;"
            " if not, its solutions are flagged."
        ),
    ]


class SourceShift(Part):
    """Where a source was seen, relative to its place without ionosphere."""

    source: Annotated[str, described("Name.")]
    altitude_deg: Annotated[float, described("Elevation at mid-time.", unit="deg")]
    azimuth_deg: Annotated[float, described("Azimuth, from north through east.", unit="deg")]
    shift_east_arcmin: Annotated[
        PerIntegration, described(f"{COSINE}east.", unit="arcmin", axes="(integration)")
    ]
    shift_north_arcmin: Annotated[
        PerIntegration, described(f"{COSINE}north.", unit="arcmin", axes="(integration)")
    ]
    shift_east_err_arcmin: Annotated[
        PerIntegration, described("Standard error.", unit="arcmin", axes="(integration)")
    ]
    shift_north_err_arcmin: Annotated[
        PerIntegration, described("Standard error.", unit="arcmin", axes="(integration)")
    ]
    altitude_offset_arcmin: Annotated[
        PerIntegration,
        described("The shift on the sky, in elevation.", unit="arcmin", axes="(integration)"),
    ]
    azimuth_offset_arcmin: Annotated[
        PerIntegration,
        described(
            "The shift on the sky in azimuth, times the cosine of the elevation.",
            unit="arcmin",
            axes="(integration)",
        ),
    ]
    chi2: Annotated[
        float, described("Of shifts that follow nu^-2 over the sub-bands, by their stated errors.")
    ]
    freedom: Annotated[Count, described("Its degrees of freedom.")]
    scintillation_index: Annotated[
        dict[Band, float],
        described("Rms over mean of its fluxes over the integrations, by sub-band."),
    ]


@record(version=3, rule="ionosphere", files=("ionosphere.json",))
class IonosphereRecord(Record):
    """The dispersive part of the gains, and the shifts of sources.

    The electron column over the array is gradient . (e, n) + curvature . (e^2, e n, n^2), with e
    and n in km to the east and north of the array's centre; it advances phases by 8.45e9 rad per
    TECU over the frequency in Hz, and shifts sources by 866 arcmin at 40 MHz per TECU/km.
    """

    status: Annotated[
        IonosphereStatus, described("Whether ionosphere and instrument could be separated.")
    ]
    message: Annotated[str, described("What was found, or why it could not be separated.")]
    taken_out: Annotated[bool, described("Whether the tables are without it.")]
    frequency_hz: Annotated[float, described("Frequency of all shifts.", unit="Hz")]
    gradient: Annotated[
        Gradient, described("Mean over sources and integrations, in most sub-bands.")
    ]
    shift_arcmin: Annotated[
        float | None, described("Length of the mean shift at 40 MHz.", unit="arcmin")
    ]
    shift_err_arcmin: Annotated[float | None, described("Its error.", unit="arcmin")]
    largest_shift_arcmin: Annotated[
        float | None,
        described(
            "Largest mean shift at 40 MHz, on the sky, of a source above 20 degrees; not of the"
            " Sun's.",
            unit="arcmin",
        ),
    ]
    curvature_tecu_per_km2: Annotated[
        list[float | None], described("Factors of e^2, e n, n^2.", unit="TECU/km^2")
    ]
    curvature_err_tecu_per_km2: Annotated[
        list[float | None], described("Their errors.", unit="TECU/km^2")
    ]
    scatter_tecu: Annotated[
        float | None, described("Robust scatter of antpols about the screen.", unit="TECU")
    ]
    antpols: Annotated[Count, described("Number of antpols it was fitted to.")]
    polarizations: Annotated[
        dict[Polarization, Gradient], described("The gradient from X and from Y alone.")
    ]
    polarizations_sigma: Annotated[
        float | None, described("Difference of the two, in units of its error.")
    ]
    last_tables: Annotated[
        str,
        described("Folder of the earlier tables that sub-bands are compared with; empty: none."),
    ]
    bands: Annotated[dict[Band, BandIonosphere], described("By sub-band.")]
    integration_gradients: Annotated[
        list[IntegrationGradient], described("The gradient in each integration.")
    ]
    sources: Annotated[list[SourceShift], described("Sources with measured shifts.")]
    excess_arcmin: Annotated[
        list[float],
        described(
            "Rms of the shifts at 40 MHz beyond their errors that does not follow nu^-2, to the"
            " east and to the north.",
            unit="arcmin",
            min_length=2,
            max_length=2,
        ),
    ]
