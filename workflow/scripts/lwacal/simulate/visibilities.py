"""Simulates the visibilities of one integration and sub-band in blocks of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lwacal.simulate import sky as skies
from lwacal.simulate import truth
from lwacal.simulate.options import Simulation
from lwacal.telescope import geometry
from lwacal.telescope.correlations import FIRST_POLARIZATION, PARALLEL_HANDS, SECOND_POLARIZATION
from lwacal.telescope.phasors import antenna_phasors, baseline_phasors

ROWS = 4096  # per block: 25 MB of visibilities with 192 channels
RFI_OVER_SEFD = 0.3
# order of XX, XY, YX, YY after X and Y of antenna 1, or of antenna 2, are exchanged
SWAP_FIRST, SWAP_SECOND = [2, 3, 0, 1], [1, 0, 3, 2]


@dataclass(frozen=True)
class Exposure:
    """One integration of one sub-band: its middle (MJD seconds) and phase centre (ICRS radians)."""

    band: str
    band_number: int
    integration: int  # from 1
    frequency_hz: np.ndarray
    mid_mjd_s: float
    field_radec: tuple[float, float]


def blocks(
    options: Simulation,
    exposure: Exposure,
    positions_m: np.ndarray,
    antpols: truth.Antpols,
    sky: skies.Sky,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield antenna 1, antenna 2 (row,) and data (row, channel, 4) of blocks of rows.

    Each block has its own random generator, so that the same options give the same data. Memory:
    about ten blocks, and one (antenna, channel) array per source.
    """
    antenna1, antenna2 = np.triu_indices(len(positions_m))
    phasors, roots = _sources(options, exposure, positions_m, sky)
    interference = _interference(options, exposure, len(positions_m))
    width_hz = truth.channel_width_hz(options)
    for number, start in enumerate(range(0, len(antenna1), ROWS)):
        rows = slice(start, start + ROWS)
        first, second = antenna1[rows], antenna2[rows]
        draw = np.random.default_rng(
            [options.seed, 3, exposure.band_number, exposure.integration, number]
        )
        data = _sky(first, second, phasors, roots, antpols)
        data += _noise(draw, options, exposure.frequency_hz, width_hz, first, second, antpols)
        data += interference(first, second)
        gain = antpols.gain[exposure.band].astype(np.complex64)
        data *= gain[first][..., FIRST_POLARIZATION]
        data *= gain[second][..., SECOND_POLARIZATION].conj()
        yield first, second, data


def _sources(
    options: Simulation, exposure: Exposure, positions_m: np.ndarray, sky: skies.Sky
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return phasors (antenna, channel) and apparent fluxes (channel, 2) of the sources."""
    frequency_hz, mjd_s = exposure.frequency_hz, exposure.mid_mjd_s
    flux_jy = skies.intrinsic_jy(sky, options, frequency_hz, mjd_s)
    xx, yy = skies.beams(sky, options, frequency_hz, mjd_s)
    apparent = np.stack([flux_jy * xx, flux_jy * yy], axis=-1)
    up = apparent.max(axis=(1, 2)) > 0 if len(sky.names) else np.zeros(0, bool)
    centre = geometry.path_m(positions_m, *exposure.field_radec, mjd_s)
    paths = [geometry.path_m(positions_m, ra, dec, mjd_s) - centre for ra, dec in sky.radec[up]]
    phasors = [antenna_phasors(path, frequency_hz).astype(np.complex64) for path in paths]
    return phasors, list(apparent[up].astype(np.float32))


def _sky(
    first: np.ndarray,
    second: np.ndarray,
    phasors: list[np.ndarray],
    apparent: list[np.ndarray],
    antpols: truth.Antpols,
) -> np.ndarray:
    """Return the visibilities of the sky at the antenna ports, without gains, (row, channel, 4).

    Sources are unpolarized and feeds are ideal, so XY and YX are zero unless cables are swapped.
    """
    n_channels = antpols.gain[next(iter(antpols.gain))].shape[1]
    data = np.zeros((len(first), n_channels, 4), np.complex64)
    for phasor, flux in zip(phasors, apparent):
        rows = baseline_phasors(phasor, first, second)
        data[..., 0] += rows * flux[:, 0]
        data[..., 3] += rows * flux[:, 1]
    for swapped, order in (
        (antpols.swapped[first], SWAP_FIRST),
        (antpols.swapped[second], SWAP_SECOND),
    ):
        data[swapped] = data[swapped][..., order]
    sky = antpols.sky[first][:, FIRST_POLARIZATION] * antpols.sky[second][:, SECOND_POLARIZATION]
    data *= sky[:, None, :].astype(np.float32)
    return data


def _noise(
    draw: np.random.Generator,
    options: Simulation,
    frequency_hz: np.ndarray,
    width_hz: float,
    first: np.ndarray,
    second: np.ndarray,
    antpols: truth.Antpols,
) -> np.ndarray:
    """Return noise (row, channel, 4) in Jy; the mean of autocorrelations is the SEFD."""
    sefd = truth.sefd_jy(frequency_hz).astype(np.float32)
    rms = options.noise_scale * truth.noise_jy(frequency_hz, width_hz, options.interval_s)
    shape = (len(first), len(frequency_hz), 4)
    parts = draw.standard_normal((*shape, 2), dtype=np.float32)
    noise = parts.view(np.complex64)[..., 0] * (rms / np.sqrt(2)).astype(np.float32)[:, None]
    scale = antpols.noise[first][:, FIRST_POLARIZATION]
    scale = scale * antpols.noise[second][:, SECOND_POLARIZATION]
    noise *= scale[:, None, :].astype(np.float32)
    autos = np.flatnonzero(first == second)
    power = scale[autos][:, PARALLEL_HANDS]
    parallel = noise[autos][..., PARALLEL_HANDS].real * np.sqrt(2)
    total = power[:, None, :] * sefd[:, None] + parallel
    for pol, correlation in enumerate(PARALLEL_HANDS):
        noise[autos, :, correlation] = total[..., pol]
    noise[autos, :, 2] = noise[autos, :, 1].conj()
    return noise


def _interference(
    options: Simulation, exposure: Exposure, n_antennas: int
) -> Callable[[np.ndarray, np.ndarray], np.ndarray | float]:
    """Return a function of antenna 1 and antenna 2 that gives interference, (row, channel, 4), Jy.

    The transmitter is near the array: strong and coherent, with a random phase at each antenna.
    """
    draw = np.random.default_rng([options.seed, 4, exposure.band_number, exposure.integration])
    strength = np.zeros(len(exposure.frequency_hz), np.float32)
    level = RFI_OVER_SEFD * truth.sefd_jy(exposure.frequency_hz)
    for fault in options.faults:
        if fault.band != exposure.band:
            continue
        if fault.kind == "rfi":
            strength[fault.number] += level[fault.number]
        elif fault.kind == "burst" and fault.number == exposure.integration:
            strength += level
    phase = np.exp(2j * np.pi * draw.random(n_antennas)).astype(np.complex64)

    def rows(first: np.ndarray, second: np.ndarray) -> np.ndarray | float:
        if not strength.any():
            return 0.0
        return (phase[first] * phase[second].conj())[:, None, None] * strength[:, None]

    return rows
