"""images/allsky/images.json: the images of the whole sky."""

from typing import Annotated, Literal, NotRequired

from lwacal.records.base import Band, Part, Record, described, record


class AllskyImage(Part):
    """One image of the whole sky."""

    name: Annotated[str, described("Name of the band: imaging.allsky.bands_mhz, or full.")]
    mhz: Annotated[
        list[float],
        described(
            "Sub-bands from this number to below this.", unit="MHz", min_length=2, max_length=2
        ),
    ]
    sub_bands: Annotated[list[Band], described("Sub-bands with data.")]
    file: Annotated[str, described("FITS file in the folder; empty without an image.")]
    status: Annotated[Literal["ok", "no_data"], described("Whether there is an image.")]
    message: Annotated[str, described("Why there is none; or empty.")]
    thermal_jy: NotRequired[
        Annotated[
            float | None,
            described("Expected thermal noise, natural weights; null if unknown.", unit="Jy"),
        ]
    ]


@record(version=1, rule="image_allsky", files=("images/allsky/images.json",))
class AllskyRecord(Record):
    """The images of the whole sky at the zenith, which lie beside this record."""

    status: Annotated[Literal["ok", "off", "no_data"], described("Whether there are images.")]
    message: Annotated[str, described("Why there are none; or empty.")]
    bands: Annotated[list[AllskyImage], described("The images that were asked for.")]
    commands: Annotated[list[str], described("WSClean's command lines.")]
    horizon_mask_deg: Annotated[
        float, described("imaging.allsky.horizon_mask_deg of the configuration.", unit="deg")
    ]
