"""Fills short gaps in bandpass solutions: amplitude and phase of a gain from its neighbours."""

from __future__ import annotations

import numpy as np


def fill(
    gain: np.ndarray, flagged: np.ndarray, whole: np.ndarray, band_index: np.ndarray, longest: int
) -> np.ndarray:
    """Fill gaps of at most ``longest`` flagged channels inside a sub-band, in place.

    ``gain`` and ``flagged`` (antenna, channel, 2); ``whole`` (antenna, 2) are antpols flagged as a
    whole, which are left alone; ``band_index`` (channel,). Amplitude (as its logarithm) and phase
    are interpolated linearly between the solutions on both sides of the gap. The phase follows the
    antpol's own delay, from neighbouring unflagged channels, so it may differ by more than half a
    turn across the gap. Returns the filled solutions, (antenna, channel, 2) bool.
    """
    number = gain.shape[1]
    places = np.arange(number)[None, :, None]
    before = np.maximum.accumulate(np.where(flagged, -1, places), axis=1)
    after = np.minimum.accumulate(np.where(flagged, number, places)[:, ::-1], axis=1)[:, ::-1]
    low, high = before.clip(0), after.clip(max=number - 1)
    filled = flagged & ~whole[:, None, :] & (before >= 0) & (after < number)
    filled &= (band_index[low] == band_index[high]) & (after - before - 1 <= longest)
    antenna, channel, pol = np.nonzero(filled)
    low, high = low[filled], high[filled]
    start, end = gain[antenna, low, pol], gain[antenna, high, pol]
    share = (channel - low) / (high - low)
    size = np.abs(start) ** (1 - share) * np.abs(end) ** share
    step = phase_steps(gain, flagged, band_index)[antenna, pol]
    rest = np.angle(end * start.conj() * np.exp(-1j * step * (high - low)))
    phase = np.angle(start) + step * (channel - low) + rest * share
    gain[filled] = size * np.exp(1j * phase)
    return filled


def phase_steps(gain: np.ndarray, flagged: np.ndarray, band_index: np.ndarray) -> np.ndarray:
    """Return each antpol's mean phase change from a channel to the next, (antenna, 2), radians."""
    pairs = ~flagged[:, 1:] & ~flagged[:, :-1]
    pairs &= (band_index[1:] == band_index[:-1])[None, :, None]
    products = np.where(pairs, gain[:, 1:] * gain[:, :-1].conj(), 0)
    return np.angle(products.sum(axis=1))
