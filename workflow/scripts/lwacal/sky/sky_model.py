"""The sky model: which sources are up, and their intrinsic and apparent flux densities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lwacal.records import files
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.sky_model import BUILT_IN, POINT, SkyModel
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import (
    ComponentList,
    SkyModelRecord,
    Source,
    SourceInBand,
    Unmodelled,
)
from lwacal.sky import beam, bright_sources, component_lists
from lwacal.sky.bright_sources import BrightSource, Kind
from lwacal.telescope import naming, site

COLUMNS = ("source", "band", "frequency_hz", "flux_jy", "apparent_xx_jy", "apparent_yy_jy")


def build(manifest: ManifestRecord, choice: SkyModel, dipole: Beam) -> SkyModelRecord:
    """Return sky_model.json for the middle of an observation.

    Every source above the horizon has its intrinsic flux density and the beams of X and Y in each
    channel, and the uncertainty of the flux density in each sub-band as a fraction
    (sources.disagreement). A source of the A-team is a ``calibrator``, to be imaged, measured and
    judged, if its elevation and, somewhere in the band, its apparent flux density (XX + YY) / 2
    exceed limits. The gains are solved with the sources ``in_model``, for which the limits are
    lower, since unmodelled flux biases the gains. Secondary sources below these limits are not
    recorded. The Sun and Jupiter have no limit of flux, because theirs is unknown. Without a
    calibrator the model is empty. ``component_list`` describes the list that gives the shape of a
    source, if one does. ``unmodelled`` has the flux of bright sources outside the model by
    sub-band, including those that the configuration leaves out.
    """
    sources, missing = [], {}
    bands: dict[str, dict[str, Any]] = {band: {} for band in naming.sort_bands(manifest["bands"])}
    mjd_s = manifest["observation"]["mid_mjd_s"]
    for item in bright_sources.chosen(choice, mjd_s):
        source, by_band = _source(item, manifest, choice, dipole)
        if item.kind == "secondary" and not source["in_model"]:
            missing[item.name] = (source, by_band)
            continue
        for band, record in by_band.items():
            bands[band][item.name] = record
        sources.append(source)
    for item in bright_sources.left_out(choice, mjd_s):
        missing[item.name] = _source(item, manifest, choice, dipole)
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
        "galaxy_max_lambda": choice.galaxy_max_lambda if choice.galaxy else None,
        "unmodelled": _unmodelled(
            {name: by_band for name, (source, by_band) in missing.items() if _bright(source)},
            sources,
            bands,
        ),
        "message": _message(sources),
    }


def _source(
    item: BrightSource, manifest: ManifestRecord, choice: SkyModel, dipole: Beam
) -> tuple[Source, dict[str, SourceInBand]]:
    """Return the record of a source, and its fluxes and beams by sub-band if it is up."""
    mjd_s, position = manifest["observation"]["mid_mjd_s"], item.position
    altitude, azimuth = site.altitude_azimuth(position.ra_rad, position.dec_rad, mjd_s)
    components = _component_list(choice, item)
    warnings: dict[str, None] = {}  # an ordered set
    by_band: dict[str, SourceInBand] = {}
    frequencies_hz = {
        band: np.array(manifest["bands"][band]["frequency_hz"])
        for band in naming.sort_bands(manifest["bands"])
    }
    for band, frequency_hz in frequencies_hz.items() if altitude > 0 else ():
        expected = item.expected(frequency_hz)
        if not expected.flux_jy.any():
            continue
        trust = _trust_warnings(components, frequency_hz)
        warnings.update(dict.fromkeys(expected.warnings + trust))
        xx, yy = beam.power(
            dipole.model,
            frequency_hz,
            altitude,
            azimuth,
            dipole.x_azimuth_deg,
            dipole.file,
        )
        by_band[band] = {
            "flux_jy": _written(expected.flux_jy),
            "flux_uncertainty": expected.uncertainty,
            "beam_xx": _written(xx[0]),
            "beam_yy": _written(yy[0]),
        }
    brightest = max((float(_apparent_jy(record).max()) for record in by_band.values()), default=0.0)
    altitude_deg = float(np.rad2deg(altitude))
    calibrator, in_model, reason = _part(item.kind, altitude_deg, brightest, choice)
    return {
        "name": item.name,
        "kind": item.kind,
        "ra_rad": position.ra_rad,
        "dec_rad": position.dec_rad,
        "altitude_deg": altitude_deg,
        "azimuth_deg": float(np.rad2deg(azimuth)),
        "brightest_apparent_jy": brightest,
        "flux_sigma": item.flux_sigma(frequencies_hz, mjd_s),
        "calibrator": calibrator,
        "in_model": in_model,
        "reason": reason,
        "warnings": list(warnings),
        "shape": _shape(item, choice),
        "component_list": components,
    }, by_band


def _shape(item: BrightSource, choice: SkyModel) -> Literal["point", "gaussians", "disk", "list"]:
    if item.name == "Sun":
        return "disk"
    if item.kind != "a_team":
        return "point"
    chosen = choice.component_lists.by_source()[item.name]
    if chosen == POINT:
        return "point"
    return "gaussians" if chosen == BUILT_IN else "list"


def _written(values: np.ndarray) -> list[float]:
    """Return values with seven digits, which halves the size of the record."""
    return [float(f"{value:.7g}") for value in values]


def _part(
    kind: Kind, altitude_deg: float, brightest_jy: float, choice: SkyModel
) -> tuple[bool, bool, str]:
    """Return whether a source is a calibrator and in the model, and why not."""
    lowest = "model_min_elevation_deg"
    if kind == "solar":
        reason = _below_limits(altitude_deg, brightest_jy, choice, lowest, "")
        return False, not reason, reason
    if kind == "secondary":
        reason = _below_limits(altitude_deg, brightest_jy, choice, lowest, "secondary_min_flux_jy")
        return False, not reason, reason
    no_calibrator = _below_limits(
        altitude_deg, brightest_jy, choice, "min_elevation_deg", "min_flux_jy"
    )
    not_modelled = no_calibrator and _below_limits(
        altitude_deg, brightest_jy, choice, lowest, "model_min_flux_jy"
    )
    return not no_calibrator, not not_modelled, not_modelled or no_calibrator


def _apparent_jy(record: SourceInBand) -> np.ndarray:
    """Return the apparent flux density (XX + YY) / 2 of a source in a sub-band, (channel,)."""
    return np.multiply(record["flux_jy"], np.add(record["beam_xx"], record["beam_yy"])) / 2


def apparent_jy(model: SkyModelRecord, band: str) -> dict[str, float]:
    """Return the apparent flux densities in a sub-band, in Jy, of the sources that are up."""
    return _mean_apparent_jy(model["bands"][band])


def _mean_apparent_jy(records: Mapping[str, SourceInBand]) -> dict[str, float]:
    return {name: float(_apparent_jy(record).mean()) for name, record in records.items()}


def _unmodelled(
    missing: Mapping[str, Mapping[str, SourceInBand]],
    sources: list[Source],
    bands: Mapping[str, Mapping[str, SourceInBand]],
) -> dict[str, Unmodelled]:
    """Return by sub-band the bright sources that are up but not in the model.

    ``missing`` are those without a record among the ``sources``, by name and sub-band.
    ``apparent_jy`` by source, and ``fraction``, the root of the sum of their squares over that of
    the sources in the model; None without a model. What different sources add to a baseline has
    different phases, so that their squares add up.
    """
    modelled = {source["name"] for source in sources if source["in_model"]}
    silent = {source["name"] for source in sources if not _bright(source)}
    unmodelled: dict[str, Unmodelled] = {}
    for band, records in bands.items():
        added = {name: by_band[band] for name, by_band in missing.items() if band in by_band}
        all_jy = _mean_apparent_jy({**records, **added})
        outside = {name: jy for name, jy in all_jy.items() if name not in modelled | silent}
        total_jy = _root_of_squares(jy for name, jy in all_jy.items() if name in modelled)
        unmodelled[band] = {
            "apparent_jy": outside,
            "fraction": _root_of_squares(outside.values()) / total_jy if total_jy > 0 else None,
        }
    return unmodelled


def _root_of_squares(values: Iterable[float]) -> float:
    return float(np.sqrt(sum(value**2 for value in values)))


def _bright(source: Source) -> bool:
    """Return whether a source should not be missing from the model if it is up."""
    return source["kind"] == "a_team" or source["brightest_apparent_jy"] >= bright_sources.BRIGHT_JY


def read(path: str | Path) -> SkyModelRecord:
    """Return sky_model.json, with absolute paths of component lists.

    Solvers work in a scratch directory, where relative paths do not hold.
    """
    model = files.read(SkyModelRecord, path)
    for source in model["sources"]:
        components = source["component_list"]
        if components:
            components["path"] = str(Path(components["path"]).absolute())
    return model


def _component_list(choice: SkyModel, item: BrightSource) -> ComponentList | None:
    """Return the record of the component list of a source, None without one."""
    path = choice.component_lists.paths().get(item.name)
    if path is None:
        return None
    try:
        components = component_lists.read(path)
    except component_lists.ComponentListError as error:
        raise component_lists.ComponentListError(
            f"sky_model.component_lists.{item.name}: {error}. Correct the key, or"
            f" set it to {BUILT_IN} or {POINT}"
        ) from error
    return {
        "path": path,
        "n_components": len(components.flux_jy),
        "sha256": components.digest,
        "trusted_mhz": list(choice.component_lists_mhz),
    }


def _trust_warnings(components: ComponentList | None, frequency_hz: np.ndarray) -> tuple[str, ...]:
    """Return a warning if frequencies are outside the trusted ones of a component list."""
    if not components:
        return ()
    low, high = components["trusted_mhz"]
    if frequency_hz.min() >= low * 1e6 and frequency_hz.max() <= high * 1e6:
        return ()
    return (
        f"its component list is trusted from {low:g} to {high:g} MHz only"
        " (sky_model.component_lists_mhz): outside, the shape at the nearest trusted frequency is"
        " used",
    )


def _below_limits(
    altitude_deg: float, brightest_jy: float, choice: SkyModel, lowest: str, faintest: str
) -> str:
    """Return which of the limits of these keys a source is below; empty if none.

    ``faintest`` is empty if the flux does not matter.
    """
    if altitude_deg <= 0:
        return f"below the horizon (elevation {altitude_deg:.1f} deg)"
    least_deg, least_jy = getattr(choice, lowest), getattr(choice, faintest) if faintest else 0.0
    if altitude_deg < least_deg:
        return f"elevation {altitude_deg:.1f} deg is below sky_model.{lowest} ({least_deg:g})"
    if brightest_jy < least_jy:
        return (
            f"apparent flux density of at most {brightest_jy:.0f} Jy is below sky_model.{faintest}"
            f" ({least_jy:g})"
        )
    return ""


def _message(sources: list[Source]) -> str:
    if any(source["calibrator"] for source in sources):
        return ""
    reasons = "; ".join(
        f"{source['name']}: {source['reason']}" for source in sources if source["kind"] == "a_team"
    )
    return f"no calibrator, so nothing can be calibrated: {reasons}"


def model_sources(model: SkyModelRecord, band: str | None = None) -> list[Source]:
    """Return the sources that the gains are solved with, in a sub-band or in any.

    In the order of `model_fluxes`. A source that is silent in a sub-band is not in it.
    """
    return [
        source
        for source in model["sources"]
        if source["in_model"] and (band is None or source["name"] in model["bands"][band])
    ]


def calibrators(model: SkyModelRecord) -> list[Source]:
    """Return the calibrators, which are imaged, measured and judged."""
    return [source for source in model["sources"] if source["calibrator"]]


def model_fluxes(model: SkyModelRecord, band: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return directions and apparent flux densities of the sources in the model of a sub-band.

    Directions are (source, 2), ICRS radians; flux densities of XX and of YY are each
    (source, channel), Jy. All are empty if no source is in the model.
    """
    sources = model_sources(model, band)
    radec = np.array([[source["ra_rad"], source["dec_rad"]] for source in sources]).reshape(-1, 2)
    records = [model["bands"][band][source["name"]] for source in sources]
    xx = [np.multiply(record["flux_jy"], record["beam_xx"]) for record in records]
    yy = [np.multiply(record["flux_jy"], record["beam_yy"]) for record in records]
    return radec, np.array(xx), np.array(yy)


def table(model: SkyModelRecord, manifest: ManifestRecord) -> Iterator[dict[str, Any]]:
    """Yield the rows of sky_model.csv, by source, sub-band and channel."""
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
