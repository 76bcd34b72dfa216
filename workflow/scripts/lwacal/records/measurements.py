"""qa/measurements.json: fluxes, positions and noise that were measured in the images."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lwacal.records.base import Band, Count, Part, Record, described, record

Fit = Literal["ok", "failed"]
_FITTED = ("flux_jy", "flux_apparent_jy", "ratio")


class Calibrator(Part):
    """A source in the image of one sub-band; values are null where not known.

    Fluxes are intrinsic (corrected for the beam) unless they are called apparent. Offsets are
    measured minus catalogue.
    """

    source: Annotated[str, described("Name of the source.")]
    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    freq_mhz: Annotated[float | None, described("Frequency of the image.", unit="MHz")]
    flux_jy: Annotated[float | None, described("Flux density in the image.", unit="Jy")]
    flux_err_jy: Annotated[float | None, described("Its error.", unit="Jy")]
    flux_apparent_jy: Annotated[
        float | None, described("Apparent flux density: not corrected for the beam.", unit="Jy")
    ]
    flux_visibility_jy: Annotated[
        float | None, described("Flux density fitted to the visibilities.", unit="Jy")
    ]
    flux_visibility_err_jy: Annotated[float | None, described("Its error.", unit="Jy")]
    flux_expected_jy: Annotated[
        float | None, described("Flux density of the sky model.", unit="Jy")
    ]
    flux_expected_err_jy: Annotated[
        float | None,
        described("Half the range of the flux scales; null if one alone is valid.", unit="Jy"),
    ]
    ratio: Annotated[float | None, described("Measured over expected flux density.")]
    ratio_err: Annotated[float | None, described("Its error from the noise of the image.")]
    ratio_model_err: Annotated[
        float | None, described("Its error from the disagreement of the flux scales.")
    ]
    ra_offset_arcsec: Annotated[
        float | None, described("Offset in right ascension, times cos(dec).", unit="arcsec")
    ]
    dec_offset_arcsec: Annotated[float | None, described("Offset in declination.", unit="arcsec")]
    offset_err_arcsec: Annotated[float | None, described("Error of each offset.", unit="arcsec")]
    beam_fwhm_arcsec: Annotated[
        float | None,
        described("Restoring beam: geometric mean of the two FWHM.", unit="arcsec"),
    ]
    rms_jy: Annotated[
        float | None, described("Noise of the image about the source, apparent.", unit="Jy")
    ]
    thermal_jy: Annotated[
        float | None,
        described(
            "Thermal noise expected from the autocorrelations, natural weights, apparent.",
            unit="Jy",
        ),
    ]
    imaged: Annotated[
        bool, described("Whether there is an image; without one only visibilities give a flux.")
    ]
    fit: Annotated[Fit, described("Of the image; failed if there is none.")]
    reason: Annotated[str | None, described("Why the fit failed, or there is none; or empty.")]


def _fitted_or_why(found: Any) -> Any:
    if found["fit"] == "ok":
        absent = [name for name in _FITTED if found[name] is None]
        if absent:
            raise ValueError(f"a fit that is ok has {' and '.join(absent)}")
    elif found["flux_jy"] is not None or not found["reason"]:
        raise ValueError("a fit that failed has no flux_jy, and a reason")
    return found


CheckedCalibrator = Annotated[
    Calibrator,
    AfterValidator(_fitted_or_why),
    Field(
        json_schema_extra={
            "if": {"properties": {"fit": {"const": "failed"}}},
            "then": {
                "properties": {
                    "flux_jy": {"const": None},
                    "reason": {"type": "string", "minLength": 1},
                }
            },
            "else": {"properties": {name: {"type": "number"} for name in _FITTED}},
        }
    ),
]


class Position(Part):
    """Offsets of a source against frequency: constant + ionosphere x (50 MHz / frequency)^2."""

    source: Annotated[str, described("Name of the source.")]
    bands: Annotated[int, described("Number of sub-bands with a good fit.", ge=3)]
    ra_constant_arcsec: Annotated[
        float, described("Offset at all frequencies, RA times cos(dec).", unit="arcsec")
    ]
    ra_constant_err_arcsec: Annotated[float, described("Its error.", unit="arcsec", ge=0)]
    ra_ionosphere_arcsec: Annotated[
        float,
        described("Offset by refraction at 50 MHz, RA times cos(dec).", unit="arcsec"),
    ]
    ra_ionosphere_err_arcsec: Annotated[float, described("Its error.", unit="arcsec", ge=0)]
    dec_constant_arcsec: Annotated[
        float, described("Offset at all frequencies, declination.", unit="arcsec")
    ]
    dec_constant_err_arcsec: Annotated[float, described("Its error.", unit="arcsec", ge=0)]
    dec_ionosphere_arcsec: Annotated[
        float, described("Offset by refraction at 50 MHz, declination.", unit="arcsec")
    ]
    dec_ionosphere_err_arcsec: Annotated[float, described("Its error.", unit="arcsec", ge=0)]


class Moment(Part):
    """A source in one integration of a sub-band; values are null where not known."""

    source: Annotated[str, described("Name of the source.")]
    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    time_utc: Annotated[str, described("Middle of the integration, UTC, ISO 8601.")]
    flux_jy: Annotated[float | None, described("Flux density in the image.", unit="Jy")]
    flux_err_jy: Annotated[float | None, described("Its error.", unit="Jy")]
    flux_apparent_jy: Annotated[float | None, described("Apparent flux density.", unit="Jy")]
    flux_visibility_jy: Annotated[
        float | None, described("Flux density fitted to the visibilities.", unit="Jy")
    ]
    flux_visibility_err_jy: Annotated[float | None, described("Its error.", unit="Jy")]
    rms_jy: Annotated[
        float | None, described("Noise of the image about the source, apparent.", unit="Jy")
    ]
    fit: Annotated[Fit, described("Of the image.")]
    reason: Annotated[str, described("Why the fit failed; or empty.")]


class ScintillationIndex(Part):
    """How much a source varies with time in one sub-band, the measurement's noise taken out."""

    source: Annotated[str, described("Name of the source.")]
    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    index: Annotated[
        float | None, described("RMS over mean of the fluxes in the images; null if unknown.")
    ]
    index_err: Annotated[float | None, described("Its error; null for an index of zero.")]
    index_visibility: Annotated[
        float | None, described("The same of the fluxes fitted to the visibilities.")
    ]
    integrations: Annotated[Count, described("Integrations with a flux in the image.")]


class AllskyNoise(Part):
    """One image of the whole sky; values are null without it."""

    name: Annotated[str, described("Name of the band: imaging.allsky.bands_mhz, or full.")]
    rms_jy: Annotated[
        float | None,
        described("Median absolute deviation of the pixels above the horizon, x 1.48.", unit="Jy"),
    ]
    peak_jy: Annotated[float | None, described("Brightest pixel.", unit="Jy")]
    dynamic_range: Annotated[float | None, described("Peak over rms.")]
    thermal_jy: Annotated[float | None, described("Expected thermal noise.", unit="Jy")]
    message: Annotated[str, described("Why there is no image; or empty.")]


@record(version=1, rule="measure", files=("qa/measurements.json",))
class MeasurementsRecord(Record):
    """Fluxes, positions and noise that were measured in the images."""

    calibrators: Annotated[list[CheckedCalibrator], described("Every source in every sub-band.")]
    positions: Annotated[list[Position], described("Sources with good fits in three sub-bands.")]
    scintillation: Annotated[list[Moment], described("Every source in every integration.")]
    scintillation_indices: Annotated[list[ScintillationIndex], described("Its change with time.")]
    allsky: Annotated[list[AllskyNoise], described("The images of the whole sky.")]
