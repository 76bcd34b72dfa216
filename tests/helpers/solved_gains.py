"""Solutions of all sub-bands as they come from the solver, with drawn gains."""

from __future__ import annotations

import numpy as np

from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.telescope import site

BANDS = ("36MHz", "46MHz", "55MHz", "64MHz", "73MHz")
N_ANTENNAS, N_CHANNELS = 48, 48
NOISE = 0.01  # of a solution, relative


def drawn(
    seed: int = 1, bands=BANDS, n_antennas: int = N_ANTENNAS, n_channels: int = N_CHANNELS
) -> SolvedBandpass:
    """Return gains like the telescope's: levels, power laws, cable ripples, delays and noise."""
    draw = np.random.default_rng(seed)
    frequency_hz = np.concatenate([site.band_frequencies_hz(band, n_channels) for band in bands])
    shape = (n_antennas, 1, 2)
    relative = (frequency_hz / 50e6)[None, :, None]
    size = np.exp(0.2 * draw.normal(size=shape)) * relative ** (0.3 * draw.normal(size=shape))
    ripple_s = draw.uniform(60e-9, 250e-9, shape)
    size = size * (1 + 0.03 * np.cos(2 * np.pi * frequency_hz[None, :, None] * ripple_s))
    delay_s = 100e-9 * draw.normal(size=shape)
    gain = 5e-3 * size * np.exp(2j * np.pi * frequency_hz[None, :, None] * delay_s)
    noise = draw.normal(size=(*gain.shape, 2)) @ [1, 1j]
    return SolvedBandpass(
        antenna_names=[f"LWA{number:03d}" for number in range(n_antennas)],
        band_names=list(bands),
        reference=np.zeros(len(bands), int),
        gain=gain * (1 + NOISE * noise / np.sqrt(2)),
        cause=np.zeros(gain.shape, np.uint16),
        interpolated=np.zeros(gain.shape, bool),
        frequency_hz=frequency_hz,
        band_index=np.repeat(np.arange(len(bands)), n_channels),
        error=NOISE * np.abs(gain),
        baselines=np.full((n_antennas, len(bands)), n_antennas - 1),
    )
