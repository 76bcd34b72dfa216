"""All-sky images for the page, quantized in units of the noise, with their projection."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning

from lwacal.records.allsky import AllskyRecord
from lwacal.records.sky_model import Source
from lwacal.report.array_encoding import pack
from lwacal.report.plots import sky
from lwacal.runtime.robust import noise_sigma

STEPS_OF_NOISE = 4  # quantization: noise over this number, or coarser if the range needs it
BLANK = -32768
RANGE = 32767

Record = Mapping[str, Any]


def all_sky(record: AllskyRecord, folder: Path, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Return the existing images by band; ``sources`` are those of the sky model.

    Pixels (y from the south, x from the east) are int16 multiples of ``step_jy``. As in the
    figures, each pixel of a large image is the brightest of a block.
    """
    found = []
    for band in record.get("bands", []):
        image = sky.read_image(folder / band["file"]) if band.get("file") else None
        if image is not None:
            found.append(
                {
                    "name": band["name"],
                    "mhz": band.get("mhz"),
                    **_packed(image),
                    "sources": _places(image, sources),
                    "galactic_plane": _plane(image),
                }
            )
    return found


def _packed(image: sky.Image) -> dict[str, Any]:
    noise = noise_sigma(image.values)
    finite = image.values[np.isfinite(image.values)]
    largest = float(np.abs(finite).max()) if finite.size else 0.0
    step = _round_down(max(noise / STEPS_OF_NOISE, 1e-9))
    while largest / step > RANGE:
        step *= 2
    pixels = np.where(np.isfinite(image.values), np.rint(image.values / step), BLANK)
    return {
        "pixels": pack(pixels.astype(np.int16)),
        "step_jy": step,
        "noise_jy": noise,
        "largest_jy": largest,
        "thinned": image.step,
        **_projection(image),
    }


def _round_down(value: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that does not exceed a value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(k for k in (1, 2, 5) if k * power <= value * (1 + 1e-9)) * power)


def _projection(image: sky.Image) -> dict[str, Any]:
    """Return the SIN projection of the thinned image: centre (deg), its pixel, pixel size (deg)."""
    header: fits.Header = image.header
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        wcs = WCS(header).celestial.wcs
    place = (wcs.crpix - 0.5) / image.step - 0.5
    return {
        "centre_deg": list(wcs.crval),
        "centre_pixel": list(place),
        "step_deg": list(wcs.cdelt * image.step),
    }


def _places(image: sky.Image, sources: Sequence[Source]) -> list[dict[str, Any]]:
    places = []
    for source in sources:
        if source["altitude_deg"] > 0 and source["kind"] != "secondary":
            x, y = sky.pixel_of(image, np.degrees(source["ra_rad"]), np.degrees(source["dec_rad"]))
            if np.isfinite(x) and np.isfinite(y):
                places.append({"name": source["name"], "x": float(x), "y": float(y)})
    return places


def _plane(image: sky.Image) -> list[list[float] | None]:
    """Return the Galactic plane as pixels; None marks a break of the line."""
    return [
        None if np.isnan(x) else [round(float(x), 1), round(float(y), 1)]
        for x, y in sky.galactic_plane(image)
    ]
