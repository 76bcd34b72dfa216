"""The instrument as it is: echoes in cables, filter edges, gain steps, saturation.

Echoes, filters and gain steps belong to the gains of the truth. So does what saturation takes, but
it depends on time: the truth has it by integration.
"""

from __future__ import annotations

import numpy as np

from lwacal.simulate.effects import Effect, find
from lwacal.simulate.options import Simulation
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.simulate.truth import sefd_jy
from lwacal.telescope import site

ECHO_NS = (150.0, 900.0)
LOW_PASS_HZ, HIGH_PASS_HZ, EDGE_SPREAD = 84e6, 21e6, 0.02
GAIN_STEP = 2.0


def factors(options: Simulation, n_antennas: int) -> dict[str, np.ndarray]:
    """Return what the instrument's effects multiply the gains by, by sub-band.

    Arrays are (antenna, channel, 2); none without such an effect.
    """
    made = {"echoes": _echoes, "filter_edges": _filter_edges, "gain_steps": _gain_steps}
    chosen = [(make, effect) for name, make in made.items() if (effect := _find(options, name))]
    result = {}
    for band in options.bands if chosen else ():
        hz = site.band_frequencies_hz(band, options.n_channels)
        factor = np.ones((n_antennas, len(hz), 2), complex)
        for make, effect in chosen:
            factor *= make(options, effect, band, hz, n_antennas)
        result[band] = factor
    return result


def _find(options: Simulation, name: str) -> Effect | None:
    return find(options.effects, name)


def _echoes(
    options: Simulation, effect: Effect, band: str, hz: np.ndarray, n_antennas: int
) -> np.ndarray:
    """1 + a exp(2 pi i nu tau): what arrives once more after a delay tau."""
    draw = effect.generator(options.seed)
    delay_s = draw.uniform(*ECHO_NS, (n_antennas, 2)) * 1e-9
    amplitude = effect.number() * np.exp(2j * np.pi * draw.random((n_antennas, 2)))
    turns = hz[:, None] * delay_s[:, None, :]
    return np.asarray(1 + amplitude[:, None, :] * np.exp(2j * np.pi * turns))


def _filter_edges(
    options: Simulation, effect: Effect, band: str, hz: np.ndarray, n_antennas: int
) -> np.ndarray:
    """Amplitudes of Butterworth filters whose edges differ between antpols."""
    draw = effect.generator(options.seed)
    high, low = (
        edge * (1 + EDGE_SPREAD * draw.normal(size=(n_antennas, 1, 2)))
        for edge in (HIGH_PASS_HZ, LOW_PASS_HZ)
    )
    power = 2 * effect.number()
    ratio = hz[None, :, None]
    return np.asarray(((1 + (high / ratio) ** power) * (1 + (ratio / low) ** power)) ** -0.5)


def _gain_steps(
    options: Simulation, effect: Effect, band: str, hz: np.ndarray, n_antennas: int
) -> np.ndarray:
    """A factor of 2 from a channel on, for some antpols in each sub-band."""
    draw = effect.generator(options.seed, site.BANDS.index(band))
    factor = np.ones((n_antennas, len(hz), 2))
    number = min(int(effect.number()), 2 * n_antennas)
    for antpol in draw.choice(2 * n_antennas, number, replace=False):
        channel = draw.integers(len(hz) // 4, max(3 * len(hz) // 4, len(hz) // 4 + 1))
        factor[antpol // 2, channel:, antpol % 2] *= GAIN_STEP
    return factor


class Saturation:
    """Some antennas lose gain when they receive much power.

    The gain of an antenna with compression is 1.5 / (1 + power / (2 usual power)), at most 1: the
    usual power, the SEFD, costs nothing, twice of it 25 %.
    """

    def __init__(self, night: Observation, effect: Effect) -> None:
        draw = effect.generator(night.options.seed)
        self.antennas = draw.random(len(night.names)) < effect.number()
        self._gain: dict[str, np.ndarray] = {}

    def gain(self, exposure: Exposure, seen: list[Seen]) -> np.ndarray:
        """Return factors of the gains in an exposure, (antenna,); they go into the truth."""
        usual = sefd_jy(exposure.frequency_hz).mean()
        received = sum(float(one.flux_jy.mean()) for one in seen)
        loss = min(1.5 / (1 + (usual + received) / (2 * usual)), 1.0)
        factor = np.where(self.antennas, loss, 1.0)
        self._gain[f"saturation_{exposure.band}_{exposure.integration}"] = factor
        return factor

    def truth(self) -> dict[str, np.ndarray]:
        """Return the factors of the exposures so far, by sub-band and integration."""
        return dict(self._gain)
