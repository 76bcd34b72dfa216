"""Section sky_model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lwacal.records.configuration.section import Section
from lwacal.records.configuration.values import DISTINCT

SourceName = Literal["CygA", "CasA", "TauA", "VirA"]
SolarName = Literal["Sun", "SunActive", "Jupiter"]
FluxScale = Literal["ovro2023", "perley2017", "degasperin2020", "baars1977"]
TrustedMhz = Annotated[float, Field(gt=0, le=1000)]


BUILT_IN, POINT = "built-in", "point"


class ComponentLists(Section):
    """The shapes of the A-team: built-in, point, or the path of a component list.

    A shape takes the place of a point; the flux density remains that of flux_scale. Lists are in
    WSClean's format (text, or compressed as .gz). The CASA component list among the products always
    has points.
    """

    cyg_a: str = Field(
        BUILT_IN,
        alias="CygA",
        description="Shape of Cygnus A: built-in (a few Gaussians), point, or the path of a list."
        " Change it to use another list, such as those of de Gasperin et al. (2020, A&A 635, A150),"
        " or for simulated points. An empty text means built-in.",
    )
    cas_a: str = Field(
        BUILT_IN,
        alias="CasA",
        description="Shape of Cassiopeia A: built-in, point, or the path of a list. Change it as"
        " that of Cygnus A.",
    )
    tau_a: str = Field(
        BUILT_IN,
        alias="TauA",
        description="Shape of Taurus A: built-in, point, or the path of a list. Change it as that"
        " of Cygnus A.",
    )
    vir_a: str = Field(
        BUILT_IN,
        alias="VirA",
        description="Shape of Virgo A: built-in, point, or the path of a list. Change it as that of"
        " Cygnus A. As a point, baselines longer than bandpass.uv_max_lambda_vir_a are left out"
        " where Vir A dominates the model.",
    )

    def by_source(self) -> dict[str, str]:
        """Return the shape of each source: built-in, point, or a path."""
        return {name: shape or BUILT_IN for name, shape in self.as_json().items()}

    def paths(self) -> dict[str, str]:
        """Return the paths of the lists, by source; sources without a list are left out."""
        shapes = self.by_source().items()
        return {name: shape for name, shape in shapes if shape not in (BUILT_IN, POINT)}


class SkyModel(Section):
    """The sources that the data are calibrated against."""

    sources: Annotated[tuple[SourceName, ...], *DISTINCT] = Field(
        ("CygA", "CasA", "TauA", "VirA"),
        min_length=1,
        description="Sources to model. Those that are high and bright enough are calibrators, which"
        " are also imaged. Change it to leave out a source, or to calibrate on one alone; the flux"
        " of sources that are up but left out biases the gains (quality.unmodelled_fraction).",
    )
    secondary: bool = Field(
        True,
        description="Whether other bright sources (3C and others; see secondary_min_flux_jy) are in"
        " the model. They are not imaged, measured or judged. Set it to false for data that do not"
        " have them, such as simulations of the A-team alone.",
    )
    secondary_min_flux_jy: float = Field(
        20,
        ge=0,
        description="Smallest apparent flux density of a secondary source in the model, in its"
        " brightest channel [Jy]. Some 35 sources are then in the model; with 100 Jy half as many,"
        " and the residual power of a night without errors is 15 % above thermal where Vir A alone"
        " is up. Raise it to save time.",
    )
    solar: Annotated[tuple[SolarName, ...], *DISTINCT] = Field(
        ("Sun", "SunActive", "Jupiter"),
        description="Which of the Sun and Jupiter are in the model while they are above"
        " model_min_elevation_deg, with a flux that starts at the quiet Sun's and a silent"
        " Jupiter's. Change it to [] for data that do not have them.",
    )
    flux_scale: FluxScale = Field(
        "ovro2023",
        description="Flux scale of the sources: ovro2023 (fits to the observatory's models, epoch"
        " 2023.5), perley2017 (no Cas A), degasperin2020 (30-77 MHz) or baars1977. Cas A and Tau A"
        " fade on each of them. Change it to compare scales: they disagree most about Cas A.",
    )
    min_elevation_deg: float = Field(
        20,
        ge=0,
        lt=90,
        description="Lowest elevation of a calibrator in the middle of the observation [degrees]."
        " Lower sources are not imaged, measured or judged; without any calibrator nothing is"
        " solved. Lower it if nothing else is up; the beam is less certain there.",
    )
    min_flux_jy: float = Field(
        1000,
        ge=0,
        description="Smallest apparent flux density of a calibrator, in its brightest channel [Jy]."
        " Lower it to image fainter sources.",
    )
    model_min_elevation_deg: float = Field(
        1,
        ge=0,
        lt=90,
        description="Lowest elevation of a source in the model that the gains are solved with"
        " [degrees]. Sources between this and min_elevation_deg are modelled, but not imaged or"
        " judged: left out, they bias the gains even at an elevation of 3 degrees. Set it to the"
        " elevation of your horizon.",
    )
    model_min_flux_jy: float = Field(
        50,
        ge=0,
        description="Smallest apparent flux density of a source in the model that the gains are"
        " solved with, in its brightest channel [Jy]. A source with a hundredth of a calibrator's"
        " flux hardly matters. Set it to 0 to model every source that is up.",
    )
    component_lists: ComponentLists = Field(default_factory=ComponentLists)
    component_lists_mhz: Annotated[
        tuple[TrustedMhz, TrustedMhz], Field(title="two numbers, the lower first")
    ] = Field(
        (30, 77),
        description="Frequency range over which the spectra in the component lists are trusted"
        " [MHz]. Outside it the shape is that at the nearest end, because the polynomials diverge;"
        " built-in shapes, which were fitted from 30 to 77 MHz, do the same. Change it to the range"
        " of the data from which your lists were made.",
    )
    galaxy: bool = Field(
        True,
        description="Whether the diffuse Galaxy is in the model that the gains are solved with"
        " (docs/galaxy.md). Set it to false for data that do not have it, such as simulations of"
        " point sources.",
    )
    galaxy_max_lambda: float = Field(
        30,
        gt=0,
        le=100,
        description="Longest baseline on which the Galaxy is modelled [wavelengths]. Pixels of 0.9"
        " degrees are too coarse for more than 30, and beyond 15 wavelengths other sources are"
        " brighter than the Galaxy. Lower it to save time.",
    )
