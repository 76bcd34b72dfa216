"""Fits a point source in an image: the restoring beam at a free place with a free height."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.stats import mad_std
from astropy.wcs import WCS
from scipy.optimize import least_squares

from lwacal.io import fits_image

FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))
LEAST_SNR = 5.0
FEWEST_NOISE_PIXELS = 100
LARGEST_RADIUS = 0.35  # of the image's side: the rest is for the noise
LARGEST_BEAM = 0.25  # of the image's side: a larger one leaves no place without the source


@dataclass(frozen=True)
class PlaneImage:
    """One plane of a FITS image: pixels (row, column) in Jy/beam, its WCS, beam and frequency.

    ``beam`` is (major FWHM, minor FWHM, position angle), in pixels and radians; None if the image
    was not restored. ``beam_fwhm_arcsec`` is the geometric mean.
    """

    pixels: np.ndarray
    wcs: WCS
    beam: tuple[float, float, float] | None
    beam_fwhm_arcsec: float | None


@dataclass(frozen=True)
class PointFit:
    """What a fit gave. Offsets are measured minus catalogue in arcsec, RA times cos(dec)."""

    ok: bool
    reason: str
    rms_jy: float
    flux_jy: float = np.nan
    flux_err_jy: float = np.nan
    ra_offset_arcsec: float = np.nan
    dec_offset_arcsec: float = np.nan
    offset_err_arcsec: float = np.nan


def read_image(path: Path) -> PlaneImage:
    """Read a WSClean image. Raises fits_image.ImageError."""
    header, pixels = fits_image.read(path)
    wcs = WCS(header, naxis=2)
    scale_deg = abs(float(header["CDELT2"]))
    major, minor = header.get("BMAJ", 0.0), header.get("BMIN", 0.0)
    if not (major > 0 and minor > 0):
        return PlaneImage(pixels, wcs, None, None)
    beam = (major / scale_deg, minor / scale_deg, float(np.deg2rad(header.get("BPA", 0.0))))
    return PlaneImage(pixels, wcs, beam, float(np.sqrt(major * minor)) * 3600)


def gaussian(
    column: np.ndarray,
    row: np.ndarray,
    place: tuple[float, float],
    beam: tuple[float, float, float],
) -> np.ndarray:
    """Return the beam, 1 at ``place`` (column, row). Its angle is from north (rows) through east.

    East is towards smaller columns.
    """
    major, minor, angle = beam
    along = -(column - place[0]) * np.sin(angle) + (row - place[1]) * np.cos(angle)
    across = (column - place[0]) * np.cos(angle) + (row - place[1]) * np.sin(angle)
    squares = (along / major) ** 2 + (across / minor) ** 2
    return np.exp(-0.5 * squares * FWHM_PER_SIGMA**2)


@dataclass(frozen=True)
class Search:
    """Where a source is looked for and where its noise is told, in FWHM about its place."""

    radius_beams: float
    noise_radius_beams: float


def fit_point(image: PlaneImage, ra_rad: float, dec_rad: float, search: Search) -> PointFit:
    """Fit a point source near a catalogue position.

    Within ``search.radius_beams`` (of the geometric mean FWHM; less in a small image) the brightest
    pixel is the first guess; height and place are then fitted by least squares to the pixels within
    one FWHM of it. The noise is that of the pixels further out, up to ``search.noise_radius_beams``
    or, if these are few, all of the image (median absolute deviation). A fit that does not
    converge, is fainter than five times the noise, or ends outside the radius, is not ok, and says
    why. The error of the flux is the noise; that of the place FWHM / (2.35 x signal-to-noise)
    (Condon 1997, PASP 109, 166).
    """
    if image.beam is None:
        return PointFit(False, "the image has no restoring beam: nothing was imaged", np.nan)
    grid = np.indices(image.pixels.shape)
    rows, columns = grid[0], grid[1]
    expected = image.wcs.world_to_pixel_values(np.rad2deg(ra_rad), np.rad2deg(dec_rad))
    width = float(np.sqrt(image.beam[0] * image.beam[1]))
    distance = np.hypot(columns - float(expected[0]), rows - float(expected[1]))
    valid = np.isfinite(image.pixels)
    side = min(image.pixels.shape)
    radius = min(search.radius_beams * width, LARGEST_RADIUS * side)
    near = valid & (distance <= radius)
    far = _noise_pixels(valid & ~near, distance, search.noise_radius_beams * width)
    if width > LARGEST_BEAM * side or far.sum() < FEWEST_NOISE_PIXELS or not near.any():
        return PointFit(
            False, "the image is too small about the source to fit and to tell noise", np.nan
        )
    rms = float(mad_std(image.pixels[far]))
    start_index = int(np.argmax(np.where(near, image.pixels, -np.inf)))
    start_row, start_column = divmod(start_index, image.pixels.shape[1])
    peak = float(image.pixels[start_row, start_column])
    if not np.isfinite(peak) or peak <= LEAST_SNR * rms:
        return PointFit(
            False, f"nothing near the source is above {LEAST_SNR:g} times the noise", rms
        )
    box = valid & (np.hypot(columns - start_column, rows - start_row) <= max(width, 1.5))
    solved = _solve(
        image.beam, columns[box], rows[box], image.pixels[box], (peak, start_column, start_row)
    )
    if solved is None:
        return PointFit(False, "the fit did not converge", rms)
    flux, column, row = solved
    if np.hypot(column - expected[0], row - expected[1]) > radius:
        beams = radius / width
        return PointFit(False, f"the fit ended more than {beams:.2g} beams from the source", rms)
    if flux <= LEAST_SNR * rms:
        return PointFit(False, f"fitted flux is below {LEAST_SNR:g} times the noise", rms)
    ra_deg, dec_deg = image.wcs.pixel_to_world_values(column, row)
    turn = (float(ra_deg) - np.rad2deg(ra_rad) + 180) % 360 - 180
    return PointFit(
        ok=True,
        reason="",
        rms_jy=rms,
        flux_jy=flux,
        flux_err_jy=rms,
        ra_offset_arcsec=turn * float(np.cos(dec_rad)) * 3600,
        dec_offset_arcsec=(float(dec_deg) - np.rad2deg(dec_rad)) * 3600,
        offset_err_arcsec=image.beam_fwhm_arcsec / FWHM_PER_SIGMA * rms / flux,
    )


def _noise_pixels(outside: np.ndarray, distance: np.ndarray, radius: float) -> np.ndarray:
    """Return the pixels outside the source that are near enough; all if these are too few."""
    local = outside & (distance <= radius)
    return local if local.sum() >= FEWEST_NOISE_PIXELS else outside


def _solve(
    beam: tuple[float, float, float],
    columns: np.ndarray,
    rows: np.ndarray,
    pixels: np.ndarray,
    start: tuple[float, float, float],
) -> tuple[float, float, float] | None:
    """Return flux, column and row; None if they were not found."""

    def residual(values: np.ndarray) -> np.ndarray:
        flux, column, row = values
        return (flux * gaussian(columns, rows, (column, row), beam) - pixels) / start[0]

    found = least_squares(residual, np.array(start, float), x_scale=[abs(start[0]), 1.0, 1.0])
    if not (found.success and np.isfinite(found.x).all()):
        return None
    return float(found.x[0]), float(found.x[1]), float(found.x[2])
