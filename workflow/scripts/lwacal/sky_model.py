"""The sky model: which sources are up, how bright they are, and what each dipole sees of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import beam, flux, naming, site, wsclean_list
from lwacal.flux_scales import SECONDARY
from lwacal.records import read_json

COLUMNS = ("source", "band", "frequency_hz", "flux_jy", "apparent_xx_jy", "apparent_yy_jy")


def build(manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return sky_model.json for the middle of an observation.

    ``settings`` has the sections sky_model and beam. Every source above the horizon gets its
    intrinsic flux density, how well that is known (flux.disagreement; a fraction for each
    sub-band), and the beams of X and Y in every channel; it is in the model if it is
    high enough and its apparent flux density, (XX + YY) / 2, somewhere in the band bright enough.
    ``component_list`` says which list gives its shape, None for a point.
    """
    choice, dipole = settings["sky_model"], settings["beam"]
    mjd_s = manifest["observation"]["mid_mjd_s"]
    year = float(site.astropy_time(mjd_s).decimalyear)
    sources, bands = [], {band: {} for band in naming.sort_bands(manifest["bands"])}
    for name in choice["sources"]:
        position = flux.POSITIONS[name]
        altitude, azimuth = site.altitude_azimuth(position.ra_rad, position.dec_rad, mjd_s)
        brightest = 0.0
        warnings: dict[str, None] = {}  # a set that keeps its order
        components = _component_list(choice, name)
        for band in bands:
            if altitude <= 0:
                continue
            frequency_hz = np.array(manifest["bands"][band]["frequency_hz"])
            known = flux.expected(choice["flux_scale"], name, frequency_hz, year)
            warnings.update(dict.fromkeys(known.warnings + _doubts(components, frequency_hz)))
            xx, yy = beam.power(
                dipole["model"], frequency_hz, altitude, azimuth, dipole["x_azimuth_deg"],
                dipole["file"],
            )
            bands[band][name] = {
                "flux_jy": known.flux_jy, "flux_uncertainty": known.uncertainty,
                "beam_xx": xx[0], "beam_yy": yy[0],
            }
            brightest = max(brightest, float((known.flux_jy * (xx[0] + yy[0]) / 2).max()))
        reason = _why_not(float(np.rad2deg(altitude)), brightest, choice)
        sources.append(
            {
                "name": name,
                "ra_rad": position.ra_rad,
                "dec_rad": position.dec_rad,
                "altitude_deg": float(np.rad2deg(altitude)),
                "azimuth_deg": float(np.rad2deg(azimuth)),
                "brightest_apparent_jy": brightest,
                "in_model": not reason,
                "reason": reason,
                "warnings": list(warnings),
                "component_list": components,
            }
        )
    return {
        "schema": 1,
        "mid_utc": manifest["observation"]["mid_utc"],
        "flux_scale": choice["flux_scale"],
        "min_elevation_deg": choice["min_elevation_deg"],
        "beam": dict(dipole),
        "sources": sources,
        "bands": bands,
        "message": _message(sources),
    }


def read(path: str | Path) -> dict[str, Any]:
    """Return sky_model.json, paths of component lists made absolute: solvers stand elsewhere."""
    model = read_json(path)
    for source in model["sources"]:
        components = source["component_list"]
        if components:
            components["path"] = str(Path(components["path"]).absolute())
    return model


def _component_list(choice: Mapping[str, Any], source: str) -> dict[str, Any] | None:
    """Return which list gives the shape of a source: path, components, digest, trusted range."""
    path = choice["component_lists"][source]
    if not path:
        return None
    components = wsclean_list.read(path)
    return {
        "path": path, "n_components": len(components.flux_jy), "sha256": components.digest,
        "trusted_mhz": choice["component_lists_mhz"],
    }


def _doubts(components: Mapping[str, Any] | None, frequency_hz: np.ndarray) -> tuple[str, ...]:
    """Return a warning if the frequencies are not all where a list is trusted."""
    if not components:
        return ()
    low, high = components["trusted_mhz"]
    if frequency_hz.min() >= low * 1e6 and frequency_hz.max() <= high * 1e6:
        return ()
    return (
        f"its component list is trusted from {low:g} to {high:g} MHz only"
        " (sky_model.component_lists_mhz): beyond, its shape is that of the nearest end",
    )


