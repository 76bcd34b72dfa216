"""Measures the images: fluxes and positions of the sources, changes in time, all-sky noise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from astropy.stats import mad_std

from lwacal.imaging import point_source_fit, refraction_fit
from lwacal.records import files
from lwacal.records.allsky import AllskyRecord
from lwacal.records.calibrated import FluxRatio
from lwacal.records.configuration.measure import Measure
from lwacal.records.images import ImagesRecord, IntervalImage, SpectrumImage
from lwacal.records.measurements import (
    AllskyNoise,
    Calibrator,
    MeasurementsRecord,
    Moment,
    ScintillationIndex,
)
from lwacal.records.sky_model import SkyModelRecord, Source

NO_IMAGE = "no image: imaging is switched off (imaging.enabled)"
FEWEST_TIMES = 3  # to speak of a change with time
SPECTRA_COLUMNS = (
    "source",
    "band",
    "freq_mhz",
    "flux_jy",
    "flux_err_jy",
    "flux_apparent_jy",
    "flux_visibility_jy",
    "flux_visibility_err_jy",
    "flux_expected_jy",
    "flux_expected_err_jy",
    "ratio",
    "ratio_err",
    "ratio_model_err",
    "rms_jy",
    "thermal_jy",
    "fit",
    "reason",
)
OFFSETS_COLUMNS = (
    "source",
    "band",
    "freq_mhz",
    "ra_offset_arcsec",
    "dec_offset_arcsec",
    "offset_err_arcsec",
    "beam_fwhm_arcsec",
)
SCINTILLATION_COLUMNS = (
    "source",
    "band",
    "time_utc",
    "flux_jy",
    "flux_err_jy",
    "flux_apparent_jy",
    "flux_visibility_jy",
    "flux_visibility_err_jy",
    "rms_jy",
    "fit",
    "reason",
)


def measure(
    model: SkyModelRecord,
    images: Sequence[Path],
    allsky: Path,
    settings: Measure,
) -> MeasurementsRecord:
    """Return measurements.json.

    ``images`` are the folders of the sources, ``allsky`` that of the all-sky images. Fluxes as
    seen (``flux_apparent_jy``) are divided by the mean beam of X and Y over the sub-band to give
    intrinsic ones (``flux_jy``).
    """
    search = point_source_fit.Search(settings.fit_radius_beams, settings.noise_radius_beams)
    calibrators, scintillation = [], []
    for folder in images:
        record = files.read(ImagesRecord, folder / "images.json")
        source = next(item for item in model["sources"] if item["name"] == record["source"])
        calibrators += [
            calibrator(model, source, item, folder, search) for item in record["spectrum"]
        ]
        scintillation += [
            moment(model, source, item, folder, search) for item in record["intervals"]
        ]
    return {
        "calibrators": calibrators,
        "positions": refraction_fit.of_sources(calibrators),
        "scintillation": scintillation,
        "scintillation_indices": scintillation_indices(scintillation),
        "allsky": measure_allsky(allsky),
    }


def _mean_beam(model: SkyModelRecord, source: str, band: str) -> float:
    """Return the beam that an image of Stokes I = (XX + YY) / 2 of a sub-band has at a source."""
    record = model["bands"][band][source]
    flux = np.array(record["flux_jy"])
    seen = flux * np.add(record["beam_xx"], record["beam_yy"]) / 2
    return float(seen.mean() / flux.mean())


def calibrator(
    model: SkyModelRecord,
    source: Source,
    item: SpectrumImage,
    folder: Path,
    search: point_source_fit.Search,
) -> Calibrator:
    """Return the record of a source in the image of a sub-band.

    ``ratio_err`` is what the noise does to the ratio of measured to expected flux,
    ``ratio_model_err`` what the disagreement of the flux scales does; None if one scale alone is
    valid. Without an image (``imaged`` is false) only the visibilities tell the flux.
    """
    found, beam_arcsec = point_source_fit.PointFit(False, NO_IMAGE, np.nan), None
    if item["file"]:
        image = point_source_fit.read_image(folder / item["file"])
        found = point_source_fit.fit_point(image, source["ra_rad"], source["dec_rad"], search)
        beam_arcsec = image.beam_fwhm_arcsec
    beam = _mean_beam(model, source["name"], item["band"])
    modelled = model["bands"][item["band"]][source["name"]]
    expected, doubt = float(np.mean(modelled["flux_jy"])), modelled["flux_uncertainty"]
    ratio = found.flux_jy / beam / expected
    seen_jy, seen_err_jy = _of_visibilities(item["visibilities"], expected)
    return {
        "source": source["name"],
        "band": item["band"],
        "freq_mhz": item["freq_mhz"],
        "flux_jy": rounded(found.flux_jy / beam),
        "flux_err_jy": rounded(found.flux_err_jy / beam),
        "flux_apparent_jy": rounded(found.flux_jy),
        "flux_visibility_jy": seen_jy,
        "flux_visibility_err_jy": seen_err_jy,
        "flux_expected_jy": rounded(expected),
        "flux_expected_err_jy": rounded(expected * doubt) if doubt is not None else None,
        "ratio": rounded(ratio),
        "ratio_err": rounded(found.flux_err_jy / beam / expected),
        "ratio_model_err": rounded(ratio * doubt) if doubt is not None else None,
        "ra_offset_arcsec": rounded(found.ra_offset_arcsec),
        "dec_offset_arcsec": rounded(found.dec_offset_arcsec),
        "offset_err_arcsec": rounded(found.offset_err_arcsec),
        "beam_fwhm_arcsec": beam_arcsec,
        "rms_jy": rounded(found.rms_jy),
        "thermal_jy": item["thermal_jy"],
        "imaged": bool(item["file"]),
        "fit": "ok" if found.ok else "failed",
        "reason": found.reason,
    }


def _of_visibilities(
    found: FluxRatio | None, expected_jy: float
) -> tuple[float | None, float | None]:
    """Return the flux that the visibilities themselves have (visibility_flux), and its error."""
    if found is None:
        return None, None
    return rounded(found["ratio"] * expected_jy), rounded(found["ratio_err"] * expected_jy)


def moment(
    model: SkyModelRecord,
    source: Source,
    item: IntervalImage,
    folder: Path,
    search: point_source_fit.Search,
) -> Moment:
    """Return the flux of a source in one integration of a sub-band.

    As in `calibrator`, ``flux_jy`` and its error are intrinsic, ``flux_apparent_jy`` and ``rms_jy``
    as seen.
    """
    image = point_source_fit.read_image(folder / item["file"])
    found = point_source_fit.fit_point(image, source["ra_rad"], source["dec_rad"], search)
    expected = float(np.mean(model["bands"][item["band"]][source["name"]]["flux_jy"]))
    beam = _mean_beam(model, source["name"], item["band"])
    seen_jy, seen_err_jy = _of_visibilities(item["visibilities"], expected)
    return {
        "source": source["name"],
        "band": item["band"],
        "time_utc": item["time_utc"],
        "flux_jy": rounded(found.flux_jy / beam),
        "flux_err_jy": rounded(found.flux_err_jy / beam),
        "flux_apparent_jy": rounded(found.flux_jy),
        "flux_visibility_jy": seen_jy,
        "flux_visibility_err_jy": seen_err_jy,
        "rms_jy": rounded(found.rms_jy),
        "fit": "ok" if found.ok else "failed",
        "reason": found.reason,
    }


def scintillation_indices(moments: Sequence[Moment]) -> list[ScintillationIndex]:
    """Return how much each source varies with time in each sub-band.

    The index is the rms of the flux over its mean, with the noise of the measurement taken out: the
    square root of (the variance over the integrations - the mean square of the flux errors) over
    the mean flux. It is zero if the noise explains all of the variance, and None with fewer than
    three integrations that have a flux. ``index_err`` follows from the scatter of a variance of
    n values, variance x sqrt(2 / (n - 1)), and is None where the index is zero;
    ``index_visibility`` is the same of the fluxes from the visibilities, ``integrations`` n.
    """
    series: dict[tuple[str, str], list[Moment]] = {}
    for item in moments:
        series.setdefault((item["source"], item["band"]), []).append(item)
    found: list[ScintillationIndex] = []
    for (source, band), items in series.items():
        index, error, number = _index([(item["flux_jy"], item["flux_err_jy"]) for item in items])
        seen = [(item["flux_visibility_jy"], item["flux_visibility_err_jy"]) for item in items]
        found.append(
            {
                "source": source,
                "band": band,
                "index": rounded(index),
                "index_err": rounded(error),
                "index_visibility": rounded(_index(seen)[0]),
                "integrations": number,
            }
        )
    return found


def _index(fluxes: Sequence[tuple[float | None, float | None]]) -> tuple[float, float, int]:
    """Return index, its error, and of how many integrations, from fluxes and their errors."""
    known = [(flux, noise) for flux, noise in fluxes if flux is not None]
    if len(known) < FEWEST_TIMES:
        return np.nan, np.nan, len(known)
    flux, noise = np.array(known).T
    variance = flux.var(ddof=1)
    if flux.mean() <= 0:
        return np.nan, np.nan, len(known)
    intrinsic = max(variance - np.mean(noise**2), 0.0)
    index = float(np.sqrt(intrinsic) / flux.mean())
    scatter = variance * np.sqrt(2 / (len(flux) - 1))
    error = float(scatter / (2 * index * flux.mean() ** 2)) if index > 0 else np.nan
    return index, error, len(known)


def measure_allsky(folder: Path) -> list[AllskyNoise]:
    """Return noise (median absolute deviation), peak and dynamic range of each all-sky image.

    Only what is higher than the horizon mask of CLEAN counts (``horizon_mask_deg`` in images.json):
    beyond the horizon the corners of the image are no sky.
    """
    record = files.read(AllskyRecord, folder / "images.json")
    found: list[AllskyNoise] = []
    for band in record["bands"]:
        item: AllskyNoise = {
            "name": band["name"],
            "rms_jy": None,
            "peak_jy": None,
            "dynamic_range": None,
            "thermal_jy": band.get("thermal_jy"),
            "message": band["message"],
        }
        if band["file"]:
            image = point_source_fit.read_image(folder / band["file"])
            pixels = image.pixels[above(image, record["horizon_mask_deg"])]
            rms, peak = float(mad_std(pixels)), float(pixels.max())
            item["rms_jy"], item["peak_jy"] = rounded(rms), rounded(peak)
            item["dynamic_range"] = rounded(peak / rms) if rms > 0 else None
        found.append(item)
    return found


def above(image: point_source_fit.PlaneImage, elevation_deg: float) -> np.ndarray:
    """Return which pixels of an image of the zenith are valid and higher than an elevation.

    In the sine projection a pixel is cos(elevation) from the centre.
    """
    rows, columns = np.indices(image.pixels.shape)
    centre_column, centre_row = np.array(image.wcs.wcs.crpix) - 1
    scale_rad = np.deg2rad(abs(image.wcs.wcs.cdelt[1]))
    away = np.hypot(columns - centre_column, rows - centre_row) * scale_rad
    return np.isfinite(image.pixels) & (away <= np.cos(np.deg2rad(elevation_deg)))


def rounded(value: float) -> float | None:
    """Return a measured value to six digits, None if there is none.

    More would be noise of the imager's threads, which add up in any order.
    """
    return float(f"{value:.6g}") if np.isfinite(value) else None
