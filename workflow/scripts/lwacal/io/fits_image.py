"""Reads the images that WSClean makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits


class ImageError(ValueError):
    """An image is damaged, or none."""

    remedy = "Remove its folder and run again: it is made anew"


def read(path: Path) -> tuple[fits.Header, np.ndarray]:
    """Return the header and the first plane (y, x) of an image.

    Raises ImageError if it cannot be read, FileNotFoundError if it is not there.
    """
    try:
        with fits.open(path) as files:
            header, data = files[0].header, np.asarray(files[0].data, float)
        return header, data.reshape(-1, *data.shape[-2:])[0]
    except FileNotFoundError:
        raise
    except (OSError, TypeError, ValueError) as error:
        raise ImageError(f"{path} cannot be read as a FITS image: {error}") from error
