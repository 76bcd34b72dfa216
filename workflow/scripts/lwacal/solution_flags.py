"""Finds bandpass solutions that must not be used, over all sub-bands together.

Amplitudes A = |G| of shape (antenna, channel, 2) are judged relative to the array, in these steps,
each with a bit of its own in the cause mask:

1. whole signals: the median log A against that of the other antennas, so that 1/50 is as visible
   as x 50 (weak, strong);
2. channels in which antennas scatter far more than usual (scatter);
3. single solutions that deviate from the array's smoothed bandpass by many times the antenna's own
   scatter (deviation);
4. single solutions outside the distribution over antennas in their channel, repeatedly (clip);
5. channels in which more than a quorum of antennas is flagged (quorum).

Gaps of few channels are then interpolated (amplitude and phase), marked, and no longer flagged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import median_filter

CAUSES = {
    "solver": 1, "health": 2, "weak": 4, "strong": 8, "scatter": 16, "deviation": 32, "clip": 64,
    "quorum": 128,
}
WHOLE_SIGNAL = CAUSES["solver"] | CAUSES["health"] | CAUSES["weak"] | CAUSES["strong"]
FEWEST_CHANNELS = 10  # in a range of frequencies, to take it as reference
FEWEST_ANTENNAS = 5  # to say what is usual
SMALLEST_SIGMA_DEX = 0.03
IQR_SIGMA = 1.349
MAD_SIGMA = 1.4826


@dataclass
class Band:
    """Solutions of all sub-bands in order of frequency.

    ``gain`` (antenna, channel, 2) complex; ``cause`` likewise, uint8 bit masks; ``interpolated``
    likewise, bool; ``frequency_hz`` and ``band_index`` (channel,).
    """

    gain: np.ndarray
    cause: np.ndarray
    interpolated: np.ndarray
    frequency_hz: np.ndarray
    band_index: np.ndarray

    @property
    def flag(self) -> np.ndarray:
        """What must not be used: flagged and not interpolated."""
        return (self.cause > 0) & ~self.interpolated


def analyse(band: Band, settings: Mapping[str, Any]) -> None:
    """Add flags and interpolated values to the solutions, in place.

    ``settings`` is the section solution_flags. ``band.cause`` holds what is known before (solver,
    health).
    """
    amplitude = np.abs(band.gain)
    level = whole_signals(amplitude, band, settings)
    with np.errstate(divide="ignore", invalid="ignore"):
        normal = amplitude / level[:, None, :]
    scattered_channels(normal, band, settings)
    deviating_solutions(normal, band, settings)
    clip_over_antennas(normal, band, settings)
    quorum(band, settings["quorum"])
    interpolate(band, int(settings["interpolate_max_channels"]))


def usual_range(frequency_hz: np.ndarray, range_mhz: tuple[float, float]) -> np.ndarray:
    """Return which channels are in a range, or all if too few are: (channel,) bool."""
    inside = (frequency_hz >= range_mhz[0] * 1e6) & (frequency_hz <= range_mhz[1] * 1e6)
    return inside if inside.sum() >= FEWEST_CHANNELS else np.ones(len(frequency_hz), bool)


def masked_median(values: np.ndarray, mask: np.ndarray, axis: int) -> np.ndarray:
    """Return medians over an axis of what is not masked; NaN where all is."""
    return np.ma.median(np.ma.masked_array(values, mask), axis=axis).filled(np.nan)


def whole_signals(amplitude: np.ndarray, band: Band, settings: Mapping[str, Any]) -> np.ndarray:
    """Flag weak and strong signals; return each signal's median amplitude, (antenna, 2)."""
    channels = usual_range(band.frequency_hz, settings["reference_mhz"])
    masked = band.cause[:, channels] > 0
    level = masked_median(amplitude[:, channels], masked, axis=1)
    everywhere = masked_median(amplitude, band.cause > 0, axis=1)
    level = np.where(np.isfinite(level) & (level > 0), level, everywhere)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_level = np.log10(level)
    usable = np.isfinite(log_level)
    for pol in (0, 1):
        good = usable[:, pol]
        if good.sum() < FEWEST_ANTENNAS:
            continue
        values = log_level[good, pol]
        middle = np.median(values)
        sigma = max(MAD_SIGMA * np.median(np.abs(values - middle)), SMALLEST_SIGMA_DEX)
        away = np.where(good, log_level[:, pol] - middle, 0.0)
        limit = settings["gain_outlier_sigma"] * sigma
        weak = (away < -limit) | (away < np.log10(settings["weak_ratio"]))
        strong = (away > limit) | (away > np.log10(settings["strong_ratio"]))
        band.cause[weak, :, pol] |= CAUSES["weak"]
        band.cause[strong, :, pol] |= CAUSES["strong"]
    return np.where(usable, level, np.nan)


def scattered_channels(normal: np.ndarray, band: Band, settings: Mapping[str, Any]) -> None:
    """Flag channels for everybody in which the spread over antennas is far above the usual one."""
    values = np.where(band.cause > 0, np.nan, normal)
    values = np.moveaxis(values, 1, 0).reshape(len(band.frequency_hz), -1)
    counted = np.isfinite(values).sum(axis=1) >= FEWEST_ANTENNAS
    if not counted.any():
        return
    low, high = np.nanpercentile(values[counted], [16, 84], axis=1)
    spread = np.full(len(counted), np.nan)
    spread[counted] = (high - low) / 2
    channels = usual_range(band.frequency_hz, settings["reference_mhz"])
    usual = np.nanmedian(spread[channels] if np.isfinite(spread[channels]).any() else spread)
    wild = np.nan_to_num(spread) > settings["channel_scatter_factor"] * usual
    band.cause[:, wild] |= CAUSES["scatter"]


