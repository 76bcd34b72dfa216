"""images/<source>/images.json: the images of a source."""

from typing import Annotated, Literal

from lwacal.records.base import Band, Part, Record, described, record
from lwacal.records.calibrated import FluxRatio


class SpectrumImage(Part):
    """The image of one sub-band, or what takes its place without imaging."""

    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    freq_mhz: Annotated[float, described("Frequency of the image.", unit="MHz")]
    file: Annotated[str, described("FITS file in the folder; empty without an image.")]
    thermal_jy: Annotated[
        float | None,
        described("Expected thermal noise, natural weights; null if unknown.", unit="Jy"),
    ]
    visibilities: Annotated[
        FluxRatio | None, described("Flux fitted to the visibilities; null if there is none.")
    ]


class IntervalImage(Part):
    """The image of one integration of one sub-band."""

    band: Annotated[Band, described("Name of the sub-band, such as 73MHz.")]
    freq_mhz: Annotated[float, described("Frequency of the image.", unit="MHz")]
    scan: Annotated[int, described("Number of the integration.", ge=1)]
    time_utc: Annotated[str, described("Middle of the integration, UTC, ISO 8601.")]
    file: Annotated[str, described("FITS file in the folder.")]
    visibilities: Annotated[
        FluxRatio | None, described("Flux fitted to the visibilities; null if there is none.")
    ]


@record(version=1, rule="image_source", files=("images/<source>/images.json",))
class ImagesRecord(Record):
    """The images of a source, which lie beside this record."""

    source: Annotated[str, described("Name of the source.")]
    status: Annotated[
        Literal["ok", "no_calibrator", "off", "no_data"], described("Whether there are images.")
    ]
    message: Annotated[str, described("Why there are none; or empty.")]
    spectrum: Annotated[list[SpectrumImage], described("By sub-band, in order of frequency.")]
    mfs: Annotated[str, described("FITS file of the image of all sub-bands; empty without one.")]
    intervals: Annotated[list[IntervalImage], described("By sub-band and integration.")]
    commands: Annotated[list[str], described("WSClean's command lines.")]
