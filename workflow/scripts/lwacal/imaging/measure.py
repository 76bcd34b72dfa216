"""Measures fluxes, positions and scintillation of the sources, and the all-sky noise."""

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
from lwacal.sky import appearance

NO_IMAGE = "no image: imaging is switched off (imaging.enabled)"
FEWEST_TIMES = 3  # integrations needed for a scintillation index
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

    ``images`` are the image folders of the sources, ``allsky`` is that of the all-sky images.
    Apparent fluxes (``flux_apparent_jy``) are divided by the beam, averaged over X and Y and over
    the sub-band, to give intrinsic fluxes (``flux_jy``).
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
            integration_flux(model, source, item, folder, search) for item in record["intervals"]
        ]
    return {
        "calibrators": calibrators,
        "positions": refraction_fit.of_sources(calibrators),
        "scintillation": scintillation,
        "scintillation_indices": scintillation_indices(scintillation),
        "allsky": measure_allsky(allsky),
    }


def _mean_beam(model: SkyModelRecord, source: str, band: str) -> float:
    """Return the beam at a source in an image of Stokes I = (XX + YY) / 2 of a sub-band."""
    record = model["bands"][band][source]
    flux = np.array(record["flux_jy"])
    apparent = flux * np.add(record["beam_xx"], record["beam_yy"]) / 2
    return float(apparent.mean() / flux.mean())


