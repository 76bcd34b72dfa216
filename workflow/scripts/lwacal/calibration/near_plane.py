"""The phase plane of a sub-band over the antennas near the centre of the array.

Over a few hundred metres, phases are a plane whatever the ionosphere does farther out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from lwacal.telescope.phase_plane import FARTHEST, efficiency, phase_plane

NEAR_KM = 0.3
FEWEST_NEAR = 12
FEWEST_ANTENNAS = 5
NARROW_HZ = 0.3e6  # either side of the middle


@dataclass(frozen=True)
class Plane:
    """A phase plane: slopes (2,), east and north, in radians, and their variances.

    ``power`` is that of a beam on the plane, at most one; ``chance`` about how often phases drawn
    at random leave as much for the best of all planes.
    """

    slope: np.ndarray
    variance: np.ndarray
    power: float
    chance: float


def near(place_km: np.ndarray) -> np.ndarray:
    """Return the indices of antennas near the centre; ``place_km`` (antenna, 2) east and north."""
    distance = np.linalg.norm(place_km, axis=1)
    order = np.sort(distance)
    return np.flatnonzero(distance <= max(NEAR_KM, order[min(FEWEST_NEAR, len(order)) - 1]))


def length_m(place_km: np.ndarray) -> float:
    """Return the length of the whole array, without its farthest antennas."""
    return 2e3 * float(np.quantile(np.linalg.norm(place_km, axis=1), 0.95))


def of_both(
    left: np.ndarray, known: np.ndarray, place_km: np.ndarray, frequency_hz: np.ndarray
) -> list[Plane]:
    """Return the planes of X and Y, as `fit`, for a last axis of polarizations."""
    planes = (fit(left[..., pol], known[..., pol], place_km, frequency_hz) for pol in (0, 1))
    return [plane for plane in planes if plane is not None]


def fit(
    left: np.ndarray, known: np.ndarray, place_km: np.ndarray, frequency_hz: np.ndarray
) -> Plane | None:
    """Fit a plane; None if too few antennas are ``known`` (antenna,).

    ``left`` (antenna, block) are phasors times weights. The plane of a swap turns by more than one
    turn over a sub-band at antennas far out: it is searched for in the middle of the sub-band, and
    then corrected with all of it.
    """
    middle = float(frequency_hz.mean())
    within = np.abs(frequency_hz - middle) <= max(NARROW_HZ, np.abs(frequency_hz - middle).min())
    metres = 1e3 * place_km
    slope = np.zeros(2)
    for some in (within, np.ones(len(frequency_hz), bool)):
        turns = np.multiply.outer(metres @ slope, frequency_hz[some] / SPEED_OF_LIGHT_M_S)
        ratio = (left[:, some] * np.exp(-2j * np.pi * turns)).sum(axis=1)
        used = known & (np.abs(ratio) > 0)
        if used.sum() < FEWEST_ANTENNAS:
            return None
        ratio = ratio[used] / np.abs(ratio[used])
        wave = 2 * np.pi * middle / SPEED_OF_LIGHT_M_S * metres[used]
        step = phase_plane(ratio, wave, middle)
        slope = slope + step
    straight = ratio * np.exp(-1j * wave @ step)
    power = efficiency(straight)
    phase = np.angle(straight * np.conj(straight.sum()))
    design = wave - wave.mean(axis=0)
    noise = float((phase**2).sum()) / max(len(phase) - 3, 1)
    variance = noise * np.diagonal(np.linalg.inv(design.T @ design))
    return Plane(slope, variance, power, _chance(power, wave))


def _chance(power: float, wave: np.ndarray) -> float:
    """Return the number of independent directions times the probability of each.

    The power |sum|^2 / N of N random phasors has an exponential distribution.
    """
    directions = np.prod(1 + 2 * FARTHEST * np.ptp(wave, axis=0) / (2 * np.pi))
    return float(directions * np.exp(-len(wave) * power))