def _why_not(altitude_deg: float, brightest_jy: float, choice: Mapping[str, Any]) -> str:
    """Return why a source is not in the model, empty if it is."""
    if altitude_deg <= 0:
        return f"below the horizon (elevation {altitude_deg:.1f} deg)"
    if altitude_deg < choice["min_elevation_deg"]:
        return (
            f"elevation {altitude_deg:.1f} deg is below sky_model.min_elevation_deg"
            f" ({choice['min_elevation_deg']:g})"
        )
    if brightest_jy < choice["min_flux_jy"]:
        return (
            f"at most {brightest_jy:.0f} Jy through the beam, below sky_model.min_flux_jy"
            f" ({choice['min_flux_jy']:g})"
        )
    return ""


def _message(sources: list[dict[str, Any]]) -> str:
    if any(source["in_model"] for source in sources):
        return ""
    reasons = "; ".join(f"{source['name']}: {source['reason']}" for source in sources)
    return f"no source can be used, so nothing can be calibrated: {reasons}"


def model_sources(model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the sources that are in the model."""
    return [source for source in model["sources"] if source["in_model"]]


def model_fluxes(
    model: Mapping[str, Any], band: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what a solver needs of a sub-band's model.

    Directions (source, 2), ICRS radians, and apparent flux densities of XX and of YY, each
    (source, channel), Jy; no rows if no source is in the model.
    """
    sources = model_sources(model)
    radec = np.array([[source["ra_rad"], source["dec_rad"]] for source in sources]).reshape(-1, 2)
    records = [model["bands"][band][source["name"]] for source in sources]
    xx = [np.multiply(record["flux_jy"], record["beam_xx"]) for record in records]
    yy = [np.multiply(record["flux_jy"], record["beam_yy"]) for record in records]
    return radec, np.array(xx), np.array(yy)


def secondary_rows(
    model: Mapping[str, Any], manifest: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Return rows of sky_model.csv for the secondary calibrators that are high enough.

    They are for information: none is in the model. Only sub-bands in which their published spectrum
    is valid are given.
    """
    mjd_s, dipole = manifest["observation"]["mid_mjd_s"], model["beam"]
    for name, spectrum in SECONDARY.items():
        place = flux.SECONDARY_POSITIONS[name]
        altitude, azimuth = site.altitude_azimuth(place.ra_rad, place.dec_rad, mjd_s)
        if np.rad2deg(altitude) < model["min_elevation_deg"]:
            continue
        for band in model["bands"]:
            frequency_hz = np.array(manifest["bands"][band]["frequency_hz"])
            if spectrum.valid(frequency_hz).all():
                intrinsic = spectrum.flux_jy(frequency_hz, 0)
                xx, yy = beam.power(
                    dipole["model"], frequency_hz, altitude, azimuth, dipole["x_azimuth_deg"],
                    dipole["file"],
                )
                yield from _rows(name, band, frequency_hz, intrinsic, xx[0], yy[0])


def table(model: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the rows of sky_model.csv, by source, sub-band and channel."""
    for source in model["sources"]:
        for band, records in model["bands"].items():
            record = records.get(source["name"])
            if record is None:
                continue
            yield from _rows(
                source["name"], band, manifest["bands"][band]["frequency_hz"],
                record["flux_jy"], record["beam_xx"], record["beam_yy"],
            )
    yield from secondary_rows(model, manifest)


def _rows(
    source: str, band: str, frequency_hz: Iterable[float], flux_jy: Iterable[float],
    beam_xx: Iterable[float], beam_yy: Iterable[float],
) -> Iterator[dict[str, Any]]:
    for channel_hz, intrinsic, xx, yy in zip(frequency_hz, flux_jy, beam_xx, beam_yy):
        yield {
            "source": source,
            "band": band,
            "frequency_hz": channel_hz,
            "flux_jy": intrinsic,
            "apparent_xx_jy": intrinsic * xx,
            "apparent_yy_jy": intrinsic * yy,
        }
