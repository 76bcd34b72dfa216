"""Measures the images: fluxes and positions of the sources, changes in time, all-sky noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.stats import mad_std

from lwacal import fit, position_fit, records

NO_IMAGE = "no image: imaging is switched off (imaging.enabled)"
FEWEST_TIMES = 3  # to speak of a change with time
SPECTRA_COLUMNS = (
    "source", "band", "freq_mhz", "flux_jy", "flux_err_jy", "flux_apparent_jy",
    "flux_visibility_jy", "flux_visibility_err_jy", "flux_expected_jy", "flux_expected_err_jy",
    "ratio", "rms_jy", "thermal_jy", "fit", "reason",
)
OFFSETS_COLUMNS = (
    "source", "band", "freq_mhz", "ra_offset_arcsec", "dec_offset_arcsec", "offset_err_arcsec",
    "beam_fwhm_arcsec",
)
SCINTILLATION_COLUMNS = ("source", "band", "time_utc", "flux_jy", "rms_jy", "reason")


def measure(
    model: Mapping[str, Any],
    images: Sequence[Path],
    allsky: Path,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Return measurements.json.

    ``images`` are the folders of the sources, ``allsky`` that of the all-sky images. Fluxes as
    seen (``flux_apparent_jy``) are divided by the mean beam of X and Y over the sub-band to give
    intrinsic ones (``flux_jy``).
    """
    radius = settings["fit_radius_beams"]
    calibrators, scintillation = [], []
    for folder in images:
        record = records.read_json(folder / "images.json")
        source = next(item for item in model["sources"] if item["name"] == record["source"])
        calibrators += [
            calibrator(model, source, item, folder, radius) for item in record["spectrum"]
        ]
        scintillation += [
            moment(model, source, item, folder, radius) for item in record["intervals"]
        ]
    return {
        "schema": 1,
        "calibrators": calibrators,
        "positions": position_fit.of_sources(calibrators),
        "scintillation": scintillation,
        "scintillation_indices": scintillation_indices(scintillation),
        "allsky": measure_allsky(allsky),
    }


def _mean_beam(model: Mapping[str, Any], source: str, band: str) -> float:
    """Return the beam that an image of Stokes I = (XX + YY) / 2 of a sub-band has at a source."""
    record = model["bands"][band][source]
    flux = np.array(record["flux_jy"])
    seen = flux * np.add(record["beam_xx"], record["beam_yy"]) / 2
    return float(seen.mean() / flux.mean())


def calibrator(
    model: Mapping[str, Any], source: Mapping[str, Any], item: Mapping[str, Any], folder: Path,
    radius_beams: float,
) -> dict[str, Any]:
    """Return the record (contract C4) of a source in the image of a sub-band.

    Without an image ``fit`` is "none", and only the visibilities tell the flux.
    """
    found, beam_arcsec = fit.PointFit(False, NO_IMAGE, np.nan), None
    if item["file"]:
        image = fit.read_image(folder / item["file"])
        found = fit.fit_point(image, source["ra_rad"], source["dec_rad"], radius_beams)
        beam_arcsec = image.beam_fwhm_arcsec
    beam = _mean_beam(model, source["name"], item["band"])
    modelled = model["bands"][item["band"]][source["name"]]
    expected, doubt = float(np.mean(modelled["flux_jy"])), modelled["flux_uncertainty"]
    seen = item["visibilities"] or {"ratio": np.nan, "ratio_err": np.nan}
    return {
        "source": source["name"],
        "band": item["band"],
        "freq_mhz": item["freq_mhz"],
        "flux_jy": rounded(found.flux_jy / beam),
        "flux_err_jy": rounded(found.flux_err_jy / beam),
        "flux_apparent_jy": rounded(found.flux_jy),
        "flux_visibility_jy": rounded(seen["ratio"] * expected),
        "flux_visibility_err_jy": rounded(seen["ratio_err"] * expected),
        "flux_expected_jy": rounded(expected),
        "flux_expected_err_jy": rounded(expected * doubt) if doubt is not None else None,
        "ratio": rounded(found.flux_jy / beam / expected),
        "ra_offset_arcsec": rounded(found.ra_offset_arcsec),
        "dec_offset_arcsec": rounded(found.dec_offset_arcsec),
        "offset_err_arcsec": rounded(found.offset_err_arcsec),
        "beam_fwhm_arcsec": beam_arcsec,
        "rms_jy": rounded(found.rms_jy),
        "thermal_jy": item["thermal_jy"],
        "fit": "ok" if found.ok else "failed" if item["file"] else "none",
        "reason": found.reason,
    }


def moment(
    model: Mapping[str, Any], source: Mapping[str, Any], item: Mapping[str, Any], folder: Path,
    radius_beams: float,
) -> dict[str, Any]:
    """Return the flux of a source in one integration of a sub-band."""
    image = fit.read_image(folder / item["file"])
    found = fit.fit_point(image, source["ra_rad"], source["dec_rad"], radius_beams)
    beam = _mean_beam(model, source["name"], item["band"])
    return {
        "source": source["name"],
        "band": item["band"],
        "time_utc": item["time_utc"],
        "flux_jy": rounded(found.flux_jy / beam),
        "rms_jy": rounded(found.rms_jy / beam),
        "reason": found.reason,
    }


def scintillation_indices(moments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how much each source varies with time in each sub-band.

    The index is the rms of the flux over its mean, with the noise of the images taken out; zero
    if the noise explains all of it, and None with fewer than three integrations that have a flux.
    """
    series: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for item in moments:
        series.setdefault((item["source"], item["band"]), []).append(item)
    return [
        {"source": source, "band": band, "index": rounded(_index(items))}
        for (source, band), items in series.items()
    ]


def _index(moments: Sequence[Mapping[str, Any]]) -> float:
    known = [(m["flux_jy"], m["rms_jy"]) for m in moments if m["flux_jy"] is not None]
    if len(known) < FEWEST_TIMES:
        return np.nan
    flux, noise = np.array(known).T
    variance = flux.var(ddof=1) - np.mean(noise**2)
    return float(np.sqrt(max(variance, 0.0)) / flux.mean())


def measure_allsky(folder: Path) -> list[dict[str, Any]]:
    """Return noise (median absolute deviation), peak and dynamic range of each all-sky image."""
    record = records.read_json(folder / "images.json")
    found = []
    for band in record["bands"]:
        item = {"name": band["name"], "rms_jy": None, "peak_jy": None, "dynamic_range": None,
                "thermal_jy": band.get("thermal_jy"), "message": band["message"]}
        if band["file"]:
            pixels = fit.read_image(folder / band["file"]).pixels
            pixels = pixels[np.isfinite(pixels)]
            rms, peak = float(mad_std(pixels)), float(pixels.max())
            item.update(rms_jy=rounded(rms), peak_jy=rounded(peak),
                        dynamic_range=rounded(peak / rms) if rms > 0 else None)
        found.append(item)
    return found


def rounded(value: float) -> float | None:
    """Return a measured value to six digits, None if there is none.

    More would be noise of the imager's threads, which add up in any order.
    """
    return float(f"{value:.6g}") if np.isfinite(value) else None
