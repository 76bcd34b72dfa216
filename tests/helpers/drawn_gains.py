"""Gains with a drawn instrument, and what an ionosphere adds to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lwacal.calibration import tec_screen
from lwacal.io.solutions import Bandpass, SubBandSolutions, unsolved
from lwacal.simulate import layout
from lwacal.telescope import geometry, site
from lwacal.telescope.antennas import on_fibre
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

BANDS = ("27MHz", "41MHz", "55MHz", "69MHz", "82MHz")
N_CHANNELS = 24
NOISE = 0.02


def array(n_antennas: int) -> tuple[list[str], np.ndarray]:
    """Return names and places east and north in km, (antenna, 2)."""
    antennas = layout.built_in(n_antennas).antennas
    return list(antennas.names), geometry.local_enu_m(antennas.positions_m)[:, :2] / 1e3


def instrument(
    seed: int,
    bands: Sequence[str] = BANDS,
    n_antennas: int = 64,
    ripple_rad: float = 0.03,
    noise: float = NOISE,
    dispersion_rad: float = 0.0,
    sloping: bool = False,
) -> Bandpass:
    """Return gains with drawn phases, delays to 600 ns on fibre, ripple and noise.

    A cable of 500 ns has the phase ``dispersion_rad`` (nu / 50 MHz)^0.5; with ``sloping``, delays
    on coax grow to the east by 1 ns a metre.
    """
    draw = np.random.default_rng(seed)
    names, place_km = array(n_antennas)
    hz = np.concatenate([site.band_frequencies_hz(band, N_CHANNELS) for band in bands])
    fibre = np.array([on_fibre(name) for name in names])
    coax_ns = draw.normal(0, 4, (n_antennas, 2)) + sloping * 1e3 * place_km[:, :1]
    delay_ns = np.where(fibre[:, None], draw.uniform(-600, 600, (n_antennas, 2)), coax_ns)
    start, turns = draw.uniform(-np.pi, np.pi, (2, n_antennas, 1, 2))
    period_ns = draw.uniform(60, 250, (n_antennas, 1, 2))
    nu = hz[None, :, None]
    phase = start + 2 * np.pi * nu * delay_ns[:, None] / 1e9
    phase = phase + np.sqrt(2) * ripple_rad * np.cos(2 * np.pi * nu * period_ns / 1e9 + turns)
    phase = phase + dispersion_rad * delay_ns[:, None] / 500 * np.sqrt(nu / 50e6)
    gain = np.exp(draw.normal(0, 0.2, (n_antennas, 1, 2)) + 1j * phase)
    gain *= 1 + noise * draw.normal(size=(*gain.shape, 2)) @ [1, 1j] / np.sqrt(2)
    flag = draw.random(gain.shape) < 0.01
    flag[draw.integers(n_antennas)] = True
    reference = np.flatnonzero(~flag.any(axis=(1, 2)))[:1]
    reference = reference if len(reference) else np.array([flag.mean(axis=(1, 2)).argmin()])
    gain *= np.exp(-1j * np.angle(gain[reference]))
    return Bandpass(
        antenna_names=names,
        frequency_hz=hz,
        gain=np.where(flag, 1, gain),
        cause=unsolved(flag),
        interpolated=np.zeros(flag.shape, bool),
        band_names=list(bands),
        band_index=np.repeat(np.arange(len(bands)), N_CHANNELS),
        reference=np.repeat(reference, len(bands)),
    )


def errors(bandpass: Bandpass, noise: float = NOISE) -> np.ndarray:
    """Return rms |dG| of the gains."""
    return np.abs(bandpass.gain) * noise


def tables(bandpass: Bandpass, mjd_s: float) -> list[SubBandSolutions]:
    """Return the solutions of each sub-band as the solver's tables hold them."""
    flag, error = bandpass.flag, errors(bandpass)
    return [
        SubBandSolutions.of(
            bandpass.gain[:, channels],
            flag[:, channels],
            antenna_names=bandpass.antenna_names,
            frequency_hz=bandpass.frequency_hz[channels],
            channel_width_hz=float(np.diff(bandpass.frequency_hz[channels])[0]),
            mjd_s=mjd_s,
            error=np.where(flag, 0, error)[:, channels],
            snr=np.where(flag, 0, 50.0)[:, channels],
            reference=int(bandpass.reference[0]),
        )
        for channels in bandpass.channels()
    ]


def add_column(bandpass: Bandpass, column_tecu: np.ndarray) -> None:
    """Add an electron column (antenna,), in place."""
    phase = tec_screen.phase(column_tecu, bandpass.frequency_hz)
    bandpass.gain *= np.exp(1j * phase)[..., None]


def move(bandpass: Bandpass, band: str, cosines: tuple[float, float]) -> None:
    """Add the phase plane of a shift in direction cosines to the gains of a sub-band, in place."""
    place_m = 1e3 * array(bandpass.n_antennas)[1]
    channels = bandpass.channels()[bandpass.band_names.index(band)]
    path_m = np.multiply.outer(place_m @ cosines, bandpass.frequency_hz[channels])
    bandpass.gain[:, channels] *= np.exp(2j * np.pi / SPEED_OF_LIGHT_M_S * path_m)[..., None]
