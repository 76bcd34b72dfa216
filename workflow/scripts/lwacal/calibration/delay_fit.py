"""Delays from the phases of the bandpass over the whole band: one straight line per antpol.

phase = phi_0 + 2 pi nu tau; a positive delay is G = exp(+2 pi i nu tau). A search finds the delay
at which the channels add up best. With gaps between sub-bands, they add up nearly as well at other
delays (aliases), 218 ns away or less, and on a grid of trial delays chance would decide between
them. Every peak close to the highest is therefore fitted by weighted least squares, and the fits
are compared. If another fit is as good within the noise, the delay is ambiguous and none is
returned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LARGEST_NS = 2000.0  # range of the search
STEPS_A_TURN = 8.0  # of the search, over the whole band: between two a peak loses 1 / 150 at most
NEAR_THE_BEST = 0.9  # of the highest peak of the search, to be fitted
MOST_PEAKS = 16  # of an antpol that are fitted
PEAKS_AT_ONCE = 2048  # 50 MB of phasors with 3072 channels
FITS = 3  # each corrects the one before
FEWEST_CHANNELS = 10
LEAST_COHERENCE = 0.3  # |mean phasor| without the line; noise of n channels has 1 / sqrt(n)
LEAST_ADVANTAGE = 9.0  # in chi^2 of the best line over others: three sigma


@dataclass(frozen=True)
class PhaseDelays:
    """Delay and its error in ns, and the coherence of the residual phases, each (antenna, 2).

    NaN where there are too few channels or no line fits, and where another line fits as well: those
    are ``ambiguous`` (antenna, 2) bool.
    """

    delay_ns: np.ndarray
    error_ns: np.ndarray
    coherence: np.ndarray
    ambiguous: np.ndarray


def fit(
    gain: np.ndarray, flag: np.ndarray, frequency_hz: np.ndarray, reference: int
) -> PhaseDelays:
    """Fit delays relative to an antenna, from gains and flags (antenna, channel, 2).

    Channels in which the reference antenna is flagged are not used. The error is that of least
    squares, with the noise of the antpol's own residual phases.
    """
    used = ~flag & ~flag[reference]
    turned = gain * gain[reference].conj()
    phasor = np.where(used, np.exp(1j * np.angle(turned)), 0).astype(np.complex64)
    n_antennas, n_channels = gain.shape[:2]
    antpols = np.moveaxis(phasor, 1, 0).reshape(n_channels, -1)
    count = np.abs(antpols).sum(axis=0)
    ghz = frequency_hz / 1e9
    ghz = ghz - ghz.mean()
    delays, errors, coherences = _fit_peaks(antpols, _peaks(antpols, ghz), ghz)
    best = coherences.argmax(axis=0)[None]
    delay, error, coherence = (
        np.take_along_axis(values, best, axis=0)[0] for values in (delays, errors, coherences)
    )
    others = np.abs(delays - delay) > 0.5 / _span(ghz)
    rival = np.where(others, coherences, 0).max(axis=0)
    enough = count >= FEWEST_CHANNELS
    with np.errstate(divide="ignore", invalid="ignore"):
        line = enough & (coherence > np.maximum(LEAST_COHERENCE, 3 / np.sqrt(count)))
    ambiguous = line & (_advantage(coherence, rival, count) < LEAST_ADVANTAGE)
    known, shape = line & ~ambiguous, (n_antennas, 2)
    return PhaseDelays(
        np.where(known, delay, np.nan).reshape(shape),
        np.where(known, error, np.nan).reshape(shape),
        np.where(enough, coherence, np.nan).reshape(shape),
        ambiguous.reshape(shape),
    )


def phase_at(
    gain: np.ndarray,
    flag: np.ndarray,
    frequency_hz: np.ndarray,
    reference: int,
    measured: PhaseDelays,
    at_hz: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the phase of the fitted lines at a frequency, and its error: degrees, (antenna, 2).

    Gains and flags as ``fit`` takes them, ``measured`` as it returns them. The phase is that of the
    mean over channels after removing the delay about ``at_hz``, within (-180, 180]. Its error is
    the rms of the residual phases over the root of the number of channels, added in quadrature to
    the error of the delay times the distance from the mean frequency to ``at_hz``. NaN without a
    delay.
    """
    delay_ns = measured.delay_ns
    used = ~flag & ~flag[reference]
    turned = gain * gain[reference].conj()
    turn = np.exp(-2j * np.pi * (frequency_hz - at_hz)[:, None] / 1e9 * delay_ns[:, None])
    phasor = np.where(used, np.exp(1j * np.angle(turned)) * turn, 0)
    count = used.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = phasor.sum(axis=1) / count
        rest = np.where(used, np.angle(phasor * mean[:, None].conj()), 0)
        far_ghz = (used * frequency_hz[:, None]).sum(axis=1) / count / 1e9 - at_hz / 1e9
        error = np.hypot(
            np.sqrt((rest**2).sum(axis=1)) / count, 2 * np.pi * far_ghz * measured.error_ns
        )
    known = np.isfinite(delay_ns) & (count > 0)
    return (
        np.where(known, np.degrees(np.angle(mean)), np.nan),
        np.where(known, np.degrees(error), np.nan),
    )


