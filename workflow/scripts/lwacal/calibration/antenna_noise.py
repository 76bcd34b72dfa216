"""Noise of antpols from their autocorrelations and gains, which need no residuals.

The power of an antpol's autocorrelation over the square of its gain is its system equivalent flux
density (SEFD): sky and noise in the unit of the model (Thompson, Moran & Swenson 2017, section
1.3). Compared with like antennas it does not depend on the model of the sky, while residuals hold
whatever the model lacks: there a noisy antenna may drown, and one far out, whose signal the
ionosphere decorrelates, looks noisy.

Decorrelation takes gain and leaves the power as it is. It is worst in the lowest sub-bands
(ionosphere) or in the highest (a resolved source), noise is everywhere. Where the power shows less
than half of an excess, in logarithms, the sub-band with the least excess decides.

Logarithms are natural and of amplitudes; arrays (antenna, channel, 2), or (antenna, sub-band, 2).
"""

from __future__ import annotations

import numpy as np

from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.runtime.robust import masked_median

FAR_M = 500.0
MOST = 0.5  # of the channels of a sub-band


def ratio(band: SolvedBandpass) -> np.ndarray:
    """Return the root of each antpol's SEFD over that of like antennas, (antenna, 2).

    The median over sub-bands, or the least of them where the power does not show the excess. NaN
    without autocorrelations or solutions.
    """
    noise, power = (_by_band(values, band) for values in excesses(band))
    unknown = ~np.isfinite(noise)
    excess = masked_median(noise, unknown, axis=1)
    shown = masked_median(power, unknown | ~np.isfinite(power), axis=1)
    least = np.where(unknown, np.inf, noise).min(axis=1)
    with np.errstate(invalid="ignore"):
        found = np.where((excess > 0) & (shown < excess / 2), least, excess)
    return np.asarray(np.exp(found))


def excesses(band: SolvedBandpass) -> tuple[np.ndarray, np.ndarray]:
    """Return noise and power of all solutions over those of like antennas, (antenna, channel, 2).

    Each compared with its median over the unflagged antpols of its group and polarization; NaN
    where there is no solution or no autocorrelation.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = band.half_log_power() - np.log(np.abs(band.gain))
    noise[band.has("solver") | ~np.isfinite(noise)] = np.nan
    return _over_alike(noise, band), _over_alike(band.half_log_power(), band)


def usual(band: SolvedBandpass, ratio_limit: float) -> np.ndarray:
    """Return which solutions have the noise of like antennas within a factor, bool.

    False where it is not known.
    """
    noise, _ = excesses(band)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(noise) < np.log(ratio_limit))


def decorrelated(band: SolvedBandpass, ratio_limit: float) -> np.ndarray:
    """Return where an antpol far out lacks solutions by no fault of its own, bool.

    A disturbed ionosphere, or sources that are resolved, can take the signal of its long baselines
    in a sub-band. Its power there, and its noise in another sub-band, are within a factor of like
    antennas. False where that is not known.
    """
    lost = np.zeros(band.gain.shape, bool)
    if band.distance_m is None:
        return lost
    noise, power = (np.exp(np.abs(_by_band(values, band))) for values in excesses(band))
    unsolved = np.stack(
        [band.has("solver")[:, channels].mean(axis=1) > MOST for channels in band.channels()],
        axis=1,
    )
    with np.errstate(invalid="ignore"):
        elsewhere = (~unsolved & (noise < ratio_limit)).any(axis=1, keepdims=True)
        found = unsolved & (power < ratio_limit) & elsewhere
    found &= (band.distance_m > FAR_M)[:, None, None]
    return found[:, band.band_index] & band.has("solver")


def power_follows_gain(band: SolvedBandpass) -> np.ndarray:
    """Return whether an antpol's power differs over frequency as its gain does, (antenna, 2) bool.

    Of the difference from like antennas, the mean over channels of its size, more than half is in
    the gain too: it is the instrument and no noise. False where it is not known.
    """
    noise, power = (np.abs(values - _median(values)) for values in excesses(band))
    known = np.isfinite(noise) & np.isfinite(power)
    left, whole = (np.where(known, values, 0.0).sum(axis=1) for values in (noise, power))
    return np.asarray(left < whole / 2)


def _median(values: np.ndarray) -> np.ndarray:
    return masked_median(values, ~np.isfinite(values), axis=1)[:, None]


def _over_alike(values: np.ndarray, band: SolvedBandpass) -> np.ndarray:
    result = np.full(values.shape, np.nan)
    unknown = (band.cause > 0) | ~np.isfinite(values)
    for number in np.unique(band.groups()):
        members = band.groups() == number
        result[members] = values[members] - masked_median(values[members], unknown[members], axis=0)
    return result


def _by_band(values: np.ndarray, band: SolvedBandpass) -> np.ndarray:
    parts = [values[:, channels] for channels in band.channels()]
    medians = [masked_median(part, ~np.isfinite(part), axis=1) for part in parts]
    return np.stack(medians, axis=1)
