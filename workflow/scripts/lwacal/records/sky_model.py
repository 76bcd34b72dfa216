"""sky_model.json: the sources, and what X and Y dipoles see of them."""

from typing import Annotated, Any, Literal

from lwacal.records.base import Band, Count, Part, Record, described, record


class ComponentList(Part):
    """The component list that gives a source its shape."""

    path: Annotated[str, described("The file.")]
    n_components: Annotated[Count, described("Number of components.")]
    sha256: Annotated[str, described("Digest of the file's content.")]
    trusted_mhz: Annotated[
        list[float],
        described(
            "Lowest and highest frequency at which it is trusted.",
            unit="MHz",
            min_length=2,
            max_length=2,
        ),
    ]


class Source(Part):
    """A source of sky_model.sources or sky_model.solar, or a secondary source in the model."""

    name: Annotated[str, described("Name, such as CygA, 3C353 or Sun.")]
    kind: Annotated[
        Literal["a_team", "secondary", "solar"],
        described("A-team, secondary source of the catalogue, or Sun and Jupiter."),
    ]
    ra_rad: Annotated[
        float,
        described("Right ascension, ICRS; of the Sun and Jupiter in mid-observation.", unit="rad"),
    ]
    dec_rad: Annotated[float, described("Declination, ICRS.", unit="rad")]
    altitude_deg: Annotated[float, described("Elevation.", unit="deg", ge=-90, le=90)]
    azimuth_deg: Annotated[float, described("Azimuth, from north through east.", unit="deg")]
    brightest_apparent_jy: Annotated[
        float,
        described("Highest apparent flux density of all channels, (XX + YY) / 2.", unit="Jy"),
    ]
    flux_sigma: Annotated[
        float,
        described(
            "Uncertainty of the flux density before anything is measured, as a fraction: of the"
            " A-team the largest disagreement of the flux scales; above 1 the flux is unknown.",
            gt=0,
        ),
    ]
    calibrator: Annotated[
        bool, described("Whether it is imaged, measured and judged; always of the A-team.")
    ]
    in_model: Annotated[bool, described("Whether gains are solved with it.")]
    reason: Annotated[str, described("Why it is not in the model, or no calibrator; or empty.")]
    warnings: Annotated[list[str], described("Doubts about its flux or shape.")]
    shape: Annotated[
        Literal["point", "gaussians", "disk", "list"],
        described(
            "What its visibilities are predicted with: a point, the built-in Gaussians, a uniform"
            " disk (the Sun), or a component list."
        ),
    ]
    component_list: Annotated[
        ComponentList | None, described("The list that gives its shape, if one does.")
    ]


class SourceInBand(Part):
    """A source in one sub-band."""

    flux_jy: Annotated[
        list[float], described("Intrinsic flux density.", unit="Jy", axes="(channel)")
    ]
    flux_uncertainty: Annotated[
        float | None,
        described(
            "Half the range of the flux scales as a fraction of the flux; null if one alone is"
            " valid."
        ),
    ]
    beam_xx: Annotated[
        list[float], described("Power beam of the X dipole at the source.", axes="(channel)")
    ]
    beam_yy: Annotated[
        list[float], described("Power beam of the Y dipole at the source.", axes="(channel)")
    ]


class Unmodelled(Part):
    """Bright sources above the horizon and outside the model, in one sub-band.

    The A-team at any flux density; secondary sources and the quiet Sun from 100 Jy on, in the
    brightest channel.
    """

    apparent_jy: Annotated[
        dict[str, float],
        described("Apparent flux density by source, mean over channels.", unit="Jy"),
    ]
    fraction: Annotated[
        float | None,
        described(
            "The root of the sum of their squares over that of the sources in the model; null"
            " without a model."
        ),
    ]


@record(version=4, rule="sky_model", files=("sky_model.json",))
class SkyModelRecord(Record):
    """The sources above the horizon in the middle of the observation, as X and Y dipoles see them.

    Apparent flux densities are intrinsic ones times the power beam of X (XX) or Y (YY).
    """

    mid_utc: Annotated[str, described("Middle of the observation, UTC, ISO 8601.")]
    flux_scale: Annotated[str, described("sky_model.flux_scale of the configuration.")]
    min_elevation_deg: Annotated[
        float, described("sky_model.min_elevation_deg of the configuration.", unit="deg")
    ]
    beam: Annotated[dict[str, Any], described("Section beam of the configuration.")]
    sources: Annotated[
        list[Source],
        described(
            "Those of sky_model.sources and sky_model.solar, and the secondary sources in the"
            " model."
        ),
    ]
    bands: Annotated[
        dict[Band, dict[str, SourceInBand]],
        described(
            "By sub-band and source; without sources below the horizon, and without Jupiter where"
            " it is silent."
        ),
    ]
    galaxy_max_lambda: Annotated[
        float | None,
        described(
            "Longest baseline on which the diffuse Galaxy is in the model; null without it.",
            unit="wavelengths",
        ),
    ]
    unmodelled: Annotated[dict[Band, Unmodelled], described("By sub-band.")]
    message: Annotated[str, described("Why nothing can be calibrated; empty if it can.")]
