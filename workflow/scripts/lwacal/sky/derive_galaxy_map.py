"""The command ``lwacal galaxy-map``: derive the shipped map of the sky from two published ones.

The fine structure is that of the Global Sky Model (GSM; de Oliveira-Costa et al. 2008, MNRAS 388,
247), of 1 degree, and the brightness that of the LWA1 Low Frequency Sky Model (LFSM; Dowell et al.
2017, MNRAS 469, 4537), of 5.1 degrees, which was measured at the frequencies of the LWA. Each is an
.npz archive of principal components (galaxy_map.PrincipalComponents) on a HEALPix map in ring
order, as the package lsl holds it. Steps:

1. The temperatures of the GSM at twenty frequencies from 12 to 88 MHz become, pixel by pixel, a
   polynomial in the logarithm of frequency: a mean spectrum that all pixels share, and a constant
   and a slope (galaxy_map.LogPolynomials).
2. The A-team and the secondary sources are cut out, because the sky model has them as sources. In
   their place, constant and slope are filled in from the surroundings: each pixel becomes the mean
   of its neighbours (a discrete solution of Laplace's equation).
3. The GSM is convolved to 5.1 degrees. The logarithm of the LFSM over it, without the surroundings
   of the sources and without pixels whose temperature is not positive (the LFSM has some in the
   far south), is convolved with the same Gaussian, normalized to the pixels that are left, and
   added to the logarithm of the GSM. The sum becomes polynomials as in step 1.
4. Constant and slope are stored in half precision, which is 0.1 % of the temperature.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.polynomial import polynomial
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree

from lwacal.sky import secondary, sources
from lwacal.sky.galaxy_map import GalaxyMap, LogPolynomials, pixel_radec
from lwacal.sky.sources import Direction

FITTED_HZ = np.geomspace(12e6, 88e6, 20)
MIDDLE_HZ = 40e6
MEAN_DEGREE = 4
FRAMES = ("galactic", "icrs")
SAME_POSITION = 1e-6  # radians; the two frames differ by degrees
NEIGHBOURS = 8  # a HEALPix pixel has seven or eight
COARSE_DEG = 5.1  # FWHM of the LFSM
# Radii that are cut out around the A-team and secondary sources. In the GSM, Cas A and Cyg A have
# wings out to 6 degrees: the survey at 45 MHz that it uses has a beam of some 4 degrees
FINE_CUT_DEG = 6.0, 2.0
COARSE_CUT_DEG = 7.5, 5.1
REACH_SIGMA = 4.0  # of a Gaussian
PIXELS_AT_ONCE = 4096


def main(words: Sequence[str]) -> int:
    """Derive a map and write it."""
    parser = argparse.ArgumentParser(
        prog="lwacal galaxy-map", description="derive the shipped map of the sky from full ones"
    )
    parser.add_argument("gsm", type=Path, help="the Global Sky Model, an .npz archive")
    parser.add_argument("lfsm", type=Path, help="the LWA1 Low Frequency Sky Model, likewise")
    parser.add_argument("output", type=Path, help="where the derived map is written (.npz)")
    arguments = parser.parse_args(words)
    arrays = derive(GalaxyMap.read(arguments.gsm), GalaxyMap.read(arguments.lfsm))
    np.savez_compressed(arguments.output, allow_pickle=False, **arrays)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1000:.0f} kB")
    return 0


def derive(fine: GalaxyMap, coarse: GalaxyMap) -> dict[str, np.ndarray]:
    """Return the arrays of the shipped map: frame, middle_hz, mean and deviation (2, pixel).

    ``fine`` is a HEALPix map in ring order with positive temperatures. Raises ValueError if it is
    not.
    """
    frame = frame_of(fine.radec)
    log_fine = without_sources(fine)
    spectra = fit(log_fine + brightness_ratio(fine, np.exp(log_fine), coarse))
    return {
        "frame": np.array(frame),
        "middle_hz": np.array(spectra.middle_hz),
        "mean": spectra.mean,
        "deviation": spectra.deviation.astype(np.float16),
    }


def frame_of(radec: np.ndarray) -> str:
    """Return the frame in which positions (pixel, 2) are the rings of a HEALPix map."""
    for frame in FRAMES:
        offset = unit_vectors(pixel_radec(len(radec), frame)) - unit_vectors(radec)
        if np.abs(offset).max() < SAME_POSITION:
            return frame
    raise ValueError("the pixels are not in the ring order of a HEALPix map")


def without_sources(fine: GalaxyMap) -> np.ndarray:
    """Return ln T of the GSM without the sources of the sky model, (pixel, fitted frequency)."""
    kelvin = fine.temperature_k(FITTED_HZ)
    if kelvin.min() <= 0:
        raise ValueError("the map of the fine structure has temperatures that are not positive")
    spectra = fit(np.log(kelvin))
    vectors = unit_vectors(fine.radec)
    hole = near_sources(vectors, *np.deg2rad(FINE_CUT_DEG))
    filled = np.stack([filled_in(values, vectors, hole) for values in spectra.deviation])
    whole = LogPolynomials(MIDDLE_HZ, spectra.mean, filled)
    return np.log(whole.temperature_k(FITTED_HZ))


def brightness_ratio(fine: GalaxyMap, fine_k: np.ndarray, coarse: GalaxyMap) -> np.ndarray:
    """Return ln of the LFSM over the GSM at 5.1 degrees, (pixel of the GSM, fitted frequency).

    ``fine_k`` are the temperatures of the GSM without sources.
    """
    here, there = unit_vectors(fine.radec), unit_vectors(coarse.radec)
    coarse_k = coarse.temperature_k(FITTED_HZ)
    near = near_sources(there, *np.deg2rad(COARSE_CUT_DEG))
    kept = (coarse_k.min(axis=1) > 0) & ~near
    ratio = np.log(coarse_k[kept] / smoothed(fine_k, here, there[kept]))
    return smoothed(ratio, there[kept], here)


def fit(log_t: np.ndarray) -> LogPolynomials:
    """Return polynomials fitted to ln T (pixel, fitted frequency)."""
    x = np.log(FITTED_HZ / MIDDLE_HZ)
    mean = polynomial.polyfit(x, log_t.mean(axis=0), MEAN_DEGREE)
    deviation = polynomial.polyfit(x, (log_t - polynomial.polyval(x, mean)).T, 1)
    return LogPolynomials(MIDDLE_HZ, mean, deviation)


def unit_vectors(radec: np.ndarray) -> np.ndarray:
    """Return unit vectors (pixel, 3) of directions (pixel, 2)."""
    ra, dec = radec.T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def near_sources(
    vectors: np.ndarray, radius_rad: float, secondary_rad: float | None = None
) -> np.ndarray:
    """Return which directions (pixel, 3) are within a radius of a source of the sky model.

    ``secondary_rad`` is the radius for secondary sources if it is not the same.
    """
    others = [source.direction for source in secondary.SOURCES.values()]
    near = _within(vectors, sources.POSITIONS.values(), radius_rad)
    return near | _within(vectors, others, secondary_rad or radius_rad)


def _within(vectors: np.ndarray, places: Iterable[Direction], radius_rad: float) -> np.ndarray:
    radec = np.array([[place.ra_rad, place.dec_rad] for place in places])
    return np.max(vectors @ unit_vectors(radec).T, axis=1) > np.cos(radius_rad)


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


def smoothed(values: np.ndarray, there: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Return values (pixel there, column) convolved to 5.1 degrees, (pixel here, column).

    ``there`` and ``here`` are unit vectors. The Gaussian is normalized to the pixels there, so it
    also fills holes.
    """
    sigma = np.deg2rad(COARSE_DEG) / np.sqrt(8 * np.log(2))
    tree, found = cKDTree(there), np.empty((len(here), values.shape[1]))
    for start in range(0, len(here), PIXELS_AT_ONCE):
        block = slice(start, start + PIXELS_AT_ONCE)
        near = cKDTree(here[block]).sparse_distance_matrix(
            tree, REACH_SIGMA * sigma, output_type="coo_matrix"
        )
        near.data = np.exp(-((near.data / sigma) ** 2) / 2)
        weights = near.tocsr()
        found[block] = (weights @ values) / weights.sum(axis=1)
    return found
