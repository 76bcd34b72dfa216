"""Simulates the visibilities of one integration and sub-band in blocks of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from lwacal.simulate import sky as skies
from lwacal.simulate import sky_noise, truth
from lwacal.simulate.body import Body
from lwacal.simulate.diffuse import Rows
from lwacal.simulate.drawn import Drawn
from lwacal.simulate.options import Simulation
from lwacal.simulate.seen import Disk, Exposure, Observation, OnSources, Seen
from lwacal.telescope import geometry
from lwacal.telescope.correlations import FIRST_POLARIZATION, PARALLEL_HANDS, SECOND_POLARIZATION
from lwacal.telescope.phasors import antenna_phasors

ROWS = 4096  # per block: 25 MB of visibilities with 192 channels
RFI_OVER_SEFD = 0.3
# order of XX, XY, YX, YY after X and Y of antenna 1, or of antenna 2, are exchanged
SWAP_FIRST, SWAP_SECOND = [2, 3, 0, 1], [1, 0, 3, 2]


def blocks(
    exposure: Exposure, antpols: truth.Antpols, effects: Drawn
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield antenna 1, antenna 2 (row,) and data (row, channel, 4) of blocks of rows.

    Each block has its own random generator, so that the same options give the same data. Memory:
    about ten blocks, and one (antenna, channel) array per source.
    """
    night, options = effects.night, effects.night.options
    n_antennas = len(night.names)
    antenna1, antenna2 = np.triu_indices(n_antennas)
    seen = sources(night, exposure, effects.on_sources) + effects.transmitters(exposure)
    emission = effects.emission(exposure)
    sefd_jy = truth.sefd_jy(exposure.frequency_hz)
    power_jy = None if effects.noise is None else effects.noise.power_jy(exposure, seen)
    gain = antpols.gain[exposure.band].astype(np.complex64)
    if effects.saturation is not None:
        gain *= effects.saturation.gain(exposure, seen)[:, None, None].astype(np.float32)
    interference = _interference(options, exposure, n_antennas)
    width_hz = truth.channel_width_hz(options)
    for number, start in enumerate(range(0, len(antenna1), ROWS)):
        rows = slice(start, start + ROWS)
        first, second = antenna1[rows], antenna2[rows]
        draw = np.random.default_rng(
            [options.seed, 3, exposure.band_number, exposure.integration, number]
        )
        data = _sky(first, second, seen, emission, antpols)
        noise = _noise(draw, options, exposure.frequency_hz, width_hz, first, second, antpols)
        if power_jy is not None:
            data[first == second] = 0  # the noise of autocorrelations holds all power
            noise *= sky_noise.scale(power_jy, sefd_jy, first, second)
        data += noise
        if effects.crosstalk is not None:
            level_jy = sefd_jy[:, None] if power_jy is None else power_jy
            level_jy = level_jy * antpols.noise[:, None, :] ** 2
            data[..., PARALLEL_HANDS] += effects.crosstalk.noise_jy(level_jy, first, second)
        data += interference(first, second)
        data *= gain[first][..., FIRST_POLARIZATION]
        data *= gain[second][..., SECOND_POLARIZATION].conj()
        yield first, second, data


def sources(
    night: Observation, exposure: Exposure, effects: Sequence[OnSources] = ()
) -> list[Seen]:
    """Return the sources above the horizon as the antennas see them."""
    options, sky, positions_m = night.options, night.sky, night.positions_m
    frequency_hz, mjd_s = exposure.frequency_hz, exposure.mid_mjd_s
    flux_jy = skies.intrinsic_jy(sky, options, frequency_hz, mjd_s)
    xx, yy = skies.beams(sky, options, frequency_hz, mjd_s)
    apparent = np.stack([flux_jy * xx, flux_jy * yy], axis=-1)
    up = apparent.max(axis=(1, 2)) > 0 if len(sky.names) else np.zeros(0, bool)
    centre = geometry.path_m(positions_m, *exposure.field_radec, mjd_s)
    found = []
    for number in np.flatnonzero(up):
        body = sky.bodies.get(sky.names[number])
        if body is None:
            ra_rad, dec_rad = sky.radec[number]
            path = geometry.path_m(positions_m, ra_rad, dec_rad, mjd_s)
        else:  # the same, of all sources at once
            path = night.uvw_m(int(number), mjd_s)[:, 2]
        phasors = antenna_phasors(path - centre, frequency_hz).astype(np.complex64)
        seen = Seen(phasors, apparent[number].astype(np.float32), int(number))
        if body is not None:
            _describe(seen, body, exposure, night)
        for effect in effects:
            effect.apply(seen, exposure)
        found.append(seen)
    return found


def _describe(seen: Seen, body: Body, exposure: Exposure, night: Observation) -> None:
    """Set what distinguishes a body from a steady unpolarized point."""
    if body.diameter_rad is not None:
        uvw_m = night.uvw_m(seen.source, exposure.mid_mjd_s)
        diameter_rad = body.diameter_rad(exposure.frequency_hz)
        seen.shapes.append(Disk.of(diameter_rad, exposure.frequency_hz, uvw_m[:, :2]))
    if body.circular:
        seen.cross_jy = 1j * body.circular * np.sqrt(seen.flux_jy.prod(axis=1))
    if body.variation is not None:
        seen.scale(np.broadcast_to(body.variation[exposure.integration - 1], len(seen.flux_jy)))


def _sky(
    first: np.ndarray,
    second: np.ndarray,
    seen: list[Seen],
    emission: Rows | None,
    antpols: truth.Antpols,
) -> np.ndarray:
    """Return the visibilities of the sky at the antenna ports, without gains, (row, channel, 4).

    XY and YX are zero without effects, unless cables are swapped.
    """
    n_channels = antpols.gain[next(iter(antpols.gain))].shape[1]
    data = np.zeros((len(first), n_channels, 4), np.complex64)
    for source in seen:
        source.add(data, first, second)
    if emission is not None:
        data[..., PARALLEL_HANDS] += emission(first, second)
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
