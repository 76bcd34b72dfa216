"""Signals of antennas that mix: coupling of neighbouring dipoles, cross-talk on ARX boards.

Voltages become (1 + C) v, each polarization for itself.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array

from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.telescope import boards
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

COUPLED_M, REFERENCE_M = 30.0, 5.0  # no coupling beyond; the distance of the strength
PAIR_SPREAD = 0.3
KEPT = 300  # matrices: those of a sub-band and of the nodes of diffuse emission


class Mixing:
    """What antennas add to each other: (1 + C) v.

    ``to`` and ``origin`` (pair,) are antennas, ``volt`` (pair,) complex, ``path_m`` (pair,) what
    the signal has to travel.
    """

    name = ""

    def __init__(
        self,
        n_antennas: int,
        to: np.ndarray,
        origin: np.ndarray,
        volt: np.ndarray,
        path_m: np.ndarray,
    ) -> None:
        self.to, self.origin, self.volt, self.path_m = to, origin, volt, path_m
        self._shape = (n_antennas, n_antennas)
        self._matrices: dict[float, csr_array] = {}

    def matrix(self, frequency_hz: float) -> csr_array:
        """Return C, (antenna, antenna); those of the last frequencies are kept."""
        if frequency_hz not in self._matrices:
            if len(self._matrices) > KEPT:
                self._matrices.clear()
            self._matrices[frequency_hz] = self._matrix(frequency_hz)
        return self._matrices[frequency_hz]

    def _matrix(self, frequency_hz: float) -> csr_array:
        turns = self.path_m * (frequency_hz / SPEED_OF_LIGHT_M_S)
        volt = (self.volt * np.exp(-2j * np.pi * turns)).astype(np.complex64)
        return csr_array((volt, (self.to, self.origin)), shape=self._shape)

    def receive(self, phasors: np.ndarray, frequency_hz: float) -> np.ndarray:
        """Return (1 + C) p of phasors (antenna, ...)."""
        flat = phasors.reshape(len(phasors), -1)
        return np.asarray((flat + self.matrix(frequency_hz) @ flat).reshape(phasors.shape))

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Change the phasors of all antennas."""
        parts = [
            self.receive(seen.phasors[:, channel], float(hz))
            for channel, hz in enumerate(exposure.frequency_hz)
        ]
        seen.phasors = np.stack(parts, axis=1).astype(np.complex64)

    def truth(self) -> dict[str, np.ndarray]:
        """Return the pairs of antennas, (pair, 2), and their voltages, (pair,)."""
        return {
            f"{self.name}_pairs": np.stack([self.to, self.origin], axis=1),
            f"{self.name}_volt": self.volt,
        }


class Coupling(Mixing):
    """Neighbours receive what a dipole re-radiates.

    The voltage has the strength at 5 m, falls as 1/distance, and has the phase of the path; pairs
    differ by 30 % (rms), because the coupling of dipoles depends on their orientation.
    """

    name = "coupled"

    def __init__(self, night: Observation, effect: Effect) -> None:
        enu_m = night.enu_m
        apart_m = np.linalg.norm(enu_m[:, None] - enu_m[None], axis=-1)
        to, origin = np.nonzero((apart_m > 0) & (apart_m < COUPLED_M))
        path_m = apart_m[to, origin]
        drawn = 1 + PAIR_SPREAD * effect.generator(night.options.seed).normal(size=apart_m.shape)
        both = np.triu(drawn) + np.triu(drawn, 1).T
        volt = effect.number() * REFERENCE_M / path_m * both[to, origin]
        super().__init__(len(enu_m), to, origin, volt, path_m)


class Crosstalk(Mixing):
    """Adjacent antennas of an ARX board leak into each other, with random phases.

    Unlike dipoles they also share the noise of their receivers.
    """

    name = "crosstalk"

    def __init__(self, night: Observation, effect: Effect) -> None:
        draw = effect.generator(night.options.seed)
        index = {boards.number_of(name): number for number, name in enumerate(night.names)}
        pairs = []
        for numbers in boards.ARX_BOARDS.values():
            here = [index[number] for number in numbers if number in index]
            pairs += [*pairwise(here), *pairwise(here[::-1])]
        to, origin = np.array(pairs, int).reshape(-1, 2).T
        volt = effect.number() * np.exp(2j * np.pi * draw.random(len(to)))
        super().__init__(len(night.names), to, origin, volt, np.zeros(len(to)))

    def noise_jy(self, power_jy: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the mean correlation of noise, (row, channel, 2), of XX and YY in Jy.

        ``power_jy`` (antenna, channel, 2) is the noise of antpols. With v_i' = v_i + c_ij v_j it is
        c_ij P_j + conj(c_ji) P_i.
        """
        dense = np.zeros(self._shape, np.complex64)
        dense[self.to, self.origin] = self.volt
        there, back = dense[first, second], dense[second, first].conj()
        return np.asarray(
            there[:, None, None] * power_jy[second] + back[:, None, None] * power_jy[first]
        )