def template(normal: np.ndarray, band: Band, width: int) -> np.ndarray:
    """Return the array's smoothed bandpass, (channel, 2): median over antennas, then channels.

    Each sub-band is smoothed by itself; channels without solutions are bridged.
    """
    shape = masked_median(normal, (band.cause > 0) | ~np.isfinite(normal), axis=0)
    for number in np.unique(band.band_index):
        channels = np.flatnonzero(band.band_index == number)
        for pol in (0, 1):
            values = shape[channels, pol]
            known = np.isfinite(values)
            if known.any():
                filled = np.interp(channels, channels[known], values[known])
                size = min(width, len(channels) // 2 * 2 - 1)
                shape[channels, pol] = median_filter(filled, max(size, 1), mode="nearest")
    return shape


def deviating_solutions(normal: np.ndarray, band: Band, settings: Mapping[str, Any]) -> None:
    """Flag solutions far from the template, in units of the antenna's own scatter about it.

    The antenna's own smooth difference from the array (cable length, a reflection) is taken out
    as the median ratio in each sub-band.
    """
    shape = template(normal, band, int(settings["template_channels"]))
    ratio = normal / shape
    for number in np.unique(band.band_index):
        channels = band.band_index == number
        masked = (band.cause[:, channels] > 0) | ~np.isfinite(ratio[:, channels])
        own = masked_median(ratio[:, channels], masked, axis=1)
        ratio[:, channels] /= own[:, None, :]
    away = np.where((band.cause > 0) | ~np.isfinite(ratio), np.nan, np.abs(ratio - 1))
    enough = np.isfinite(away).sum(axis=1, keepdims=True) >= FEWEST_CHANNELS
    quartiles = np.nanpercentile(np.where(enough, away, 0.0), [25, 75], axis=1)
    sigma = (quartiles[1] - quartiles[0])[:, None, :] / IQR_SIGMA
    far = enough & (np.nan_to_num(away) > settings["deviation_sigma"] * sigma) & (sigma > 0)
    band.cause[far] |= CAUSES["deviation"]


def clip_over_antennas(normal: np.ndarray, band: Band, settings: Mapping[str, Any]) -> None:
    """Flag solutions outside the distribution over antennas, channel by channel, in rounds."""
    for _ in range(int(settings["clip_rounds"])):
        values = np.ma.masked_array(normal, (band.cause > 0) | ~np.isfinite(normal))
        counted = values.count(axis=0) >= FEWEST_ANTENNAS
        middle, sigma = values.mean(axis=0), values.std(axis=0)
        far = np.abs(values - middle) > settings["clip_sigma"] * sigma
        far = far.filled(False) & counted[None]
        if not far.any():
            return
        band.cause[far] |= CAUSES["clip"]


def quorum(band: Band, fraction: float) -> None:
    """Flag channels for everybody in which more than a fraction of the usable antennas is flagged.

    Signals that are flagged as a whole are not counted.
    """
    flagged = band.cause > 0
    alive = ~flagged.all(axis=1)
    share = (flagged & alive[:, None, :]).sum(axis=(0, 2)) / max(alive.sum(), 1)
    lost = (share > fraction) & (share < 1)
    band.cause[:, lost] |= CAUSES["quorum"]
    band.cause[:, share >= 1] |= CAUSES["quorum"]


def interpolate(band: Band, longest: int) -> None:
    """Fill gaps of at most ``longest`` flagged channels inside a sub-band.

    Amplitude and phase go linearly from the solution before the gap to the one after it, the phase
    along the signal's own delay, found from its neighbouring unflagged channels. Signals flagged as
    a whole are left alone.
    """
    flagged = band.cause > 0
    channels = np.arange(len(band.frequency_hz))[None, :, None]
    before = np.maximum.accumulate(np.where(flagged, -1, channels), axis=1)
    after = np.minimum.accumulate(
        np.where(flagged, len(band.frequency_hz), channels)[:, ::-1], axis=1
    )[:, ::-1]
    bounded = (before >= 0) & (after < len(band.frequency_hz))
    first, last = before.clip(0), after.clip(max=len(band.frequency_hz) - 1)
    same_band = band.band_index[first] == band.band_index[last]
    whole = (band.cause & WHOLE_SIGNAL > 0).all(axis=1, keepdims=True)
    fill = flagged & bounded & same_band & ~whole & (after - before - 1 <= longest)
    antenna, channel, pol = np.nonzero(fill)
    low, high = first[fill], last[fill]
    share = (channel - low) / (high - low)
    start, end = band.gain[antenna, low, pol], band.gain[antenna, high, pol]
    size = np.abs(start) * (1 - share) + np.abs(end) * share
    step = _phase_step(band, flagged)[antenna, pol]
    rest = np.angle(end * start.conj() * np.exp(-1j * step * (high - low)))
    phase = np.angle(start) + step * (channel - low) + rest * share
    band.gain[fill] = size * np.exp(1j * phase)
    band.interpolated[fill] = True


def _phase_step(band: Band, flagged: np.ndarray) -> np.ndarray:
    """Return each signal's mean phase change from a channel to the next, (antenna, 2), radians."""
    neighbours = ~flagged[:, 1:] & ~flagged[:, :-1]
    neighbours &= (band.band_index[1:] == band.band_index[:-1])[None, :, None]
    products = band.gain[:, 1:] * band.gain[:, :-1].conj()
    return np.angle((products * neighbours).sum(axis=1))
