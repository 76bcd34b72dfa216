"""The colour image of the sky: three bands as red, green and blue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np

from lwacal.imaging import point_source_fit
from lwacal.records.allsky import AllskyImage

LARGEST = 1024  # pixels per side; larger images are binned
LOW_PERCENT, HIGH_PERCENT = 30.0, 99.9


def write(bands: Sequence[AllskyImage], folder: Path, output: Path) -> bool:
    """Write the colour image as PNG; return False if no band has an image.

    The first band is red, the second green and the third blue; a missing band is black. Each band
    has an asinh stretch from its 30th to its 99.9th percentile.
    """
    planes = [
        _scaled(_binned(point_source_fit.read_image(folder / band["file"]).pixels))
        if band["file"]
        else None
        for band in bands
    ]
    imaged = [plane for plane in planes if plane is not None]
    if not imaged:
        return False
    picture = np.stack(
        [np.zeros_like(imaged[0]) if plane is None else plane for plane in planes], axis=-1
    )
    metadata: dict[str, Any] = {"Software": None}  # leave out matplotlib's version
    matplotlib.image.imsave(output, picture[::-1], metadata=metadata)
    return True


def _binned(pixels: np.ndarray) -> np.ndarray:
    factor = -(-len(pixels) // LARGEST)
    side = len(pixels) // factor * factor
    blocks = pixels[:side, :side].reshape(side // factor, factor, side // factor, factor)
    return blocks.mean(axis=(1, 3))


def _scaled(pixels: np.ndarray) -> np.ndarray:
    valid = np.isfinite(pixels)
    if not valid.any():
        return np.zeros_like(pixels)
    low, high = np.percentile(pixels[valid], [LOW_PERCENT, HIGH_PERCENT])
    values = np.where(valid, pixels - low, 0.0) / max(high - low, 1e-30)
    return (np.arcsinh(10 * values) / np.arcsinh(10)).clip(0, 1)
