"""Judges antennas by their autocorrelations, which need no sky model and no calibration.

Power is compared, sub-band by sub-band, with the median of like antennas (core and outriggers
apart: their cables differ), and the median over sub-bands of that ratio is judged; so is its change
from one integration to the next. The shape of a spectrum is compared with that of like antennas
over all sub-bands. The limits follow the observatory's practice (a tenth of the median is a weak
antenna; seven times the usual difference from the median spectrum is an odd one).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.records.configuration.health import Autocorrelation
from lwacal.telescope import antpol_states
from lwacal.telescope.antpol_states import BAD, SUSPECT, Finding

CORE_RADIUS_M = 130.0
SMALLEST_GROUP = 5
FEWEST_TIMES = 3  # two differences, to call an antenna noisy in time
ALIVE_RATIO = 0.1  # of the usual power; with less, the spectrum is that of the receiver
SLOPE_PARTS = 8  # of the band, to find the slope of a spectrum
SMALLEST_ODDITY = 0.1  # of ln power: less is never odd, however alike the others are


@dataclass(frozen=True)
class PowerSummary:
    """The quantities that are judged, each (antenna, 2); NaN without data.

    ``ratio`` of power to that of like antennas; ``scatter`` in time, and ``oddity``, the mean
    difference of the spectrum (ln power) from theirs, both relative to their median.
    """

    ratio: np.ndarray
    scatter: np.ndarray
    oddity: np.ndarray


def groups(positions_m: np.ndarray) -> np.ndarray:
    """Return 0 for core antennas, 1 for outriggers, (antenna,); all 0 if a group is too small."""
    distance = np.linalg.norm(positions_m - np.median(positions_m, axis=0), axis=1)
    outrigger = (distance > CORE_RADIUS_M).astype(int)
    if min(outrigger.sum(), (1 - outrigger).sum()) < SMALLEST_GROUP:
        return np.zeros(len(positions_m), int)
    return outrigger


def summarize(
    powers: Sequence[np.ndarray], positions_m: np.ndarray, frequencies_hz: Sequence[np.ndarray]
) -> PowerSummary:
    """Compare the power of each antenna with that of comparable antennas.

    ``powers`` of each sub-band (integration, antenna, channel, 2), NaN where there is none;
    ``frequencies_hz`` (channel,) likewise.
    """
    group = groups(positions_m)
    ratios, scatters, spectra, used_hz = [], [], [], []
    for power, frequency_hz in zip(powers, frequencies_hz, strict=True):
        if not np.isfinite(power).any():
            continue
        series = _nanmedian(power, 2)
        spectra.append(_nanmedian(power, 0))
        used_hz.append(frequency_hz)
        with np.errstate(all="ignore"):
            ratios.append(_relative(_nanmedian(series, 0), group))
            scatters.append(_relative(_scatter(series), group))
    empty = np.full((len(positions_m), 2), np.nan)
    if not ratios:
        return PowerSummary(empty, empty, empty)
    return PowerSummary(
        _nanmedian(np.array(ratios), 0),
        _nanmedian(np.array(scatters), 0),
        _oddity(np.concatenate(spectra, axis=1), group, np.concatenate(used_hz)),
    )


def _oddity(spectra: np.ndarray, group: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Return how much each spectrum (antenna, channel, 2) differs from its group, (antenna, 2).

    The mean over channels of |ln power|, after the median spectrum of its group and the antpol's
    own power law are taken out (cables of other lengths and temperatures are not odd), over the
    group's median of that; zero where it is below SMALLEST_ODDITY. Signals with hardly any power
    are not judged and do not say what is usual: all of them have the same noise.
    """
    with np.errstate(all="ignore"):
        size = np.log(np.where(spectra > 0, spectra, np.nan))
    level = _nanmedian(size, 1)
    oddity = np.full(level.shape, np.nan)
    for number in np.unique(group):
        members = group == number
        with np.errstate(all="ignore"):
            alive = level[members] > _nanmedian(level[members], 0) + np.log(ALIVE_RATIO)
        own = np.where(alive[:, None], size[members] - level[members][:, None], np.nan)
        away = np.abs(without_slope(own - _nanmedian(own, 0), np.log(frequency_hz)))
        known = np.isfinite(away)
        total = np.where(known, away, 0).sum(axis=1)
        oddity[members] = np.where(known.any(axis=1), total / known.sum(axis=1).clip(1), np.nan)
    return np.where(oddity < SMALLEST_ODDITY, 0.0, _relative(oddity, group))


def without_slope(size: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return values (antenna, channel, 2) less a line in ``place`` (channel,), and their median.

    The slope is the median of those between parts of the band (Theil 1950, Sen 1968).
    """
    parts = np.array_split(np.argsort(place), min(SLOPE_PARTS, len(place)))
    middle = np.stack([_nanmedian(size[:, part], 1) for part in parts], axis=1)
    centre = np.array([place[part].mean() for part in parts])
    first, second = np.triu_indices(len(parts), 1)
    apart = centre[second] - centre[first]
    slopes = (middle[:, second] - middle[:, first])[:, apart > 0] / apart[apart > 0][:, None]
    slope = np.nan_to_num(_nanmedian(slopes, 1)) if slopes.shape[1] else np.zeros(middle.shape[::2])
    rest = size - slope[:, None] * (place - place.mean())[:, None]
    return rest - _nanmedian(rest, 1)[:, None]


def _scatter(series: np.ndarray) -> np.ndarray:
    """Return the rms change between neighbouring times relative to the power, (antenna, 2)."""
    if len(series) < FEWEST_TIMES:
        return np.full(series.shape[1:], np.nan)
    change = np.sqrt(np.mean(np.diff(series, axis=0) ** 2, axis=0))
    return change / _nanmedian(series, 0)


def _relative(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return values (antenna, 2) divided by the median of the antenna's group and polarization."""
    relative = np.full(values.shape, np.nan)
    for number in np.unique(group):
        members = group == number
        relative[members] = values[members] / _nanmedian(
            np.where(values[members] > 0, values[members], np.nan), 0
        )
    return relative


def _nanmedian(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the median of the finite values over an axis; NaN where there are none."""
    values = np.where(np.isfinite(values), values, np.nan)
    missing = np.isnan(values).all(axis=axis, keepdims=True)
    return np.where(
        missing.squeeze(axis), np.nan, np.nanmedian(np.where(missing, 0.0, values), axis=axis)
    )


def judge(summary: PowerSummary, limits: Autocorrelation) -> list[Finding]:
    """Return what is wrong with each antpol, by its autocorrelations.

    An antpol without power is bad. One that is only weak, strong, noisy or odd is suspect: its
    solutions decide.
    """
    ratio, scatter, oddity = summary.ratio, summary.scatter, summary.oddity
    with np.errstate(invalid="ignore"):
        weak = (ratio >= limits.dead_ratio) & (ratio < limits.weak_ratio)
        tests = [
            (ratio < limits.dead_ratio, BAD, antpol_states.NO_POWER),
            (weak, SUSPECT, antpol_states.WEAK),
            (ratio > limits.strong_ratio, SUSPECT, antpol_states.STRONG),
            (scatter > limits.noisy_factor, SUSPECT, antpol_states.NOISY),
            (oddity > limits.odd_factor, SUSPECT, antpol_states.ODD_SPECTRUM),
        ]
    return [
        Finding(int(antenna), int(pol), status, reason)
        for found, status, reason in tests
        for antenna, pol in np.argwhere(found)
    ]
