"""The sky of a sub-band as its data have it: fluxes and places of the bright sources."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from lwacal.calibration import (
    active_region,
    bright_integrations,
    confusion_weights,
    flux_anchor,
    read_sample,
    sky_power,
    sky_search,
    uv_range,
)
from lwacal.calibration.active_region import ActiveRegion
from lwacal.calibration.flux_anchor import Scale, SourceScale
from lwacal.calibration.sky_fit import SkyFit
from lwacal.calibration.sky_sample import SkySample
from lwacal.calibration.sky_search import Start
from lwacal.calibration.sky_state import (
    BEND,
    EAST,
    NORTH,
    PATHS,
    RATIO,
    SLOPE,
    SPECTRUM,
    SkyState,
)
from lwacal.calibration.sub_band import SubBand
from lwacal.io.ms_reader import Integration
from lwacal.records.bandpass import FittedSky
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.sky_model import SkyModelRecord
from lwacal.sky import sky_model
from lwacal.sky.band_model import BandModel
from lwacal.sky.predict import FactoredModel
from lwacal.telescope import geometry
from lwacal.telescope.baselines import BaselineMatrix

logger = logging.getLogger(__name__)

LEAST_SHARE = 0.01  # of the flux of the model, for the flux of a source to be free
MOVING_SHARE = 0.03  # for its place and its spectrum to be free as well
REFRACTION_RAD = np.deg2rad(
    6 / 60
)  # rms at 40 MHz, of a disturbed ionosphere; 1 to 2 in a quiet one
REFRACTION_HZ = 40e6
SUN_RADIUS_RAD = np.deg2rad(16 / 60)  # active regions are anywhere on the Sun
UNKNOWN_FLUX = 1.5  # relative uncertainty of a flux of which the model has only an order
MOST_INTEGRATIONS = 48  # the cost grows with the cube of their number
MOST_FREE = 16
FEWEST_ANTENNAS = 8
FREE_RATIO_SIGMA = 1.0  # fluxes scintillate


@dataclass(frozen=True)
class FirstModel:
    """The model of the first integration, computed aside while the sky is fitted."""

    mjd_s: float
    model: Future[FactoredModel]

    @staticmethod
    def begin(sky: BandModel, mjd_s: float) -> FirstModel:
        """Begin to compute the model in the middle of an integration."""
        aside = ThreadPoolExecutor(1)
        model = aside.submit(sky.factored, mjd_s)
        aside.shutdown(wait=False)
        return FirstModel(mjd_s, model)

    def of(self, mjd_s: float) -> FactoredModel | None:
        """Return the model if it is that of this time."""
        return self.model.result() if mjd_s == self.mjd_s else None


@dataclass(frozen=True)
class SkySolution:
    """The model of a sub-band with the fluxes and places that its data have.

    ``moving`` (free source,) bool: its place is free. ``held_weight`` (free source,) is that of
    SkySample.held_weights. ``lacking`` (baseline,) is that of
    confusion_weights. ``antennas`` (sampled antenna,) and
    ``channels`` (sampled channel,) are those of the fit.
    """

    model: BandModel
    first: FirstModel
    names: list[str]
    moving: np.ndarray
    held_weight: np.ndarray
    scans: list[int]
    state: SkyState
    fit: SkyFit
    scale: Scale
    of_sources: SourceScale
    of_powers: Scale | None
    starts: list[Start]
    lacking: np.ndarray
    antennas: np.ndarray
    channels: np.ndarray
    restored: list[int]
    region: ActiveRegion | None

    def seen(self, item: Integration) -> FactoredModel:
        """Return the model of an integration."""
        seen = self.first.of(item.mjd_s) or self.model.factored(item.mjd_s)
        if self.region:
            place = self.model.positions_m, self.model.frequency_hz
            seen = self.region.widen(seen, *place, item.mjd_s)
        if item.scan not in self.scans:
            return seen  # it has no data
        east_north_m = geometry.local_enu_m(self.model.positions_m)[:, :2]
        number = self.scans.index(item.scan)
        return self.state.adjust(seen, east_north_m, self.model.frequency_hz, number)

    def first_gains(self, n_channels: int) -> np.ndarray:
        """Return the gains of the nearest sampled channels, (antenna, channel, 2), else zero."""
        distance = np.abs(np.arange(n_channels)[:, None] - self.channels)
        gain = np.zeros((len(self.model.positions_m), n_channels, 2), np.complex64)
        gain[self.antennas] = self.fit.gain[:, distance.argmin(axis=1)].transpose(2, 1, 0)
        return gain

    def record(self) -> FittedSky:
        """Return what bandpass records of the sky."""
        values = self.state.values.copy()
        errors, global_errors = self.fit.split_errors()
        held = np.where(self.moving, 0.0, np.nan)  # where the place is held, there is no shift
        values[:, PATHS] += held
        errors[:, PATHS] += held
        errors[:, SPECTRUM] *= self.scale.factor
        global_errors *= self.scale.factor
        arcmin = np.rad2deg(1) * 60

        def of_sources(kind: int, unit: float = 1.0) -> tuple[list[Any], list[Any]]:
            return (values[:, kind].T * unit).tolist(), (errors[:, kind].T * unit).tolist()

        ratio, ratio_err = of_sources(RATIO)
        slope, slope_err = of_sources(SLOPE, 1 / self.state.half)
        powers = self.of_powers
        east, east_err = of_sources(EAST, arcmin)
        north, north_err = of_sources(NORTH, arcmin)
        bend, bend_err = (
            (part[:, BEND] * arcmin).transpose(2, 0, 1).tolist() for part in (values, errors)
        )
        return {
            "sources": self.names,
            "integrations": self.scans,
            "frequency_hz": self.state.middle_hz,
            "flux_ratio": ratio,
            "flux_ratio_err": ratio_err,
            "flux_slope": slope,
            "flux_slope_err": slope_err,
            "shift_east_arcmin": east,
            "shift_east_err_arcmin": east_err,
            "shift_north_arcmin": north,
            "shift_north_err_arcmin": north_err,
            "held_weight": self.held_weight.tolist(),
            "bend_arcmin_per_km": bend,
            "bend_err_arcmin_per_km": bend_err,
            "diffuse_factor": self.state.diffuse,
            "diffuse_factor_err": float(global_errors[0]),
            "faint_factor": self.state.faint,
            "faint_factor_err": float(global_errors[1]),
            "scale_weight": self.of_sources.weight.tolist(),
            "scale_err": self.scale.error,
            "scale_of_powers": powers.factor / self.of_sources.scale.factor if powers else None,
            "scale_of_sources_err": self.of_sources.scale.error,
            "scintillation_index": self.of_sources.index,
            "active_region_fwhm_arcmin": self.region.fwhm_arcmin if self.region else None,
            "noise": self.fit.noise,
            "converged": self.fit.converged,
            "starts": [{"name": start.name, "cost": start.cost} for start in self.starts],
        }


def solve(band: SubBand, settings: Bandpass, threads: int = 1) -> SkySolution | None:
    """Return the sky that the data of a sub-band fit best; None if nothing of it is free.

    Nothing is free of one source in one integration, of an array of a few antennas, whose gains
    could take up nearly everything, of more than MOST_INTEGRATIONS, and without data.
    """
    free = free_sources(band.model, band.name, float(np.mean(band.frequency_hz)))
    n_integrations = band.manifest["observation"]["n_integrations"]
    if len(free.names) * n_integrations < 2 or len(band.antennas.names) < FEWEST_ANTENNAS:
        return None
    if n_integrations > MOST_INTEGRATIONS:
        logger.warning(
            f"{band.name}: fluxes and places of the sources are held at the sky model: there are"
            f" more than {MOST_INTEGRATIONS} integrations"
        )
        return None
    sky = band.sky()
    with ThreadPoolExecutor(1) as aside:
        lacking_power = aside.submit(confusion_weights.lacking_over_noise, band)
        sample = read_sample.read(
            band, free.numbers, free.flux_sigma < UNKNOWN_FLUX, free.shift_sigma > 0
        )
        lacking = lacking_power.result()
    if sample is None or len(sample.antennas) < FEWEST_ANTENNAS:
        return None
    if not weigh(sample, band, settings, lacking):
        return None
    first = FirstModel.begin(sky, sample.integrations[0].mjd_s)
    sigma = np.maximum(free.flux_sigma, FREE_RATIO_SIGMA)
    usual = sigma, free.shift_sigma, free.names, threads
    begin = sky_search.search(sample, free.names, threads)
    region = None
    if active_region.NAME in free.names:
        source = next(one for one in band.model["sources"] if one["name"] == active_region.NAME)
        positions_m = band.antennas.positions_m[sample.antennas]
        region = active_region.find(sample, source, positions_m, begin[0], *usual)
        sample = region.widened(sample, positions_m) if region else sample
    fit, starts = sky_search.best_fit(sample, *usual, begin)
    restored = bright_integrations.explained(sample, fit, *usual)
    if restored:
        sample = sample.restored(restored)
        fit, starts = sky_search.best_fit(sample, *usual)
    errors, _ = fit.split_errors()
    ratio, ratio_err = fit.state.values[:, RATIO], errors[:, RATIO]
    of_sources = flux_anchor.of_sources(
        ratio,
        ratio_err,
        free.flux_sigma,
        free.anchors,
        fit.state.half,
        np.array([one.mjd_s for one in sample.integrations]),
    )
    of_powers = sky_power.scale(band, sample, fit)
    scale = of_sources.scale.joined(of_powers) if of_powers else of_sources.scale
    return SkySolution(
        sky,
        first,
        free.names,
        free.shift_sigma > 0,
        sample.held_weights(),
        [one.scan for one in sample.integrations],
        fit.state.scaled(scale.factor, scale.slope),
        fit,
        scale,
        of_sources,
        of_powers,
        starts,
        lacking,
        sample.antennas,
        sample.channels,
        restored,
        region,
    )


def _shift_sigma(frequency_hz: float, bright: np.ndarray, solar: np.ndarray) -> np.ndarray:
    """Return how far sources may be from their places, (source,); zero for faint ones."""
    refraction = REFRACTION_RAD * (REFRACTION_HZ / frequency_hz) ** 2
    return np.where(solar, np.hypot(refraction, SUN_RADIUS_RAD), np.where(bright, refraction, 0.0))


@dataclass(frozen=True)
class FreeSources:
    """The sources whose fluxes are free, each array (free source,).

    ``numbers`` in the model; ``flux_sigma`` the relative uncertainty of the model's flux;
    ``shift_sigma`` that of the place, direction cosines, zero where it is held; the flux scale is
    that of the ``anchors``.
    """

    names: list[str]
    numbers: np.ndarray
    flux_sigma: np.ndarray
    shift_sigma: np.ndarray
    anchors: np.ndarray


def free_sources(model: SkyModelRecord, band: str, frequency_hz: float) -> FreeSources:
    """Return which sources are free in a sub-band around a frequency.

    These are the Sun and Jupiter, whose fluxes are unknown, and the brightest others. The flux
    scale is that of the calibrators, which are high and well known.
    """
    sources = sky_model.model_sources(model, band)
    seen_jy = sky_model.apparent_jy(model, band)
    flux_jy = np.array([seen_jy[source["name"]] for source in sources])
    solar = np.array([source["kind"] == "solar" for source in sources])
    total_jy = flux_jy[~solar].sum()
    order = np.lexsort([-flux_jy, ~solar])[:MOST_FREE]
    wanted = (flux_jy >= LEAST_SHARE * total_jy) | (solar & (flux_jy > 0))
    numbers = np.sort(order[wanted[order]])
    chosen = [sources[number] for number in numbers]
    anchors = np.array([source["calibrator"] for source in chosen], bool)
    return FreeSources(
        [source["name"] for source in chosen],
        numbers,
        np.array([source["flux_sigma"] for source in chosen]),
        _shift_sigma(frequency_hz, flux_jy[numbers] >= MOVING_SHARE * total_jy, solar[numbers]),
        anchors if anchors.any() else ~solar[numbers],
    )


def weigh(sample: SkySample, band: SubBand, settings: Bandpass, lacking: np.ndarray) -> bool:
    """Lower weights of short baselines, in place; return whether data are left.

    ``lacking`` (baseline,) is that of confusion_weights. Baselines outside the range to solve with
    have weights of zero; integrations without data are left out.
    """
    first, second = sample.baselines.antenna1, sample.baselines.antenna2
    _, _, every = uv_range.baselines_of_array(band.manifest, band.name)
    whole = BaselineMatrix(len(band.antennas.names))
    baselines = whole.of_rows(sample.antennas[first], sample.antennas[second])
    length = every[baselines]
    there = np.zeros(len(first), bool)
    for one in sample.integrations:
        there |= (one.weight > 0).any(axis=(0, 1))
    if not there.any():
        return False
    ends = sample.antennas[first[there]], sample.antennas[second[there]]
    low, high, _ = uv_range.usable(*ends, length[there], band.model, settings)
    sample.weigh(((length >= low) & (length <= high)).astype(float))
    sample.integrations = [one for one in sample.integrations if one.weight.any()]
    sample.weigh(confusion_weights.factors(lacking)[baselines])
    return True
