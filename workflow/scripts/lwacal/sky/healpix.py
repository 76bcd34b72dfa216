"""Pixel centres of a HEALPix map (Gorski et al. 2005, ApJ 622, 759), in ring order."""

from __future__ import annotations

import numpy as np


def nside(n_pixels: int) -> int:
    """Return nside of a map of 12 nside^2 pixels; raises ValueError if there is none."""
    side = round((n_pixels / 12) ** 0.5)
    if side < 1 or 12 * side**2 != n_pixels:
        raise ValueError(f"{n_pixels} pixels are not 12 times a square, as in a HEALPix map")
    return side


def ring_centres(n_pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of the pixel centres, each (pixel,), in radians.

    Rings run from north to south, and pixels within a ring eastward from longitude 0.
    """
    side = nside(n_pixels)
    ring = np.arange(1, 4 * side)
    from_pole = np.minimum(ring, 4 * side - ring)
    in_ring = 4 * np.minimum(from_pole, side)
    cap = 1 - from_pole**2 / (3 * side**2)
    sine = np.where(from_pole < side, np.sign(2 * side - ring) * cap, 4 / 3 - 2 * ring / (3 * side))
    shifted = (from_pole < side) | ((ring - side) % 2 == 0)
    first = np.cumsum(in_ring) - in_ring
    number = np.arange(n_pixels) - np.repeat(first, in_ring) + np.repeat(0.5 * shifted, in_ring)
    longitude = 2 * np.pi * number / np.repeat(in_ring, in_ring)
    return longitude, np.repeat(np.arcsin(sine), in_ring)
