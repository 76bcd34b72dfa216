"""Passbands of antpols from autocorrelations, to flatten amplitudes before lines are searched.

Edges of filters, ripples of cables and steps of the digital gain are in the autocorrelation power
as they are in the amplitudes of all baselines of an antpol; divided by the roots of the powers of
its two antpols, the noise of a baseline is the same in all channels. A line of interference hardly
is in the power: one of ten times the noise of a baseline adds 10 / sqrt(bandwidth x time), 2 % at
24 kHz and 10 s.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lwacal.ingest import autocorrelations
from lwacal.telescope.correlations import FIRST_POLARIZATION, SECOND_POLARIZATION

WIDTH = 5  # channels of a running median, which keeps slopes and steps, and no line of up to two


def read(path: Path) -> np.ndarray:
    """Return the passbands in a file of ingest.autocorrelations, (antenna, channel, 2)."""
    return of_powers(autocorrelations.read(path)["power"])


def of_powers(power: np.ndarray) -> np.ndarray:
    """Return amplitudes over their median in the sub-band, (antenna, channel, 2) float32.

    ``power`` (integration, antenna, channel, 2). They are those of the median over integrations:
    gains last, bursts do not. An antpol without power in some channel has 1 in all.
    """
    if not len(power):
        return np.ones(power.shape[1:], np.float32)
    there = np.all(power > 0, axis=(0, 2), keepdims=True)[0]
    typical = np.where(there, np.median(power, axis=0), 1.0)
    smooth = _running_median(typical)
    return np.asarray(np.sqrt(smooth / np.median(smooth, axis=1, keepdims=True)), np.float32)


def _running_median(values: np.ndarray) -> np.ndarray:
    """Return the medians over WIDTH channels of (antenna, channel, 2); ends go on as they are."""
    half = WIDTH // 2
    longer = np.pad(values, ((0, 0), (half, half), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(longer, WIDTH, axis=1)
    return np.asarray(np.median(windows, axis=-1))


def of_baselines(passband: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
    """Return the passbands of baselines, (row, channel, 4), from those of antpols."""
    first = passband[antenna1][..., FIRST_POLARIZATION]
    return np.asarray(first * passband[antenna2][..., SECOND_POLARIZATION])