def calibrator(
    model: SkyModelRecord,
    source: Source,
    item: SpectrumImage,
    folder: Path,
    search: point_source_fit.Search,
) -> Calibrator:
    """Return the measurements of a source in the image of a sub-band.

    ``ratio`` is measured over expected flux, ``ratio_err`` its error from the noise, and
    ``ratio_model_err`` its error from the disagreement of the flux scales, None if only one scale
    is valid. If there is no image (``imaged`` is false), the flux is from the visibilities only.
    """
    found, beam_arcsec = point_source_fit.PointFit(False, NO_IMAGE, np.nan), None
    if item["file"]:
        image = point_source_fit.read_image(folder / item["file"])
        found = _fit(image, source, item["freq_mhz"], search)
        beam_arcsec = image.beam_fwhm_arcsec
    beam = _mean_beam(model, source["name"], item["band"])
    modelled = model["bands"][item["band"]][source["name"]]
    expected, uncertainty = float(np.mean(modelled["flux_jy"])), modelled["flux_uncertainty"]
    ratio = found.flux_jy / beam / expected
    visibility_jy, visibility_err_jy = _visibility_flux(item["visibilities"], expected)
    return {
        "source": source["name"],
        "band": item["band"],
        "freq_mhz": item["freq_mhz"],
        "flux_jy": rounded(found.flux_jy / beam),
        "flux_err_jy": rounded(found.flux_err_jy / beam),
        "flux_apparent_jy": rounded(found.flux_jy),
        "flux_visibility_jy": visibility_jy,
        "flux_visibility_err_jy": visibility_err_jy,
        "flux_expected_jy": rounded(expected),
        "flux_expected_err_jy": rounded(expected * uncertainty)
        if uncertainty is not None
        else None,
        "ratio": rounded(ratio),
        "ratio_err": rounded(found.flux_err_jy / beam / expected),
        "ratio_model_err": rounded(ratio * uncertainty) if uncertainty is not None else None,
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


def _fit(
    image: point_source_fit.PlaneImage,
    source: Source,
    freq_mhz: float,
    search: point_source_fit.Search,
) -> point_source_fit.PointFit:
    """Fit a source as it is modelled: as a point, or resolved."""
    looks = appearance.of_source(source, freq_mhz * 1e6)
    return point_source_fit.fit_point(image, source["ra_rad"], source["dec_rad"], search, looks)


def _visibility_flux(
    found: FluxRatio | None, expected_jy: float
) -> tuple[float | None, float | None]:
    """Return the intrinsic flux from the visibilities (visibility_flux) and its error, Jy."""
    if found is None:
        return None, None
    return rounded(found["ratio"] * expected_jy), rounded(found["ratio_err"] * expected_jy)


def integration_flux(
    model: SkyModelRecord,
    source: Source,
    item: IntervalImage,
    folder: Path,
    search: point_source_fit.Search,
) -> Moment:
    """Return the flux of a source in one integration of a sub-band.

    As in `calibrator`, ``flux_jy`` and its error are intrinsic; ``flux_apparent_jy`` and ``rms_jy``
    are apparent.
    """
    image = point_source_fit.read_image(folder / item["file"])
    found = _fit(image, source, item["freq_mhz"], search)
    expected = float(np.mean(model["bands"][item["band"]][source["name"]]["flux_jy"]))
    beam = _mean_beam(model, source["name"], item["band"])
    visibility_jy, visibility_err_jy = _visibility_flux(item["visibilities"], expected)
    return {
        "source": source["name"],
        "band": item["band"],
        "time_utc": item["time_utc"],
        "flux_jy": rounded(found.flux_jy / beam),
        "flux_err_jy": rounded(found.flux_err_jy / beam),
        "flux_apparent_jy": rounded(found.flux_jy),
        "flux_visibility_jy": visibility_jy,
        "flux_visibility_err_jy": visibility_err_jy,
        "rms_jy": rounded(found.rms_jy),
        "fit": "ok" if found.ok else "failed",
        "reason": found.reason,
    }


def scintillation_indices(integrations: Sequence[Moment]) -> list[ScintillationIndex]:
    """Return the scintillation index of each source in each sub-band.

    The index is the rms variation of the flux over the mean flux, corrected for noise:
    sqrt(variance over the integrations - mean squared flux error) / mean flux. It is zero if the
    noise explains all of the variance, and None for fewer than three integrations with a flux.
    ``index_err`` follows from the standard error of a variance of n values,
    variance x sqrt(2 / (n - 1)), and is None if the index is zero. ``index_visibility`` is the
    index of the fluxes from the visibilities; ``integrations`` is n.
    """
    series: dict[tuple[str, str], list[Moment]] = {}
    for item in integrations:
        series.setdefault((item["source"], item["band"]), []).append(item)
    found: list[ScintillationIndex] = []
    for (source, band), items in series.items():
        index, error, number = _index([(item["flux_jy"], item["flux_err_jy"]) for item in items])
        visibility_fluxes = [
            (item["flux_visibility_jy"], item["flux_visibility_err_jy"]) for item in items
        ]
        found.append(
            {
                "source": source,
                "band": band,
                "index": rounded(index),
                "index_err": rounded(error),
                "index_visibility": rounded(_index(visibility_fluxes)[0]),
                "integrations": number,
            }
        )
    return found


def _index(fluxes: Sequence[tuple[float | None, float | None]]) -> tuple[float, float, int]:
    """Return the index, its error, and the number of integrations with a flux.

    ``fluxes`` are the flux and its error in each integration, Jy.
    """
    measured = [(flux, noise) for flux, noise in fluxes if flux is not None]
    if len(measured) < FEWEST_TIMES:
        return np.nan, np.nan, len(measured)
    flux, noise = np.array(measured).T
    variance = flux.var(ddof=1)
    if flux.mean() <= 0:
        return np.nan, np.nan, len(measured)
    intrinsic = max(variance - np.mean(noise**2), 0.0)
    index = float(np.sqrt(intrinsic) / flux.mean())
    scatter = variance * np.sqrt(2 / (len(flux) - 1))
    error = float(scatter / (2 * index * flux.mean() ** 2)) if index > 0 else np.nan
    return index, error, len(measured)


def measure_allsky(folder: Path) -> list[AllskyNoise]:
    """Return noise, peak (both Jy/beam) and dynamic range of each all-sky image.

    The noise is the scaled median absolute deviation. Only pixels above the elevation of CLEAN's
    horizon mask (``horizon_mask_deg`` in images.json) are used; the corners of the image are beyond
    the horizon.
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
    """Return the valid pixels of an all-sky image above an elevation, (row, column) bool.

    The image is centred at the zenith. In the SIN projection a direction is cos(elevation) from the
    centre.
    """
    rows, columns = np.indices(image.pixels.shape)
    centre_column, centre_row = np.array(image.wcs.wcs.crpix) - 1
    scale_rad = np.deg2rad(abs(image.wcs.wcs.cdelt[1]))
    radius = np.hypot(columns - centre_column, rows - centre_row) * scale_rad
    return np.isfinite(image.pixels) & (radius <= np.cos(np.deg2rad(elevation_deg)))


def rounded(value: float) -> float | None:
    """Return a measured value rounded to six significant digits, None if it is not finite.

    Further digits depend on the order in which WSClean's threads sum.
    """
    return float(f"{value:.6g}") if np.isfinite(value) else None