def _span(ghz: np.ndarray) -> float:
    return max(float(np.ptp(ghz)), 1e-9)


def _advantage(coherence: np.ndarray, rival: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the difference in chi^2 of two lines by their coherences.

    Phases about a line are taken as von Mises distributed, with a log likelihood of kappa x
    coherence x number of channels and the concentration kappa of Banerjee et al. 2005 (JMLR 6,
    1345), which is one over the variance where phases are good.
    """
    concentration = coherence * (2 - coherence**2) / np.maximum(1 - coherence**2, 1e-9)
    return 2 * concentration * count * (coherence - rival)


def _peaks(antpols: np.ndarray, ghz: np.ndarray) -> np.ndarray:
    """Return trial delays at which channels add up nearly best, (peak, antpol), ns; or NaN."""
    number = int(np.ceil(2 * LARGEST_NS * _span(ghz) * STEPS_A_TURN)) + 1
    trial = np.linspace(-LARGEST_NS, LARGEST_NS, number)
    turns = np.exp(-2j * np.pi * np.outer(trial, ghz)).astype(np.complex64)
    power = np.abs(turns @ antpols)
    edge = np.zeros((1, power.shape[1]), power.dtype)
    peak = power >= np.concatenate([edge, power[:-1]])
    peak &= power > np.concatenate([power[1:], edge])
    count = np.abs(antpols).sum(axis=0)
    top = power.max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        near = _advantage(top / count, power / count, count) < LEAST_ADVANTAGE
    near |= power > NEAR_THE_BEST * top
    height = np.where(peak & near, power, -1)
    highest = np.argsort(-height, axis=0, kind="stable")[:MOST_PEAKS]
    there = np.take_along_axis(height, highest, axis=0) > 0
    return np.where(there, trial[highest], np.nan)


def _fit_peaks(
    antpols: np.ndarray, trial: np.ndarray, ghz: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit a line at each trial delay (peak, antpol); return delay and error in ns, coherence.

    Where there is no trial, delay and error are NaN and the coherence is -1.
    """
    delay, error = trial.copy(), np.full(trial.shape, np.nan)
    coherence = np.full(trial.shape, -1.0)
    places = np.argwhere(np.isfinite(trial))
    for start in range(0, len(places), PEAKS_AT_ONCE):
        peak, antpol = places[start : start + PEAKS_AT_ONCE].T
        own = antpols[:, antpol]
        weight = np.abs(own)
        count = weight.sum(axis=0)
        found = trial[peak, antpol]
        with np.errstate(divide="ignore", invalid="ignore"):
            for _ in range(FITS):
                left = own * np.exp(-2j * np.pi * np.outer(ghz, found)).astype(np.complex64)
                step, error[peak, antpol] = _line(left, weight, count, ghz)
                found = found + step
            left = own * np.exp(-2j * np.pi * np.outer(ghz, found)).astype(np.complex64)
            sharp = np.abs(left.sum(axis=0)) / count
        delay[peak, antpol], coherence[peak, antpol] = found, np.nan_to_num(sharp, nan=-1.0)
    return delay, error, coherence


def _line(
    left: np.ndarray, weight: np.ndarray, count: np.ndarray, ghz: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit straight lines to small phases of phasors (channel, antpol); return slope and error, ns.

    ``weight`` (channel, antpol) is 1 or 0.
    """
    phase = np.angle(left * np.exp(-1j * np.angle(left.sum(axis=0)))) * weight
    middle = (weight * ghz[:, None]).sum(axis=0) / count
    offset = weight * (ghz[:, None] - middle)
    lever = (offset**2).sum(axis=0)
    slope = (offset * phase).sum(axis=0) / lever
    rest = weight * (phase - phase.sum(axis=0) / count - offset * slope)
    noise = (rest**2).sum(axis=0) / (count - 2)
    return slope / (2 * np.pi), np.sqrt(noise / lever) / (2 * np.pi)
