"""The command ``lwacal galaxy-map``: derive the shipped map of the sky from a published one.

Sources, of which either can be taken (docs/galaxy.md says which is, and why):

- the Global Sky Model (GSM; de Oliveira-Costa et al. 2008, MNRAS 388, 247), 1 degree;
- the LWA1 Low Frequency Sky Model (LFSM; Dowell et al. 2017, MNRAS 469, 4537), 5.1 degrees.

Each is an .npz archive of principal components (galaxy_map.PrincipalComponents) on a HEALPix map in
ring order, as the package lsl holds it. Steps:

1. The temperatures at twenty frequencies from 12 to 88 MHz become, pixel by pixel, a polynomial in
   the logarithm of frequency: a mean spectrum that all pixels share, and a constant and a slope
   (galaxy_map.LogPolynomials).
2. The A-team and the secondary calibrators are cut out, because the sky model has them as sources.
   Within the radius, constant and slope are filled from the surroundings: each pixel becomes the
   mean of its neighbours (a discrete solution of Laplace's equation). So are pixels whose
   temperature is not positive at all frequencies, as the LFSM has in the far south.
3. Constant and slope are stored in half precision, which is 0.1 % of the temperature.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.polynomial import polynomial
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree

from lwacal.sky import sources
from lwacal.sky.galaxy_map import GalaxyMap, LogPolynomials, pixel_radec

FITTED_HZ = np.geomspace(12e6, 88e6, 20)
MIDDLE_HZ = 40e6
MEAN_DEGREE = 4
FRAMES = ("galactic", "icrs")
SAME_POSITION = 1e-6  # radians: the frames are told apart by degrees
NEIGHBOURS = 8  # a HEALPix pixel has seven or eight
CUT_RADIUS_DEG = 3.0


def main(words: Sequence[str]) -> int:
    """Derive a map and write it."""
    parser = argparse.ArgumentParser(
        prog="lwacal galaxy-map", description="derive the shipped map of the sky from a full one"
    )
    parser.add_argument("source", type=Path, help="the full map, an .npz archive")
    parser.add_argument("output", type=Path, help="where the derived map is written (.npz)")
    parser.add_argument(
        "--cut-radius-deg",
        type=float,
        default=CUT_RADIUS_DEG,
        help="radius of what is cut out around each source [degrees] (default %(default)s)",
    )
    arguments = parser.parse_args(words)
    arrays = derive(GalaxyMap.read(arguments.source), arguments.cut_radius_deg)
    np.savez_compressed(arguments.output, allow_pickle=False, **arrays)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1000:.0f} kB")
    return 0


def derive(full: GalaxyMap, cut_radius_deg: float) -> dict[str, np.ndarray]:
    """Return the arrays of the shipped map: frame, middle_hz, mean and deviation (2, pixel).

    ``full`` is a HEALPix map in ring order. Raises ValueError if it is not.
    """
    positive = np.min(full.temperature_k(FITTED_HZ), axis=1) > 0
    spectra = fit(full, positive)
    vectors = unit_vectors(full.radec)
    hole = near_sources(vectors, np.deg2rad(cut_radius_deg)) | ~positive
    filled = np.stack([filled_in(values, vectors, hole) for values in spectra.deviation])
    return {
        "frame": np.array(frame_of(full.radec)),
        "middle_hz": np.array(spectra.middle_hz),
        "mean": spectra.mean,
        "deviation": filled.astype(np.float16),
    }


def frame_of(radec: np.ndarray) -> str:
    """Return the frame in which positions (pixel, 2) are the rings of a HEALPix map."""
    for frame in FRAMES:
        offset = unit_vectors(pixel_radec(len(radec), frame)) - unit_vectors(radec)
        if np.abs(offset).max() < SAME_POSITION:
            return frame
    raise ValueError("the pixels are not in the ring order of a HEALPix map")


def fit(full: GalaxyMap, positive: np.ndarray) -> LogPolynomials:
    """Return polynomials fitted to the temperatures of a map; zeros where they are not positive."""
    x = np.log(FITTED_HZ / MIDDLE_HZ)
    log_t = np.log(full.temperature_k(FITTED_HZ)[positive])
    mean = polynomial.polyfit(x, log_t.mean(axis=0), MEAN_DEGREE)
    deviation = np.zeros((2, len(positive)))
    deviation[:, positive] = polynomial.polyfit(x, (log_t - polynomial.polyval(x, mean)).T, 1)
    return LogPolynomials(MIDDLE_HZ, mean, deviation)


def unit_vectors(radec: np.ndarray) -> np.ndarray:
    """Return unit vectors (pixel, 3) of directions (pixel, 2)."""
    ra, dec = radec.T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def near_sources(vectors: np.ndarray, radius_rad: float) -> np.ndarray:
    """Return which directions (pixel, 3) are within a radius of a source of the sky model."""
    positions = {**sources.POSITIONS, **sources.SECONDARY_POSITIONS}.values()
    radec = np.array([[place.ra_rad, place.dec_rad] for place in positions])
    near: np.ndarray = (vectors @ unit_vectors(radec).T > np.cos(radius_rad)).any(axis=1)
    return near


def filled_in(values: np.ndarray, vectors: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Return values (pixel,) with each pixel in the hole replaced by the mean of its neighbours."""
    inside = np.flatnonzero(hole)
    _, nearest = cKDTree(vectors).query(vectors[inside], NEIGHBOURS + 1)
    rows = np.repeat(np.arange(len(inside)), NEIGHBOURS)
    shares = np.full(len(rows), 1 / NEIGHBOURS)
    mean = csr_array((shares, (rows, nearest[:, 1:].ravel())), (len(inside), len(values)))
    known = mean @ np.where(hole, 0.0, values)
    filled = values.copy()
    filled[inside] = spsolve((eye_array(len(inside)) - mean[:, inside]).tocsc(), known)
    return filled
