"""Finds the sky that a sample of the data fits best, from several starts.

With wrong fluxes, least squares has false minima: gains with the phase plane that moves one source
to the place of another. The search therefore starts from several ratios of the fluxes of the
brightest sources, in the brightest integration, and from these planes. Each start alternates
between gains (StEFCal) and fluxes (least squares that keeps them positive) in a few channels. The
best start is fitted in full (lwacal.calibration.sky_fit), with short baselines first.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
from scipy.optimize import nnls

from lwacal.calibration import sky_fit, stefcal
from lwacal.calibration.sky_fit import SkyFit
from lwacal.calibration.sky_sample import SkySample
from lwacal.calibration.sky_state import RATIO, SkyState
from lwacal.runtime.robust import masked_median

SEARCH_CHANNELS = 3
MOST_SOURCES = 3  # whose fluxes and planes are searched
FLUX_FACTORS = (0.2, 5.0)  # of one source over the others
OUTSHINING = 1e4  # the factor of such a source, as if it were alone
ROUNDS = 3  # of gains and fluxes
TOLERANCE = 1e-3  # of gains, relative: starts differ by far more, and the fit goes on from there
SEARCH_M = 120.0  # a source half a degree from its place is still in phase at 60 MHz, nearly
# of the first fits: on longer baselines a shift of some arcminutes may turn phases by a radian, and
# bends are held: short baselines do not tell them
LENGTHS_M = (250.0, 800.0)
SHORTEST_M = (60.0, 120.0)
ROUNDS_OF_WEIGHTS = 3
LEAST_RATIO = 2.0  # of the noise of an antpol over that of the median one, to lower its weights
NOISY_CHANNEL = 2.0  # noise over that of the quieter channels
OUTLIER_RATIO = 8.0  # of a baseline's residual power over that of the noisier of its antennas


_Tried = tuple[SkyState, np.ndarray, float]  # a sky, its gains, and the residual power


@dataclass(frozen=True)
class Start:
    """A start of the search, in words, and the residual power it came to, relative to the best."""

    name: str
    cost: float


def best_fit(
    sample: SkySample,
    flux_sigma: np.ndarray,
    shift_sigma: np.ndarray,
    names: list[str],
    threads: int = 1,
    begin: tuple[SkyState, list[Start]] | None = None,
) -> tuple[SkyFit, list[Start]]:
    """Return the best fit, and what became of each start.

    ``flux_sigma``, ``shift_sigma`` and ``names`` (free source,); see sky_fit.prior_sigma.
    ``begin`` is what `search` found, if that is known.
    Weights of antpols with more noise than they assume are lowered; channels with more noise than
    others, and baselines far from the model, are left out, in the sample.
    """
    state, starts = begin or search(sample, names, threads)
    sigma = sky_fit.prior_sigma(state, flux_sigma, shift_sigma)
    for longest_m in lengths_m(sample, state):
        state = within(sample, longest_m, state, flux_sigma, shift_sigma, threads).state
    found = sky_fit.fit(sample, state, gains_of(sample, state), sigma, threads)
    for _ in range(ROUNDS_OF_WEIGHTS):
        changed = [leave_out_channels(sample, found), lower_weights(sample, found)]
        if not any(changed):
            break
        found = sky_fit.fit(sample, found.state, found.gain, sigma, threads)
    return found, starts


def outshone(sample: SkySample, state: SkyState) -> bool:
    """Return whether a source of unknown flux is brighter than all others together."""
    flux = np.abs(state.values[:, RATIO].mean(axis=0)) * sample.fluxes_jy()
    return bool(flux[~sample.known].max(initial=0) > flux[sample.known].sum())


def lengths_m(sample: SkySample, state: SkyState) -> tuple[float, ...]:
    """Return the longest baselines of the first fits; ``state`` is the best start.

    Gains follow a source that outshines the others, and is somewhere on the Sun: the shortest
    baselines come first.
    """
    return (*SHORTEST_M, *LENGTHS_M) if outshone(sample, state) else LENGTHS_M


def within(
    sample: SkySample,
    longest_m: float,
    state: SkyState,
    flux_sigma: np.ndarray,
    shift_sigma: np.ndarray,
    threads: int = 1,
) -> SkyFit:
    """Return the fit of baselines up to a length from a start, without bends."""
    some = sample.within(longest_m)
    straight = sky_fit.prior_sigma(state, flux_sigma, shift_sigma, bent=False)
    return sky_fit.fit(some, state, gains_of(some, state), straight, threads)


def search(sample: SkySample, names: list[str], threads: int = 1) -> tuple[SkyState, list[Start]]:
    """Return the fluxes of the best start, with shifts and slopes of zero, and all starts.

    Sources whose fluxes are not known may outshine all others.
    """
    middle = np.linspace(0, len(sample.channels) - 1, SEARCH_CHANNELS + 2)[1:-1]
    few = sample.of_channels(np.unique(middle.astype(int))).within(SEARCH_M)
    model = sample.of_model()
    alone = few.of_integration(brightest_integration(few))
    bright = brightest_sources(few)

    def brighter(start: tuple[int, float]) -> _Tried:
        place, factor = start
        fluxes = alone.of_model()
        fluxes.values[0, RATIO, place] = factor
        gain = gains_of(alone, fluxes)
        return _alternate(few, fluxes_of(few, model, gain), gain)

    def moved(pair: tuple[int, int]) -> _Tried:
        gain = best[1] * plane(few, *pair)
        return _alternate(few, fluxes_of(few, model, gain), gain)

    of_starts = [(place, factor) for place in _enough(bright) for factor in FLUX_FACTORS]
    of_starts += [(place, OUTSHINING) for place in np.flatnonzero(~few.known)]
    pairs = list(permutations(bright, 2))
    tried = {"fluxes of the model": _alternate(few, model, gains_of(few, model))}
    with ThreadPoolExecutor(threads) as pool:
        words = [f"{names[place]} {factor:g} times as bright" for place, factor in of_starts]
        tried |= dict(zip(words, pool.map(brighter, of_starts)))
        best = min(tried.values(), key=lambda item: item[2])
        words = [f"{names[one]} at the place of {names[other]}" for one, other in pairs]
        tried |= dict(zip(words, pool.map(moved, pairs)))
    least = min(cost for _, _, cost in tried.values())
    state = next(state for state, _, cost in tried.values() if cost == least)
    mean = float((state.values[:, RATIO] @ few.flux_shares()).mean())
    return state.scaled(1 / mean), [Start(name, item[2] / least) for name, item in tried.items()]


def _enough(bright: np.ndarray) -> np.ndarray:
    """Return the sources whose fluxes differ in a start; the ratio of two needs one."""
    return bright[:1] if len(bright) == 2 else bright if len(bright) > 2 else bright[:0]


def _alternate(sample: SkySample, state: SkyState, gain: np.ndarray) -> _Tried:
    """Return the fluxes, the gains and the residual power after some rounds."""
    for _ in range(ROUNDS):
        gain = gains_of(sample, state, gain)
        state = fluxes_of(sample, state, gain)
    return state, gain, residual_power(sample, state, gain)


def gains_of(sample: SkySample, state: SkyState, start: np.ndarray | None = None) -> np.ndarray:
    """Return rough gains of a sky, (2, sampled channel, antenna), by StEFCal."""
    shape = sample.integrations[0].data.shape
    data_model, model_power = np.zeros(shape, np.complex64), np.zeros(shape, np.float32)
    for number, one in enumerate(sample.integrations):
        model = sample.visibilities(one, state, number)
        data_model += one.weight * one.data * model.conj()
        model_power += one.weight * np.abs(model) ** 2
    hermitian, symmetric = sample.baselines.hermitian, sample.baselines.symmetric
    starts = (None, None) if start is None else start
    return np.stack(
        [
            stefcal.solve(hermitian(a), symmetric(b), begin, TOLERANCE).gain
            for a, b, begin in zip(data_model, model_power, starts)
        ]
    )


def fluxes_of(sample: SkySample, state: SkyState, gain: np.ndarray) -> SkyState:
    """Return the state with the ratios that fit best with these gains; none is negative."""
    values = state.values.copy()
    pairs = sample.pairs(gain)
    for number, one in enumerate(sample.integrations):
        units = sample.units(one)
        root = np.sqrt(one.weight)
        columns = [(root * pairs * unit).ravel() for unit in units]
        left = (root * (one.data - pairs * sample.not_free(one, state))).ravel()
        matrix = np.stack(columns).view(np.float32).astype(float)
        target = left.astype(np.complex64).view(np.float32).astype(float)
        scale = np.linalg.norm(matrix) or 1.0
        square = matrix @ matrix.T / scale**2 + 1e-9 * np.eye(len(matrix))
        upper = np.linalg.cholesky(square).T
        values[number, RATIO], _ = nnls(upper, np.linalg.solve(upper.T, matrix @ target / scale**2))
    return replace(state, values=values)


def residual_power(sample: SkySample, state: SkyState, gain: np.ndarray) -> float:
    """Return the weighted sum of squares that gains and sky leave."""
    pairs = sample.pairs(gain)
    return sum(
        float(
            (
                one.weight * np.abs(one.data - pairs * sample.visibilities(one, state, number)) ** 2
            ).sum()
        )
        for number, one in enumerate(sample.integrations)
    )


def brightest_integration(sample: SkySample) -> int:
    """Return the number of the integration with the greatest power for its weights."""
    power = [
        float((one.weight * np.abs(one.data) ** 2).sum() / max((one.weight > 0).sum(), 1))
        for one in sample.integrations
    ]
    return int(np.argmax(power))


def brightest_sources(sample: SkySample) -> np.ndarray:
    """Return which of the free sources are the brightest, (place among the free sources,)."""
    return np.argsort(-sample.flux_shares())[:MOST_SOURCES]


def plane(sample: SkySample, one: int, other: int) -> np.ndarray:
    """Return the phasors (sampled channel, antenna) that put one free source in another's place."""
    phasors = sample.integrations[len(sample.integrations) // 2].seen.phasors[sample.free]
    return phasors[one] * phasors[other].conj()


def leave_out_channels(sample: SkySample, found: SkyFit) -> bool:
    """Leave out channels with more noise than the quieter ones, in place.

    A transmitter at the edge of a sub-band, too weak to be flagged, would count as flux of the
    sources. Returns whether anything was changed.
    """
    noise = found.channel_noise
    if not np.isfinite(noise).any():
        return False
    quiet = np.nanquantile(noise, 0.25, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        noisy = (noise > NOISY_CHANNEL * quiet).any(axis=0)
    for one in [*sample.integrations, *sample.suspects]:
        one.weight[:, noisy] = 0
    return bool(noisy.any())


def lower_weights(sample: SkySample, found: SkyFit) -> bool:
    """Lower weights of noisy antpols, and leave out outlying baselines, in place.

    The noise of an antpol is the median over its baselines of the residual power. Returns whether
    anything was changed.
    """
    count = np.maximum(found.count, 1)
    power = np.where(found.count > 0, found.residual / count, np.nan)
    factor = np.ones_like(power)
    for pol in (0, 1):
        square = sample.baselines.symmetric(power[pol][None], diagonal=np.nan)[0]
        noise = masked_median(square, ~np.isfinite(square), axis=1)
        noise /= np.nanmedian(noise)
        ratio = np.where(noise > LEAST_RATIO, noise, 1.0)[None]
        first, second = sample.baselines.of_antennas(ratio)
        factor[pol] = (1 / (first * second))[0]
        first, second = sample.baselines.of_antennas(np.nan_to_num(noise)[None])
        usual = np.nanmedian(power[pol]) * np.maximum(first, second)[0]
        factor[pol][power[pol] > OUTLIER_RATIO * usual] = 0
    sample.weigh(factor)
    return bool((factor != 1).any())
