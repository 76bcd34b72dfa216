"""Model visibilities of one sub-band, for solvers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord, Source
from lwacal.sky import a_team_shapes, analytic_shape, component_lists, predict, sky_model, solar
from lwacal.sky.component_lists import ComponentListError
from lwacal.sky.predict import Diffuse, Shape
from lwacal.sky.sources import Direction

logger = logging.getLogger(__name__)


class DiffuseEmission(Protocol):
    """Diffuse emission as an array sees it in a sub-band (galaxy.DiffuseSky)."""

    def at(self, mjd_s: float, centre_radec: tuple[float, float]) -> Diffuse:
        """Return it in the middle of an integration, for a phase centre in ICRS radians."""

    def of_array(self, positions_m: np.ndarray) -> DiffuseEmission:
        """Return the emission for other antennas, (antenna, 3) ITRF."""

    def of_frequencies(self, frequency_hz: np.ndarray) -> DiffuseEmission:
        """Return the emission in other channels, (channel,)."""


@dataclass(frozen=True)
class BandModel:
    """The sources in the model of a sub-band, and the array; see predict.factor_by_antenna.

    ``galaxy`` is the diffuse sky on short baselines, None without it.
    """

    positions_m: np.ndarray
    frequency_hz: np.ndarray
    centre_radec: tuple[float, float]
    sources_radec: np.ndarray
    flux_xx: np.ndarray
    flux_yy: np.ndarray
    shapes: tuple[Shape | None, ...]
    galaxy: DiffuseEmission | None = None

    def visibilities(self, antenna1: np.ndarray, antenna2: np.ndarray, mjd_s: float) -> np.ndarray:
        """Return XX and YY in the middle of an integration, (row, channel, 2), in Jy."""
        return self.factored(mjd_s).rows(antenna1, antenna2)

    def factored(self, mjd_s: float) -> predict.FactoredModel:
        """Return the model in the middle of an integration, factored by antenna."""
        sources = predict.factor_by_antenna(
            self.positions_m,
            self.frequency_hz,
            mjd_s,
            self.sources_radec,
            self.flux_xx,
            self.flux_yy,
            self.shapes,
            self.centre_radec,
        )
        if self.galaxy is None:
            return sources
        return replace(sources, diffuse=self.galaxy.at(mjd_s, self.centre_radec))

    def by_source(self) -> list[BandModel]:
        """Return one model per source, without the Galaxy."""
        return [self.only([number]) for number in range(len(self.shapes))]

    def only(self, sources: Sequence[int]) -> BandModel:
        """Return the model of some of the sources, by their numbers, without the Galaxy."""
        rows = list(sources)
        return replace(
            self,
            sources_radec=self.sources_radec[rows],
            flux_xx=self.flux_xx[rows],
            flux_yy=self.flux_yy[rows],
            shapes=tuple(self.shapes[row] for row in rows),
            galaxy=None,
        )

    def of_antennas(self, antennas: np.ndarray) -> BandModel:
        """Return the model for some antennas, (antenna,) numbers."""
        positions_m = self.positions_m[antennas]
        galaxy = self.galaxy and self.galaxy.of_array(positions_m)
        return replace(self, positions_m=positions_m, galaxy=galaxy)

    def of_channels(self, channels: np.ndarray) -> BandModel:
        """Return the model of some channels, (channel,) numbers."""
        frequency_hz = self.frequency_hz[channels]
        return replace(
            self,
            frequency_hz=frequency_hz,
            flux_xx=self.flux_xx[:, channels],
            flux_yy=self.flux_yy[:, channels],
            shapes=tuple(shape and predict.SomeChannels(shape, channels) for shape in self.shapes),
            galaxy=self.galaxy and self.galaxy.of_frequencies(frequency_hz),
        )

    def scaled(self, ratios: float | Sequence[float]) -> BandModel:
        """Return the model with fluxes multiplied by one ratio, or by one per source (source,)."""
        factor = np.asarray(ratios, float)[..., None]
        return replace(self, flux_xx=self.flux_xx * factor, flux_yy=self.flux_yy * factor)

    def with_phase_centre(self, centre_radec: tuple[float, float]) -> BandModel:
        """Return the model for data with another phase centre, ICRS radians."""
        return replace(self, centre_radec=centre_radec)


def of_band(manifest: ManifestRecord, band: str, model: SkyModelRecord) -> BandModel:
    """Return the model of a sub-band; reads the component lists.

    ``model`` is from sky_model.read. Raises ComponentListError if a list has changed since the sky
    model was made.
    """
    positions_m = manifest_antennas(manifest).positions_m
    frequency_hz = np.array(manifest["bands"][band]["frequency_hz"])
    baselines_m = positions_m[:, None] - positions_m
    longest_m = float(np.linalg.norm(baselines_m, axis=2).max(initial=0))
    shapes = tuple(
        _shape(source, frequency_hz, longest_m) for source in sky_model.model_sources(model, band)
    )
    return BandModel(
        positions_m,
        frequency_hz,
        manifest_centre(manifest),
        *sky_model.model_fluxes(model, band),
        shapes,
        _galaxy(positions_m, frequency_hz, model),
    )


def _galaxy(
    positions_m: np.ndarray, frequency_hz: np.ndarray, model: SkyModelRecord
) -> DiffuseEmission | None:
    longest_lambda = model["galaxy_max_lambda"]
    if longest_lambda is None:
        return None
    from lwacal.sky.galaxy import DiffuseSky  # slow to import, as below
    from lwacal.sky.galaxy_map import GalaxyMap

    return DiffuseSky(GalaxyMap.read(), positions_m, frequency_hz, model["beam"], longest_lambda)


def _shape(source: Source, frequency_hz: np.ndarray, longest_m: float) -> Shape | None:
    if source["shape"] == "gaussians":
        return analytic_shape.shape(
            analytic_shape.gaussians(a_team_shapes.GAUSSIANS[source["name"]]), frequency_hz
        )
    if source["shape"] == "disk":
        return analytic_shape.shape(analytic_shape.disk(solar.disk_rad), frequency_hz)
    record = source["component_list"]
    if record is None:
        return None
    from lwacal.sky import source_shape  # slow to import, and few models need it

    components = component_lists.read(record["path"])
    if components.digest != record["sha256"]:
        raise ComponentListError(
            f"{record['path']} (sky_model.component_lists.{source['name']}) has changed since the"
            " sky model was made: run the workflow again"
        )
    logger.info(f"{source['name']}: {record['n_components']} components of {record['path']}")
    low, high = record["trusted_mhz"]
    position = Direction(source["ra_rad"], source["dec_rad"])
    return source_shape.shape(components, position, frequency_hz, (low, high), longest_m)
