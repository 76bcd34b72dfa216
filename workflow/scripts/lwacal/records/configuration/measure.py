"""Section measure."""

from __future__ import annotations

from pydantic import Field

from lwacal.records.configuration.section import Section


class Measure(Section):
    """Fluxes and positions of the sources, measured in their images."""

    fit_radius_beams: float = Field(
        3,
        gt=0,
        description="Radius around the catalogue position in which a source is searched for and"
        " fitted [FWHM of the synthesized beam]. Raise it if the ionosphere moves sources further.",
    )
    noise_radius_beams: float = Field(
        10,
        gt=0,
        description="Outer radius of the region around a source in which the noise is measured; the"
        " inner radius is fit_radius_beams [FWHM of the synthesized beam]. Raise it for a more"
        " stable noise estimate, lower it for a more local one.",
    )
