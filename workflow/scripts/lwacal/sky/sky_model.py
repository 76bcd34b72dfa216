"""The sky model: which sources are up, how bright they are, and what each dipole sees of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.records import files
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.sky_model import SkyModel
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import (
    ComponentList,
    SkyModelRecord,
    Source,
    SourceInBand,
    Unmodelled,
)
from lwacal.sky import beam, component_lists
from lwacal.sky import sources as flux
from lwacal.sky.flux_scales import SECONDARY
from lwacal.telescope import naming, site

COLUMNS = ("source", "band", "frequency_hz", "flux_jy", "apparent_xx_jy", "apparent_yy_jy")


def build(manifest: ManifestRecord, choice: SkyModel, dipole: Beam) -> SkyModelRecord:
    """Return sky_model.json for the middle of an observation.

    Every source above the horizon gets its
    intrinsic flux density, how well that is known (flux.disagreement; a fraction for each
    sub-band), and the beams of X and Y in every channel. A source is a ``calibrator``, which is
    imaged, measured and judged, if it is high enough and its apparent flux density, (XX + YY) / 2,
    somewhere in the band bright enough. ``in_model``, what gains are solved with, is also what is
    lower or fainter, as far as it matters: unmodelled flux biases the gains.
    ``component_list`` says which list gives its shape, None for a point. ``unmodelled`` is by
    sub-band what the A-team has outside the model, chosen or not.
    """
    sources = []
    bands: dict[str, dict[str, Any]] = {band: {} for band in naming.sort_bands(manifest["bands"])}
    for name in choice.sources:
        source, seen = _source(name, manifest, choice, dipole)
        for band, record in seen.items():
            bands[band][name] = record
        sources.append(source)
    if not any(source["calibrator"] for source in sources):
        for source in sources:
            source["in_model"] = False
    return {
        "mid_utc": manifest["observation"]["mid_utc"],
        "flux_scale": choice.flux_scale,
        "min_elevation_deg": choice.min_elevation_deg,
        "beam": dipole.as_json(),
        "sources": sources,
        "bands": bands,
        "unmodelled": _unmodelled(sources, bands, manifest, choice, dipole),
        "message": _message(sources),
    }


def _source(
    name: str, manifest: ManifestRecord, choice: SkyModel, dipole: Beam
) -> tuple[Source, dict[str, SourceInBand]]:
    """Return the record of a source, and what it is in each sub-band if it is up."""
    mjd_s, position = manifest["observation"]["mid_mjd_s"], flux.POSITIONS[name]
    year = float(site.astropy_time(mjd_s).decimalyear)
    altitude, azimuth = site.altitude_azimuth(position.ra_rad, position.dec_rad, mjd_s)
    components = _component_list(choice, name)
    warnings: dict[str, None] = {}  # a set that keeps its order
    seen: dict[str, SourceInBand] = {}
    for band in naming.sort_bands(manifest["bands"]) if altitude > 0 else ():
        frequency_hz = np.array(manifest["bands"][band]["frequency_hz"])
        known = flux.expected(choice.flux_scale, name, frequency_hz, year)
        warnings.update(dict.fromkeys(known.warnings + _doubts(components, frequency_hz)))
        xx, yy = beam.power(
            dipole.model,
            frequency_hz,
            altitude,
            azimuth,
            dipole.x_azimuth_deg,
            dipole.file,
        )
        seen[band] = {
            "flux_jy": known.flux_jy.tolist(),
            "flux_uncertainty": known.uncertainty,
            "beam_xx": xx[0].tolist(),
            "beam_yy": yy[0].tolist(),
        }
    brightest = max((float(_apparent_jy(record).max()) for record in seen.values()), default=0.0)
    altitude_deg = float(np.rad2deg(altitude))
    no_calibrator = _why_not(altitude_deg, brightest, choice, "")
    not_modelled = no_calibrator and _why_not(altitude_deg, brightest, choice, "model_")
    return {
        "name": name,
        "ra_rad": position.ra_rad,
        "dec_rad": position.dec_rad,
        "altitude_deg": altitude_deg,
        "azimuth_deg": float(np.rad2deg(azimuth)),
        "brightest_apparent_jy": brightest,
        "calibrator": not no_calibrator,
        "in_model": not not_modelled,
        "reason": not_modelled or no_calibrator,
        "warnings": list(warnings),
        "component_list": components,
    }, seen


def _apparent_jy(record: SourceInBand) -> np.ndarray:
    """Return the apparent flux density (XX + YY) / 2 of a source in a sub-band, (channel,)."""
    return np.multiply(record["flux_jy"], np.add(record["beam_xx"], record["beam_yy"])) / 2


def apparent_jy(model: SkyModelRecord, band: str) -> dict[str, float]:
    """Return by source what is seen of it in a sub-band, in the mean over channels; if it is up."""
    return _mean_apparent_jy(model["bands"][band])


def _mean_apparent_jy(records: Mapping[str, SourceInBand]) -> dict[str, float]:
    return {name: float(_apparent_jy(record).mean()) for name, record in records.items()}


def _unmodelled(
    sources: list[Source],
    bands: Mapping[str, Mapping[str, SourceInBand]],
    manifest: ManifestRecord,
    choice: SkyModel,
    dipole: Beam,
) -> dict[str, Unmodelled]:
    """Return by sub-band what of the A-team is up and not in the model.

    ``apparent_jy`` by source, and ``fraction``, their sum over that of the model's sources; None
    without a model.
    """
    modelled = {source["name"] for source in sources if source["in_model"]}
    others = {
        name: _source(name, manifest, choice, dipole)[1]
        for name in flux.POSITIONS
        if name not in choice.sources
    }
    found: dict[str, Unmodelled] = {}
    for band, records in bands.items():
        more = {name: seen[band] for name, seen in others.items() if band in seen}
        seen_jy = _mean_apparent_jy({**records, **more})
        outside = {name: jy for name, jy in seen_jy.items() if name not in modelled}
        total = sum(jy for name, jy in seen_jy.items() if name in modelled)
        found[band] = {
            "apparent_jy": outside,
            "fraction": sum(outside.values()) / total if total > 0 else None,
        }
    return found


def read(path: str | Path) -> SkyModelRecord:
    """Return sky_model.json, paths of component lists made absolute: solvers stand elsewhere."""
    model = files.read(SkyModelRecord, path)
    for source in model["sources"]:
        components = source["component_list"]
        if components:
            components["path"] = str(Path(components["path"]).absolute())
    return model


def _component_list(choice: SkyModel, source: str) -> ComponentList | None:
    """Return which list gives the shape of a source: path, components, digest, trusted range."""
    path = choice.component_lists.by_source()[source]
    if not path:
        return None
    try:
        components = component_lists.read(path)
    except component_lists.ComponentListError as error:
        raise component_lists.ComponentListError(
            f"sky_model.component_lists.{source}: {error}. Correct the key, or leave it empty for a"
            " point"
        ) from error
    return {
        "path": path,
        "n_components": len(components.flux_jy),
        "sha256": components.digest,
        "trusted_mhz": list(choice.component_lists_mhz),
    }


def _doubts(components: ComponentList | None, frequency_hz: np.ndarray) -> tuple[str, ...]:
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


def _why_not(altitude_deg: float, brightest_jy: float, choice: SkyModel, prefix: str) -> str:
    """Return why a source is below the limits whose keys have a prefix, empty if it is not."""
    if altitude_deg <= 0:
        return f"below the horizon (elevation {altitude_deg:.1f} deg)"
    lowest, faintest = f"{prefix}min_elevation_deg", f"{prefix}min_flux_jy"
    least_deg, least_jy = getattr(choice, lowest), getattr(choice, faintest)
    if altitude_deg < least_deg:
        return f"elevation {altitude_deg:.1f} deg is below sky_model.{lowest} ({least_deg:g})"
    if brightest_jy < least_jy:
        return (
            f"at most {brightest_jy:.0f} Jy through the beam, below sky_model.{faintest}"
            f" ({least_jy:g})"
        )
    return ""


def _message(sources: list[Source]) -> str:
    if any(source["calibrator"] for source in sources):
        return ""
    reasons = "; ".join(f"{source['name']}: {source['reason']}" for source in sources)
    return f"no source can be used, so nothing can be calibrated: {reasons}"


def model_sources(model: SkyModelRecord) -> list[Source]:
    """Return the sources that gains are solved with."""
    return [source for source in model["sources"] if source["in_model"]]


def calibrators(model: SkyModelRecord) -> list[Source]:
    """Return the sources that are imaged, measured and judged: those high and bright enough."""
    return [source for source in model["sources"] if source["calibrator"]]


def model_fluxes(model: SkyModelRecord, band: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def secondary_rows(model: SkyModelRecord, manifest: ManifestRecord) -> Iterator[dict[str, Any]]:
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
                    dipole["model"],
                    frequency_hz,
                    altitude,
                    azimuth,
                    dipole["x_azimuth_deg"],
                    dipole["file"],
                )
                yield from _rows(name, band, frequency_hz, intrinsic, xx[0], yy[0])


def table(model: SkyModelRecord, manifest: ManifestRecord) -> Iterator[dict[str, Any]]:
    """Return the rows of sky_model.csv, by source, sub-band and channel."""
    for source in model["sources"]:
        for band, records in model["bands"].items():
            record = records.get(source["name"])
            if record is None:
                continue
            yield from _rows(
                source["name"],
                band,
                manifest["bands"][band]["frequency_hz"],
                record["flux_jy"],
                record["beam_xx"],
                record["beam_yy"],
            )
    yield from secondary_rows(model, manifest)


def _rows(
    source: str,
    band: str,
    frequency_hz: Iterable[float],
    flux_jy: Iterable[float],
    beam_xx: Iterable[float],
    beam_yy: Iterable[float],
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
