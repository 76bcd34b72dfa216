"""Interference planted into visibilities, and what a flagger made of it.

A line is a transmitter that all antennas hear: coherent, with a phase of its own at each antenna.
Strengths are in units of the noise: the rms of |n| of one visibility.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BESIDE = 6  # channels from a line in which false flags are counted apart


@dataclass(frozen=True)
class Line:
    """Interference in some channels: ``strength`` in units of the noise.

    ``share`` of the baselines have it; ``integration`` is the only one with it, from 0, None: all;
    ``correlations`` which of XX, XY, YX, YY.
    """

    name: str
    channels: tuple[int, ...]
    strength: float
    share: float = 1.0
    integration: int | None = None
    correlations: tuple[int, ...] = (0, 1, 2, 3)


def noise_of(
    data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray, independent_samples: float
) -> np.ndarray:
    """Return the rms |n| of the visibilities of each row, (row, 4), from the autocorrelations.

    ``data`` (row, channel, 4); ``independent_samples`` is channel width times integration time.
    """
    autos = antenna1 == antenna2
    power = np.zeros((antenna2.max() + 1, 2))
    power[antenna1[autos]] = data[autos][..., [0, 3]].real.mean(axis=1)
    first, second = power[antenna1][:, [0, 0, 1, 1]], power[antenna2][:, [0, 1, 0, 1]]
    return np.sqrt(first * second / independent_samples)


def plant(
    data: np.ndarray,
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    integration: int,
    lines: Sequence[Line],
    noise: np.ndarray,
    seed: int = 1,
) -> np.ndarray:
    """Add lines to ``data`` (row, channel, 4) in place; return where, (line, row, channel) bool.

    ``noise`` (row, 4) as noise_of gives it. The baselines that have a line are the same in all
    integrations, its phases are not. One that all baselines have is in the autocorrelations too.
    """
    where = np.zeros((len(lines), *data.shape[:2]), bool)
    n_antennas = antenna2.max() + 1
    for number, line in enumerate(lines):
        if line.integration not in (None, integration):
            continue
        chosen = np.random.default_rng([seed, number]).random(len(antenna1)) < line.share
        rows = np.flatnonzero(chosen & ((antenna1 != antenna2) | (line.share == 1)))
        draw = np.random.default_rng([seed, number, integration, 1])
        phase = np.exp(2j * np.pi * draw.random(n_antennas))
        wave = line.strength * phase[antenna1[rows]] * phase[antenna2[rows]].conj()
        wave = (wave[:, None] * noise[rows][:, line.correlations]).astype(np.complex64)
        channels = np.array(line.channels)
        data[np.ix_(rows, channels, np.array(line.correlations))] += wave[:, None, :]
        where[number][np.ix_(rows, channels)] = True
    return where


def score(found: np.ndarray, where: np.ndarray, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the share found of each line, and of what was flagged without being one.

    ``found`` (row, channel) bool and ``where`` (line, row, channel), cross-correlations only.
    ``false`` is the share of the data far from all lines that is flagged, ``beside`` that of data
    near one, in the same row.
    """
    planted = np.any(where, axis=0)
    near = planted.copy()
    for shift in range(1, BESIDE + 1):
        near[:, shift:] |= planted[:, :-shift]
        near[:, :-shift] |= planted[:, shift:]
    return {
        "found": {
            line.name: float(found[there].mean()) if there.any() else None
            for line, there in zip(lines, where)
        },
        "beside": float(found[near & ~planted].mean()) if planted.any() else None,
        "false": float(found[~near].mean()),
    }


def _single(channels: Sequence[int], strength: float, name: str, **more: Any) -> Line:
    return Line(f"{name}, {strength:g} sigma", tuple(channels), strength, **more)


# Two sets of lines for sub-bands of 192 channels, far enough apart not to meddle with each other
NARROW = (
    _single([10], 4, "one channel"),
    _single([30], 10, "one channel"),
    _single([50], 20, "one channel"),
    _single([70, 71], 4, "two channels"),
    _single([91, 92], 10, "two channels"),
    _single([112, 113], 20, "two channels"),
    _single([135], 4, "one integration", integration=0),
    _single([155], 10, "one integration", integration=0),
    _single([175], 10, "XX only", correlations=(0,)),
)
WIDE = (
    _single([12], 4, "a tenth of the baselines", share=0.1),
    _single([32], 10, "a tenth of the baselines", share=0.1),
    _single([52], 20, "a tenth of the baselines", share=0.1),
    _single(range(74, 80), 4, "six channels"),
    _single(range(100, 106), 10, "six channels"),
    _single(range(130, 142), 4, "twelve channels"),
    _single(range(160, 172), 10, "twelve channels"),
)
CASES = {"clean": (), "narrow": NARROW, "wide": WIDE}
