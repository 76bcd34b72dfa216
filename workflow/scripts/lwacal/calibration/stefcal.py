"""Antenna gains by alternating least squares (StEFCal: Salvini & Wijnholds 2014, A&A 571, A97).

With V_ij = G_i conj(G_j) M_ij + noise and weights w, the sums over integrations
A_ij = sum w V conj(M) and B_ij = sum w |M|^2 are all that is needed. With the other gains known,
least squares gives G_i = sum_j A_ij G_j / sum_j B_ij |G_j|^2. This is done for all antennas at
once, and every second result is averaged with the one before, which makes it converge. One
polarization and channel at a time is independent of all others: here they are a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.runtime.robust import masked_median

MOST_ITERATIONS = 200
TOLERANCE = 1e-5  # change of the gains in two steps, relative; noise is some 1e-3


@dataclass(frozen=True)
class Gains:
    """Gains (channel, antenna), zero where there is none, and which channels converged.

    ``iterations`` (channel,) until then; the channels of a batch go on until all have converged.
    ``information`` (channel, antenna) is sum_j B_ij |G_j|^2: the variance <|dG|^2> is the noise
    variance at weight one over it. ``explained`` is what the model explains of an antenna's data:
    sum_j w (|V|^2 - |V - G_i conj(G_j) M|^2).
    """

    gain: np.ndarray
    information: np.ndarray
    explained: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray


def solve(
    a: np.ndarray,
    b: np.ndarray,
    start: np.ndarray | None = None,
    tolerance: float = TOLERANCE,
) -> Gains:
    """Solve a batch of channels of one polarization.

    ``a`` (channel, antenna, antenna) complex, Hermitian; ``b`` likewise, real; zero where there are
    no data, and on the diagonal. ``start`` (channel, antenna) is where to begin; `first_guess` is
    where it is zero in a channel, or not given. It ends where two steps change the gains by less
    than ``tolerance``, relative. Phases are free by a constant in each channel.
    """
    gain = _first(a, b, start)
    converged = np.zeros(len(gain), bool)
    iterations = np.zeros(len(gain), int)
    count = 0
    while not converged.all() and count < MOST_ITERATIONS:
        iterations[~converged] += 2
        once, _ = _step(a, b, gain)
        twice, _ = _step(a, b, once)
        now = (once + twice) / 2
        change = np.linalg.norm(now - gain, axis=1)
        converged = change <= tolerance * np.linalg.norm(now, axis=1)
        gain = now
        count += 2
    best, information = _step(a, b, gain)
    explained = (2 * (best.conj() * gain).real - np.abs(gain) ** 2) * information
    return Gains(gain, information, explained, converged, iterations)


def _step(a: np.ndarray, b: np.ndarray, gain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    power = (gain.real**2 + gain.imag**2).astype(b.dtype)
    information = np.matmul(b, power[..., None])[..., 0]
    update = np.matmul(a, gain[..., None])[..., 0]
    known = np.divide(update, information, out=np.zeros_like(gain), where=information > 0)
    return known, information


def _first(a: np.ndarray, b: np.ndarray, start: np.ndarray | None) -> np.ndarray:
    """Return where to begin: zero would stay zero."""
    if start is None:
        return first_guess(a, b)
    unknown = ~start.any(axis=1)
    if not unknown.any():
        return start
    gain = np.array(start)
    gain[unknown] = first_guess(a[unknown], b[unknown])
    return gain


def first_guess(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return gains to begin with, (channel, antenna).

    Phases are those against the antenna with most signal over noise in the channel, made better by
    all other antennas once. Amplitudes are the typical one, or less if that antenna says so: a dead
    antenna with hardly any noise has great weight, and all others would follow it.
    """
    signal = np.divide(np.abs(a), np.sqrt(b), out=np.zeros_like(b), where=b > 0)
    best = signal.sum(axis=2).argmax(axis=1)
    column, weight = (
        np.take_along_axis(part, best[:, None, None], axis=2)[..., 0] for part in (a, b)
    )
    phasor = _unit(column)
    np.put_along_axis(phasor, best[:, None], 1, axis=1)
    phasor = _unit(np.matmul(a, phasor[..., None])[..., 0])
    product = np.divide(np.abs(column), weight, out=np.zeros_like(weight), where=weight > 0)
    usual = masked_median(product, weight == 0, axis=1)[:, None].astype(b.dtype)
    usual = np.where(usual > 0, usual, 1)
    product = np.where(weight > 0, np.minimum(product, usual), usual)
    return phasor * product / np.sqrt(usual)


def _unit(values: np.ndarray) -> np.ndarray:
    size = np.abs(values)
    return np.divide(values, size, out=np.zeros_like(values), where=size > 0)
