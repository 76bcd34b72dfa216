"""Samples of a sub-band's visibilities from a drawn sky, as read_sample.read gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.calibration.sky_sample import SampledIntegration, SkySample
from lwacal.calibration.sky_state import (
    BEND,
    CURVATURE,
    N_KINDS,
    PATHS,
    RATIO,
    SHIFT,
    SLOPE,
    SkyState,
)
from lwacal.simulate import layout
from lwacal.sky import predict, sources
from lwacal.telescope import geometry, naming, site
from lwacal.telescope.baselines import BaselineMatrix

START_MJD_S = naming.stamp_time("20240601_110000")  # Cyg A and Cas A are high
NAMES = ("CygA", "CasA")
FLUX_JY = (12000.0, 9000.0)
HALF = 0.088  # half the relative width of the sub-band
NOISE_JY = 4000.0  # of a visibility, as at 27 MHz in 10 s and 190 kHz


@dataclass
class SkyCase:
    """A sample, its true sky and its true gains (2, channel, antenna)."""

    sample: SkySample
    truth: SkyState
    gain: np.ndarray


def draw_sky(
    draw: np.random.Generator,
    n_integrations: int,
    index: float,
    shift_arcmin: float,
    bend_arcmin_per_km: float = 0.0,
) -> np.ndarray:
    """Return parameters (integration, kind, source): fluxes scintillate, shifts drift a little.

    ``bend_arcmin_per_km`` is the rms of bends, which differ between integrations.
    """
    values = np.zeros((n_integrations, N_KINDS, len(NAMES)))
    values[:, RATIO] = draw.gamma(1 / index**2, index**2, values[:, RATIO].shape) if index else 1
    values[:, SLOPE] = -1.5 * HALF * (values[:, RATIO] - 1)  # it falls as nu^-1.5
    place = draw.normal(0, shift_arcmin, (1, 2, len(NAMES)))
    drift = draw.normal(0, shift_arcmin / 10, (n_integrations, 2, len(NAMES)))
    values[:, SHIFT] = np.deg2rad((place + drift) / 60)
    if bend_arcmin_per_km:
        bend = draw.normal(0, bend_arcmin_per_km, (n_integrations, len(BEND), len(NAMES)))
        values[:, BEND] = np.deg2rad(bend / 60)
    return values


def make(
    seed: int,
    n_antennas: int = 32,
    n_integrations: int = 2,
    n_channels: int = 4,
    index: float = 0.0,
    shift_arcmin: float = 0.0,
    bend_arcmin_per_km: float = 0.0,
    noise_jy: float = NOISE_JY,
    values: np.ndarray | None = None,
    middle_hz: float = 25e6,
    diffuse_jy: float = 0.0,
    diffuse_factor: float = 1.0,
    noisy: Sequence[int] = (),
) -> SkyCase:
    """Draw a case; antennas ``noisy`` have five times the noise that their weights assume.

    ``diffuse_jy`` is the rms of diffuse emission on baselines shorter than 100 m.
    """
    draw = np.random.default_rng(seed)
    positions_m = layout.built_in(n_antennas).antennas.positions_m
    radec = np.array(
        [(sources.POSITIONS[name].ra_rad, sources.POSITIONS[name].dec_rad) for name in NAMES]
    )
    frequency_hz = middle_hz + middle_hz * np.linspace(-HALF, HALF, n_channels)
    free = np.arange(len(NAMES))
    if values is None:
        values = draw_sky(draw, n_integrations, index, shift_arcmin, bend_arcmin_per_km)
    moving = np.ones(len(NAMES), bool)
    truth = SkyState(free, moving, values, middle_hz, HALF, diffuse_factor)
    east_north_m = geometry.local_enu_m(positions_m)[:, :2].astype(np.float32)
    baselines = BaselineMatrix(n_antennas)
    sample = SkySample(
        np.arange(n_antennas),
        baselines,
        east_north_m,
        np.arange(n_channels),
        frequency_hz,
        middle_hz,
        HALF,
        free,
        np.ones(len(NAMES), bool),
        moving,
    )
    first, second = baselines.antenna1, baselines.antenna2
    gain = np.exp(0.2 * draw.normal(size=(2, n_channels, n_antennas)))
    gain = gain * np.exp(1j * draw.uniform(-np.pi, np.pi, gain.shape))
    pairs = gain[..., first] * gain[..., second].conj()
    short = np.hypot(*(east_north_m[first] - east_north_m[second]).T) < 100
    noise = np.where(np.isin(np.arange(n_antennas), noisy), 5.0, 1.0) * noise_jy
    rms = np.sqrt(noise[first] * noise[second])
    flux_xx = np.outer(FLUX_JY, np.ones(n_channels))
    for number in range(n_integrations):
        mjd_s = START_MJD_S + 10 * number
        seen = predict.factor_by_antenna(
            positions_m,
            frequency_hz,
            mjd_s,
            radec,
            flux_xx,
            0.9 * flux_xx,
            [None, None],
            site.zenith(mjd_s),
        )
        diffuse = diffuse_jy * short * _complex(draw, pairs.shape)
        sky = truth.adjust(seen, east_north_m, frequency_hz, number).visibilities(first, second)
        sky = sky + diffuse_factor * diffuse
        data = pairs * (sky + rms * _complex(draw, pairs.shape))
        sample.integrations.append(
            SampledIntegration(
                number + 1,
                data.astype(np.complex64),
                (noise_jy**-2 / np.abs(pairs) ** 2).astype(np.float32),
                seen,
                np.zeros_like(data, np.complex64),
                diffuse.astype(np.complex64),
                [None, None],
                mjd_s=mjd_s,
            )
        )
    return SkyCase(sample, truth, gain)


def _complex(draw: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return complex Gaussian noise of rms 1."""
    return (draw.normal(size=shape) + 1j * draw.normal(size=shape)) / np.sqrt(2)


def differences(state: SkyState) -> np.ndarray:
    """Return what gains cannot take up, (integration, kind, source).

    Spectra are divided by the parabola, and shifts and bends are those from the mean, that make the
    means of sky_fit those of the model. Sources count by the square of their flux.
    """
    share = np.square(FLUX_JY) / np.square(FLUX_JY).sum()

    def mean_of(values: np.ndarray, kind: int) -> float:
        return float((values[:, kind] @ share).mean())

    values = state.values
    scaled = state.scaled(
        1 / mean_of(values, RATIO), -mean_of(values, SLOPE) / mean_of(values, RATIO)
    )
    values = scaled.values.copy()
    values[:, CURVATURE] -= mean_of(values, CURVATURE) * values[:, RATIO]
    for kind in PATHS:
        values[:, kind] -= mean_of(values, kind)
    return values


def swapped(case: SkyCase, gain: np.ndarray) -> bool:
    """Tell whether gains hold the phase plane from one source to another, or another large one.

    The power that a beam keeps, |sum r|^2 / (N sum |r|^2) with r = true / solved gain, after the
    planes of refraction, at most 15 arcmin, are taken out.
    """
    ratio = case.gain / gain
    grid = np.deg2rad(np.arange(-15, 16) / 60)
    best = np.zeros(ratio.shape[:2])
    turns = 2 * np.pi * case.sample.frequency_hz[:, None] / 299792458.0
    for east in grid:
        for north in grid:
            path_m = case.sample.east_north_m @ np.array([east, north])
            total = np.abs((ratio * np.exp(-1j * turns * path_m)).sum(axis=2)) ** 2
            best = np.maximum(best, total / (np.abs(ratio) ** 2).sum(axis=2) / ratio.shape[2])
    return bool(best.min() < 0.9)
