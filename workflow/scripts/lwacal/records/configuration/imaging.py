"""Section imaging."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lwacal.records.configuration.section import Section
from lwacal.records.configuration.values import RangeMhz

# What the three kinds of images have in common
ImageSize = Annotated[
    int,
    Field(
        ge=16,
        le=32768,
        multiple_of=2,
        description="Width and height of the image [pixels]; must be even. Raise it for a wider"
        " field, which takes more memory and time.",
    ),
]
PixelScale = Annotated[
    float,
    Field(
        gt=0,
        le=10,
        description="Size of a pixel [degrees]. Change it so that 3 to 5 pixels cover the"
        " synthesized beam at the highest frequency.",
    ),
]
Components = Annotated[
    int,
    Field(
        ge=0,
        description="Largest number of CLEAN components [count]. Raise it if the residuals still"
        " show sidelobes, lower it to save time.",
    ),
]
Weighting = Annotated[
    str,
    Field(
        title="natural, uniform or briggs with its number, such as briggs 0.5",
        pattern=r"^(natural|uniform|briggs -?[0-9]+(\.[0-9]+)?)$",
        description="Weighting of the visibilities, in WSClean's words. Change it towards natural"
        " for the lowest noise, towards uniform for the sharpest beam.",
    ),
]
MajorGain = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="Fraction of the peak that CLEAN subtracts before it returns to the"
        " visibilities (major iteration) [fraction]. Lower it if CLEAN diverges.",
    ),
]
HorizonMask = Annotated[
    float,
    Field(
        ge=0,
        le=90,
        description="CLEAN finds no components within this distance of the horizon [degrees]."
        " Change it if emission at the horizon spoils the image.",
    ),
]
BeamFittingSize = Annotated[
    float,
    Field(
        gt=0,
        description="Width of the box in which a Gaussian is fitted to the PSF, for the restoring"
        " beam [beams of the longest baseline]. Raise it for sparse arrays; if it is too wide, the"
        " pedestal of the dense core broadens the beam.",
    ),
]
InnerTaper = Annotated[
    float,
    Field(
        ge=0,
        description="Width of the taper on the shortest baselines [wavelengths]. Raise it to"
        " suppress diffuse Galactic emission, lower it to keep it.",
    ),
]
SpectralTerms = Annotated[
    int,
    Field(
        ge=1,
        le=16,
        description="Terms of the polynomial in frequency that CLEAN fits through the sub-bands, or"
        " the number of sub-bands if that is smaller [count]. Raise it if the spectra are too"
        " smooth, lower it if they are unstable.",
    ),
]
ExtraOptions = Annotated[
    str,
    Field(
        description="Further WSClean options, as on its command line. Change it to use an option"
        " that has no key here.",
    ),
]


class SourceImages(Section):
    """Images of each source: one per sub-band and one of all sub-bands, cleaned together."""

    size: ImageSize = 512
    scale_deg: PixelScale = 0.01
    niter: Components = 100
    weight: Weighting = "briggs 1"
    mgain: MajorGain = 0.85
    horizon_mask_deg: HorizonMask = 10
    beam_fitting_size: BeamFittingSize = 1
    tukey_lambda: InnerTaper = 30
    fit_spectral_pol: SpectralTerms = 4
    subtract_others: bool = Field(
        True,
        description="Whether to subtract the other sources of the sky model before the data of a"
        " source are averaged and imaged, at the flux that the visibilities of the same integration"
        " give: CLEAN cannot remove the sidelobes of sources outside the image. Set it to false to"
        " see the data as they are.",
    )
    extra: ExtraOptions = ""


class ScintillationImages(Section):
    """Images of each source in each integration and sub-band; needs two integrations."""

    enabled: bool = Field(
        True,
        description="Whether to image each integration. Set it to false to save time.",
    )
    size: ImageSize = 512
    scale_deg: PixelScale = 0.01
    niter: Components = 100
    weight: Weighting = "briggs 1"
    mgain: MajorGain = 0.85
    horizon_mask_deg: HorizonMask = 10
    beam_fitting_size: BeamFittingSize = 1
    tukey_lambda: InnerTaper = 30
    extra: ExtraOptions = ""


class AllSkyBands(Section):
    """Frequency ranges of the three images.

    A sub-band belongs to the range that contains the frequency in its name, lower limit included,
    upper limit not.
    """

    low: RangeMhz = Field(
        (18, 41), description="The image shown in red [MHz]. Change it to move the limits."
    )
    mid: RangeMhz = Field(
        (41, 64), description="The image shown in green [MHz]. Change it to move the limits."
    )
    high: RangeMhz = Field(
        (64, 83), description="The image shown in blue [MHz]. Change it to move the limits."
    )

    def by_name(self) -> dict[str, tuple[float, float]]:
        """Return the range of each image."""
        return {"low": self.low, "mid": self.mid, "high": self.high}


class AllSkyImages(Section):
    """Images of the whole sky around the zenith.

    One for each of three frequency ranges, their colour composite, and one of all data.
    """

    enabled: bool = Field(
        True,
        description="Whether to image the whole sky. Set it to false to save most of the time of a"
        " run.",
    )
    size: ImageSize = 4096
    scale_deg: PixelScale = 0.03125
    niter: Components = 10000
    weight: Weighting = "briggs 0"
    mgain: MajorGain = 0.85
    horizon_mask_deg: HorizonMask = 10
    beam_fitting_size: BeamFittingSize = 1
    tukey_lambda: InnerTaper = 3
    fit_spectral_pol: SpectralTerms = 4
    local_rms: bool = Field(
        True,
        description="Whether CLEAN uses the noise around each pixel rather than that of the whole"
        " image. Set it to false to save time.",
    )
    auto_threshold: float = Field(
        0.5,
        ge=0,
        description="Level at which CLEAN stops [noise rms]. Raise it to save time.",
    )
    auto_mask: float = Field(
        3,
        ge=0,
        description="Level down to which CLEAN finds new components; below, it only cleans where it"
        " has found some [noise rms]. Raise it if noise is cleaned.",
    )
    full_band: bool = Field(
        True,
        description="Whether to make an image of all sub-bands within bands_mhz too. Set it to"
        " false to save time.",
    )
    full_band_tukey_lambda: float = Field(
        30,
        ge=0,
        description="Width of the taper on the shortest baselines for that image [wavelengths]."
        " Lower it to see diffuse Galactic emission.",
    )
    bands_mhz: AllSkyBands = Field(default_factory=AllSkyBands)
    extra: ExtraOptions = ""


AnyImages = SourceImages | ScintillationImages | AllSkyImages


class Imaging(Section):
    """Images, made with WSClean."""

    enabled: bool = Field(
        True,
        description="Whether to make images. Set it to false for calibration tables only; the"
        " calibrators are then judged by their fluxes from the visibilities, and their positions"
        " are not judged.",
    )
    max_smearing_loss: float = Field(
        0.01,
        gt=0,
        lt=1,
        description="Largest loss of flux by averaging in frequency, at the edge of the field on"
        " the longest baseline [fraction]; integrations are not averaged. Raise it for smaller"
        " intermediate data and faster imaging.",
    )
    keep_auxiliary_fits: bool = Field(
        False,
        description="Whether to keep WSClean's PSF, dirty, residual, model and mask images next to"
        " the restored images, which are always kept. Set it to true to examine CLEAN.",
    )
    source: SourceImages = Field(default_factory=SourceImages)
    scintillation: ScintillationImages = Field(default_factory=ScintillationImages)
    allsky: AllSkyImages = Field(default_factory=AllSkyImages)
