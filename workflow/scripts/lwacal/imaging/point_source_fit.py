"""Fits a source in an image: its appearance, seen with the restoring beam; free position and flux.

A point looks like the beam. A resolved source is the sum of Gaussians, each convolved with the
beam, so that its flux density is the integrated one, and its position that of the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.stats import mad_std
from astropy.wcs import WCS
from scipy.optimize import least_squares

from lwacal.io import fits_image
from lwacal.sky.appearance import POINT, Appearance

FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))
LEAST_SNR = 5.0
FEWEST_NOISE_PIXELS = 100
LARGEST_RADIUS = 0.35  # search radius as a fraction of the image size; the rest is for the noise
LARGEST_BEAM = 0.25  # FWHM as a fraction of the image size; a larger beam leaves no empty sky


@dataclass(frozen=True)
class PlaneImage:
    """One plane of a FITS image: pixels (row, column) in Jy/beam, WCS and restoring beam.

    ``beam`` is (major FWHM, minor FWHM, position angle) in pixels and radians, None if the image
    was not restored. ``beam_fwhm_arcsec`` is the geometric mean FWHM.
    """

    pixels: np.ndarray
    wcs: WCS
    beam: tuple[float, float, float] | None
    beam_fwhm_arcsec: float | None


@dataclass(frozen=True)
class PointFit:
    """Result of a fit, or the reason why it failed.

    Offsets are measured minus catalogue position in arcsec, that of RA times cos(dec). Fluxes are
    apparent. Values that were not measured are NaN.
    """

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


@dataclass(frozen=True)
class Template:
    """A source of 1 Jy in an image, Jy/beam: a sum of Gaussians on the grid of pixels.

    ``peak`` (part,) is that of each Gaussian; ``offset`` (part, 2) its columns and rows from the
    position of the source; ``inverse`` (part, 3) are the elements column column, row row and column
    row of the inverse of its covariance in pixels.
    """

    peak: np.ndarray
    offset: np.ndarray
    inverse: np.ndarray

    def at(self, column: np.ndarray, row: np.ndarray, centre: tuple[float, float]) -> np.ndarray:
        """Return the template of a source at ``centre`` (column, row) at pixels (any shape)."""
        total = np.zeros(np.shape(column))
        for peak, (right, up), (cc, rr, cr) in zip(self.peak, self.offset, self.inverse):
            x, y = column - centre[0] - right, row - centre[1] - up
            total += peak * np.exp(-0.5 * (cc * x**2 + rr * y**2 + 2 * cr * x * y))
        return total


def template(
    beam: tuple[float, float, float], pixel_rad: float, source: Appearance = POINT
) -> Template:
    """Return what a source looks like with a restoring ``beam`` (PlaneImage.beam).

    ``pixel_rad`` is the size of a pixel. Columns increase to the west, rows to the north.
    """
    major, minor, angle = beam[0] / FWHM_PER_SIGMA, beam[1] / FWHM_PER_SIGMA, beam[2]
    sin, cos = np.sin(angle), np.cos(angle)
    of_beam = np.array(
        [
            (major * sin) ** 2 + (minor * cos) ** 2,
            (major * cos) ** 2 + (minor * sin) ** 2,
            -(major**2 - minor**2) * sin * cos,
        ]
    )
    total = of_beam + source.moments / pixel_rad**2 * np.array([1, 1, -1])
    area = total[:, 0] * total[:, 1] - total[:, 2] ** 2
    return Template(
        source.share * major * minor / np.sqrt(area),
        source.offset_rad / pixel_rad * np.array([-1, 1]),
        total[:, [1, 0, 2]] * np.array([1, 1, -1]) / area[:, None],
    )


@dataclass(frozen=True)
class Search:
    """Radii within which a source is fitted and the noise is measured, in beam FWHM."""

    radius_beams: float
    noise_radius_beams: float


def fit_point(
    image: PlaneImage,
    ra_rad: float,
    dec_rad: float,
    search: Search,
    source: Appearance = POINT,
) -> PointFit:
    """Fit a source near a catalogue position: a point, or what ``source`` looks like.

    The brightest pixel within ``search.radius_beams`` (geometric mean FWHM; less in a small image)
    is the initial guess. Flux and position are then fitted by least squares to the pixels within
    one FWHM of it. The noise is the scaled median absolute deviation of the pixels between the
    search radius and ``search.noise_radius_beams``, or of all pixels outside the search radius if
    these are too few. A fit fails, with a reason, if it does not converge, is fainter than five
    times the noise at its peak, or ends outside the search radius. The error of the flux is the
    noise over the peak of a source of 1 Jy; the error of the position is FWHM / (2.35 x
    signal-to-noise of the peak) (Condon 1997, PASP 109, 166).
    """
    if image.beam is None:
        return PointFit(False, "the image has no restoring beam: no data were imaged", np.nan)
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
            False, "the image is too small to fit the source and measure the noise", np.nan
        )
    rms = float(mad_std(image.pixels[far]))
    start_index = int(np.argmax(np.where(near, image.pixels, -np.inf)))
    start_row, start_column = divmod(start_index, image.pixels.shape[1])
    peak = float(image.pixels[start_row, start_column])
    if not np.isfinite(peak) or peak <= LEAST_SNR * rms:
        return PointFit(
            False, f"no pixel near the source is above {LEAST_SNR:g} times the noise", rms
        )
    box = valid & (np.hypot(columns - start_column, rows - start_row) <= max(width, 1.5))
    seen = template(image.beam, _pixel_rad(image), source)
    height = float(seen.at(columns, rows, (float(expected[0]), float(expected[1]))).max())
    solved = _solve(
        seen,
        columns[box],
        rows[box],
        image.pixels[box],
        (peak / height, start_column, start_row),
    )
    if solved is None:
        return PointFit(False, "the fit did not converge", rms)
    flux, column, row = solved
    if np.hypot(column - expected[0], row - expected[1]) > radius:
        beams = radius / width
        return PointFit(False, f"the fit ended more than {beams:.2g} beams from the source", rms)
    if flux * height <= LEAST_SNR * rms:
        return PointFit(False, f"the fitted flux is below {LEAST_SNR:g} times the noise", rms)
    ra_deg, dec_deg = image.wcs.pixel_to_world_values(column, row)
    ra_difference_deg = (float(ra_deg) - np.rad2deg(ra_rad) + 180) % 360 - 180
    return PointFit(
        ok=True,
        reason="",
        rms_jy=rms,
        flux_jy=flux,
        flux_err_jy=rms / height,
        ra_offset_arcsec=ra_difference_deg * float(np.cos(dec_rad)) * 3600,
        dec_offset_arcsec=(float(dec_deg) - np.rad2deg(dec_rad)) * 3600,
        offset_err_arcsec=image.beam_fwhm_arcsec / FWHM_PER_SIGMA * rms / (flux * height),
    )


def _noise_pixels(outside: np.ndarray, distance: np.ndarray, radius: float) -> np.ndarray:
    """Return the pixels ``outside`` the search radius within a radius; all if these are too few."""
    local = outside & (distance <= radius)
    return local if local.sum() >= FEWEST_NOISE_PIXELS else outside


def _pixel_rad(image: PlaneImage) -> float:
    return float(np.deg2rad(abs(image.wcs.wcs.cdelt[1])))


def _solve(
    seen: Template,
    columns: np.ndarray,
    rows: np.ndarray,
    pixels: np.ndarray,
    start: tuple[float, float, float],
) -> tuple[float, float, float] | None:
    """Return the fitted flux (Jy), column and row; None if the fit did not converge."""

    def residual(values: np.ndarray) -> np.ndarray:
        flux, column, row = values
        return (flux * seen.at(columns, rows, (column, row)) - pixels) / start[0]

    solution = least_squares(residual, np.array(start, float), x_scale=[abs(start[0]), 1.0, 1.0])
    if not (solution.success and np.isfinite(solution.x).all()):
        return None
    return float(solution.x[0]), float(solution.x[1]), float(solution.x[2])
