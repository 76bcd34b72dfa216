"""Reads the FITS images that WSClean makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits


class ImageError(ValueError):
    """A file is damaged, or is not a FITS image."""

    remedy = "Remove its folder and run again to remake it"


def read(path: Path) -> tuple[fits.Header, np.ndarray]:
    """Return the header and the first plane (y, x) of an image, in the unit of the file.

    Raises ImageError if it cannot be read, FileNotFoundError if it does not exist.
    """
    try:
        with fits.open(path) as files:
            header, data = files[0].header, np.asarray(files[0].data, float)
        return header, data.reshape(-1, *data.shape[-2:])[0]
    except FileNotFoundError:
        raise
    except (OSError, TypeError, ValueError) as error:
        raise ImageError(f"{path} cannot be read as a FITS image: {error}") from error
