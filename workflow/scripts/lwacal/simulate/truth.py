"""Draws the random truth of a simulated observation: gains, delays and noise.

The statistics are those of the real array: gains of some 1e-3 that differ between antpols; residual
delays of a few ns on coax, and of -98 ns - 0.19 ns/m with a scatter of 100 ns on fibre; X and Y of
an antenna agree within a few ns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.constants import c, k_B

from lwacal.simulate.faults import Fault
from lwacal.simulate.layout import Layout
from lwacal.simulate.options import Simulation
from lwacal.telescope import geometry, site
from lwacal.telescope.antennas import AntennaNames

TYPICAL_GAIN = 5e-3
RECEIVER_K = 250.0
DIPOLE_GAIN = 4.0  # directivity over ground; the effective area is gain x lambda^2 / 4 pi
WEAK, STRONG = 1 / 50, 8.0
DEAD_NOISE = 1e-4
FAULT_DELAY_NS = 200.0
JANSKY = 1e-26


@dataclass
class Antpols:
    """Response of each antpol: its gains by sub-band, its delay and its noise.

    ``gain[band]`` (antenna, channel, 2); ``delays_ns`` (antenna, 2); ``sky`` (antenna, 2) is 0 for
    antpols that receive no sky signal; ``noise`` (antenna, 2) multiplies the noise; ``swapped``
    (antenna,) bool.
    """

    gain: dict[str, np.ndarray]
    delays_ns: np.ndarray
    sky: np.ndarray
    noise: np.ndarray
    swapped: np.ndarray


def sefd_jy(frequency_hz: np.ndarray) -> np.ndarray:
    """Return the system equivalent flux density (SEFD) of a dipole, (channel,), in Jy.

    SEFD = 2 k T / A, with a sky temperature of 60 K (lambda/m)^2.55 (Nijboer et al. 2013, LOFAR), a
    receiver temperature of 250 K, and the effective area of a dipole over ground.
    """
    wavelength_m = c.value / np.asarray(frequency_hz)
    temperature_k = 60.0 * wavelength_m**2.55 + RECEIVER_K
    area_m2 = DIPOLE_GAIN * wavelength_m**2 / (4 * np.pi)
    return 2 * k_B.value * temperature_k / area_m2 / JANSKY


def noise_jy(frequency_hz: np.ndarray, width_hz: float, interval_s: float) -> np.ndarray:
    """Return the rms |n| of a visibility, SEFD / sqrt(width x time), (channel,), in Jy."""
    return sefd_jy(frequency_hz) / np.sqrt(width_hz * interval_s)


def channel_width_hz(options: Simulation) -> float:
    """Return the channel width in Hz."""
    return site.CHANNEL_WIDTH_HZ * site.CHANNELS_PER_BAND / options.n_channels


def draw_antpols(options: Simulation, layout: Layout) -> Antpols:
    """Draw gains and delays of all antpols, and apply the faults of antennas."""
    draw = np.random.default_rng([options.seed, 1])
    number = len(layout.antennas.names)
    delays_ns = _draw_delays(draw, layout)
    amplitude = TYPICAL_GAIN * np.exp(options.gain_spread * draw.normal(size=(number, 2)))
    phase = draw.uniform(-np.pi, np.pi, (number, 2))
    slope = 0.3 * draw.normal(size=(number, 2))
    ripple = 0.03 * draw.random((number, 2))
    ripple_ns = draw.uniform(60, 250, (number, 2))
    antpols = Antpols(
        {}, delays_ns, np.ones((number, 2)), np.ones((number, 2)), np.zeros(number, bool)
    )
    factor = _plant(options.faults, antpols, AntennaNames(layout.antennas.names))
    for band in options.bands:
        ghz = site.band_frequencies_hz(band, options.n_channels) / 1e9
        turns = antpols.delays_ns[:, None, :] * ghz[None, :, None]
        shape = (ghz / 0.05)[None, :, None] ** slope[:, None, :]
        waves = 1 + ripple[:, None, :] * np.cos(
            2 * np.pi * ghz[None, :, None] * ripple_ns[:, None, :] + phase[:, None, :]
        )
        absolute = (amplitude * factor)[:, None, :] * shape * waves
        antpols.gain[band] = absolute * np.exp(2j * np.pi * turns + 1j * phase[:, None, :])
    return antpols


def _draw_delays(draw: np.random.Generator, layout: Layout) -> np.ndarray:
    """Return delays (antenna, 2) in ns."""
    number = len(layout.antennas.names)
    distance = np.linalg.norm(geometry.local_enu_m(layout.antennas.positions_m)[:, :2], axis=1)
    coax = -1.3 + 4.0 * draw.normal(size=number)
    fibre = -98.0 - 0.19 * distance + 100.0 * draw.normal(size=number)
    first = np.where(layout.fibre, fibre, coax)
    return np.column_stack([first, first + 1.0 + 2.0 * draw.normal(size=number)])


def _plant(faults: Sequence[Fault], antpols: Antpols, names: AntennaNames) -> np.ndarray:
    """Apply the faults of antennas; return factors of the gains, (antenna, 2)."""
    factor = np.ones_like(antpols.noise)
    for fault in faults:
        if not fault.antenna:
            continue
        antenna, faulty = fault.antpols(names)
        pols = list(faulty)
        if fault.kind == "dead":
            antpols.sky[antenna, pols], antpols.noise[antenna, pols] = 0.0, DEAD_NOISE
        elif fault.kind == "uncorrelated":
            antpols.sky[antenna, pols] = 0.0
        elif fault.kind == "noisy":
            antpols.noise[antenna, pols] = fault.strength**0.5
        elif fault.kind == "swapped":
            antpols.swapped[antenna] = True
        elif fault.kind == "delay":
            antpols.delays_ns[antenna, pols] += FAULT_DELAY_NS
        else:
            factor[antenna, pols] = {"weak": WEAK, "strong": STRONG}[fault.kind]
    return factor
