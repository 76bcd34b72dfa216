"""Delays from the phases of the bandpass over the whole band: a straight line for each signal.

phase = phi_0 + 2 pi nu tau; a positive delay is G = exp(+2 pi i nu tau). The line is found by a
search (the delay for which all channels add up best), which no gap between sub-bands can mislead by
a turn, and then fitted to the remaining phases by weighted least squares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LARGEST_NS = 2000.0  # delays beyond it are not looked for
STEPS_A_TURN = 4.0  # of the search, over the whole band
FEWEST_CHANNELS = 10
LEAST_COHERENCE = 0.3  # |mean phasor| after the line is out; noise of n channels has 1 / sqrt(n)


@dataclass(frozen=True)
class PhaseDelays:
    """Delay and its error in ns, and the coherence of what is left, each (antenna, 2).

    NaN where there are too few channels, or no line.
    """

    delay_ns: np.ndarray
    error_ns: np.ndarray
    coherence: np.ndarray


def fit(
    gain: np.ndarray, flag: np.ndarray, frequency_hz: np.ndarray, reference: int
) -> PhaseDelays:
    """Fit delays relative to an antenna, from gains and flags (antenna, channel, 2).

    Channels in which the reference antenna is flagged are not used. The error is that of least
    squares, with the noise of each signal's own remaining phases.
    """
    used = ~flag & ~flag[reference]
    turned = gain * gain[reference].conj()
    phasor = np.where(used, np.exp(1j * np.angle(turned)), 0).astype(np.complex64)
    n_antennas, n_channels = gain.shape[:2]
    signals = np.moveaxis(phasor, 1, 0).reshape(n_channels, -1)
    weight = np.abs(signals)
    count = weight.sum(axis=0)
    ghz = frequency_hz / 1e9
    ghz = ghz - ghz.mean()
    delay, left = _search(signals, ghz)
    error = np.full(len(delay), np.nan)
    enough = count >= FEWEST_CHANNELS
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(2):
            step, error = _line(left, weight, count, ghz)
            delay = delay + step
            left = signals * np.exp(-2j * np.pi * np.outer(ghz, delay))
        coherence = np.abs(left.sum(axis=0)) / count
        good = enough & (coherence > np.maximum(LEAST_COHERENCE, 3 / np.sqrt(count)))
    values = [
        np.where(good, item, np.nan).reshape(n_antennas, 2) for item in (delay, error)
    ]
    return PhaseDelays(*values, np.where(enough, coherence, np.nan).reshape(n_antennas, 2))


def _search(signals: np.ndarray, ghz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the delay (signal,) for which channels add up best, and phasors without it."""
    span = max(float(np.ptp(ghz)), 1e-9)
    number = int(np.ceil(2 * LARGEST_NS * span * STEPS_A_TURN)) + 1
    trial = np.linspace(-LARGEST_NS, LARGEST_NS, number)
    turns = np.exp(-2j * np.pi * np.outer(trial, ghz)).astype(np.complex64)
    best = np.abs(turns @ signals).argmax(axis=0)
    return trial[best], signals * turns[best].T


def _line(
    left: np.ndarray, weight: np.ndarray, count: np.ndarray, ghz: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit straight lines to small phases of phasors (channel, signal); return slope and error, ns.

    ``weight`` (channel, signal) is 1 or 0.
    """
    phase = np.angle(left * np.exp(-1j * np.angle(left.sum(axis=0)))) * weight
    middle = (weight * ghz[:, None]).sum(axis=0) / count
    offset = weight * (ghz[:, None] - middle)
    lever = (offset**2).sum(axis=0)
    slope = (offset * phase).sum(axis=0) / lever
    rest = weight * (phase - phase.sum(axis=0) / count - offset * slope)
    noise = (rest**2).sum(axis=0) / (count - 2)
    return slope / (2 * np.pi), np.sqrt(noise / lever) / (2 * np.pi)
