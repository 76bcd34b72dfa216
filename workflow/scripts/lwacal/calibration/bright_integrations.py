"""Tells a scintillating sky from interference in integrations that are brighter than the others.

Gains and model errors are known from the other integrations. With these gains fluxes and places of
the sources are free in the bright integration. Of a sky that scintillates the model then leaves
thermal noise, what errors of the gains leave, and errors of the model that are about as large
relative to the flux as in the others. Of interference it leaves nearly all.

Few quiet integrations may have led the fit into a false minimum, from which the bright one cannot
be explained though it is the one that tells the true sky best. An integration that is not explained
is therefore fitted once more together with the others: a sky explains all of them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.special import fdtri, gammainccinv

from lwacal.calibration import sky_fit, sky_search
from lwacal.calibration.sky_fit import SkyFit
from lwacal.calibration.sky_sample import SampledIntegration, SkySample
from lwacal.calibration.sky_state import PATHS, SkyState

logger = logging.getLogger(__name__)

CHANCE = 1e-3  # probability that a bright integration of the sky is not explained
ERROR_FREEDOM = 4  # of model errors: complex ones of two sources make most of them
# Interference that makes an integration r times as bright is 1 - r^-2 of its power, more than half
# for every r that is found; a model that leaves a quarter has explained most of the excess
MOST_LEFT = 0.25
FEW = 4  # integrations, with which a false minimum is possible
MOST_STEPS = 10
CONVERGED = 1e-3  # of the cost
SMALLEST_SHARE = 0.05  # of a step


@dataclass(frozen=True)
class Level:
    """Weighted sums of an integration over its visibilities, and their number.

    Of what the model leaves, of the model's power, and of the thermal noise (None if unknown).
    """

    residual: float
    power: float
    thermal: float | None
    count: int

    @staticmethod
    def of(
        sample: SkySample, one: SampledIntegration, state: SkyState, number: int, gain: np.ndarray
    ) -> Level:
        """Return the sums of an integration, which is ``number`` of the state.

        Where weights are zero nothing is added.
        """
        model = sample.pairs(gain) * sample.visibilities(one, state, number)
        noise = None if one.thermal is None else float((one.weight * one.thermal).sum(dtype=float))
        return Level(
            float((one.weight * np.abs(one.data - model) ** 2).sum(dtype=float)),
            float((one.weight * np.abs(model) ** 2).sum(dtype=float)),
            noise,
            int(np.count_nonzero(one.weight)),
        )


def limit(others: Sequence[Level], one: Level, n_gains: int) -> float:
    """Return the largest residual of an integration that the model explains.

    Relative to the power of the model it has the errors of the ``others``: those of the gains, each
    of which has taken up the noise of one visibility (of ``n_gains``; Kay 1993, Fundamentals of
    Statistical Signal Processing, chapter 4), and those of the model, which are what the others
    have beyond their thermal noise. Sources in other proportions have other errors; the ratio has
    an F distribution. Without thermal noise all residuals of the others may be errors.
    """
    residual, power = sum(item.residual for item in others), sum(item.power for item in others)
    count = sum(item.count for item in others)
    noise = residual / max(count - n_gains, 1)
    thermal = [item.thermal for item in (*others, one)]
    known = [value for value in thermal if value is not None]
    if len(known) == len(thermal):
        expected, excess = known[-1], max(noise * count - sum(known[:-1]), 0.0)
    else:
        expected, excess = noise * one.count, noise * count
    leeway = float(fdtri(ERROR_FREEDOM, ERROR_FREEDOM * len(others), 1 - CHANCE))
    share = leeway * (excess + noise * n_gains) / power if power > 0 else 0.0
    scatter = float(gammainccinv(one.count, CHANCE)) / one.count if one.count else 0.0
    return expected * scatter + one.power * min(share, MOST_LEFT)


def explained(
    sample: SkySample,
    found: SkyFit,
    flux_sigma: np.ndarray,
    shift_sigma: np.ndarray,
    names: list[str],
    threads: int = 1,
) -> list[int]:
    """Return the numbers (SCAN_NUMBER) of the suspects that the model explains.

    ``found`` is the fit of the other integrations; the rest as sky_search.best_fit takes it.
    """
    quiet = [
        (number, one)
        for number, one in enumerate(sample.integrations)
        if one.scan not in {suspect.scan for suspect in sample.suspects}
    ]
    if not quiet:
        return []
    others = [Level.of(sample, one, found.state, number, found.gain) for number, one in quiet]
    n_gains = int(np.count_nonzero(found.gain))

    def is_explained(
        one: SampledIntegration, state: SkyState, number: int, gain: np.ndarray
    ) -> bool:
        level = Level.of(sample, one, state, number, gain)
        most = limit(others, level, n_gains)
        logger.info(f"integration {one.scan}: {level.residual / most:.2g} of the residual limit")
        return level.residual <= most

    def with_gains(one: SampledIntegration) -> bool:
        start = _start(found.state)
        sigma = sky_fit.prior_sigma(start, flux_sigma, shift_sigma)[:-2]
        state = fitted(sample, one, start, found, sigma)
        return is_explained(_bright_part(sample, one), state, 0, found.gain)

    def together(one: SampledIntegration) -> bool:
        joint = sample.restored([one.scan])
        fit, _ = sky_search.best_fit(joint, flux_sigma, shift_sigma, names, threads)
        place = [part.scan for part in joint.integrations]
        return all(
            is_explained(part, fit.state, place.index(part.scan), fit.gain)
            for part in [_bright_part(sample, one), *(part for _, part in quiet)]
        )

    return [
        one.scan
        for one in sample.suspects
        if with_gains(one) or (len(quiet) <= FEW and together(one))
    ]


def _bright_part(sample: SkySample, suspect: SampledIntegration) -> SampledIntegration:
    """Return a suspect with zero weights of the channels in which it is not bright."""
    weight = suspect.weight.copy()
    for one in sample.integrations:
        if one.scan == suspect.scan:
            weight[one.weight > 0] = 0
    return replace(suspect, weight=weight)


def _start(found: SkyState) -> SkyState:
    """Return the sky of an integration from which to start: that of the model, at found places."""
    values = replace(found, values=found.values[:1]).of_model().values
    values[0, PATHS] = np.median(found.values[:, PATHS], axis=0)
    return replace(found, values=values)


def fitted(
    sample: SkySample,
    one: SampledIntegration,
    start: SkyState,
    found: SkyFit,
    sigma: np.ndarray,
) -> SkyState:
    """Return the sky of a single integration, fitted with the gains of others.

    ``start`` is a state of one integration, ``sigma`` (parameter,) the prior rms of its parameters
    but the factors of diffuse emission and faint sources, which are kept. A step that makes the fit
    worse is halved.
    """
    alone = replace(sample, integrations=[one], suspects=[])
    state = sky_search.fluxes_of(alone, start, found.gain)
    target = start.of_model().vector()[:-2]
    prior = found.noise / 2 / sigma**2  # the noise is that of the real and the imaginary part
    best, share = _Step.at(sample, one, state, found.gain, prior, target), 1.0
    for _ in range(MOST_STEPS):
        moved = best.state.moved(share * np.append(best.step, [0.0, 0.0]))
        trial = _Step.at(sample, one, moved, found.gain, prior, target)
        if trial.cost > best.cost:
            share /= 2
            if share < SMALLEST_SHARE:
                break
            continue
        gained = best.cost - trial.cost
        best, share = trial, 1.0
        if gained < CONVERGED * best.cost:
            break
    return best.state


@dataclass(frozen=True)
class _Step:
    """A sky, what it costs, and the Gauss-Newton step from there."""

    state: SkyState
    cost: float
    step: np.ndarray

    @staticmethod
    def at(
        sample: SkySample,
        one: SampledIntegration,
        state: SkyState,
        gain: np.ndarray,
        prior: np.ndarray,
        target: np.ndarray,
    ) -> _Step:
        """Return the step; ``prior`` is the information on the parameters, around ``target``."""
        away = state.vector()[:-2] - target
        information, gradient = np.diag(prior), -prior * away
        cost = float(prior @ away**2)
        pairs = sample.pairs(gain)
        for pol, channel in product((0, 1), range(len(sample.channels))):
            factor, weight = pairs[pol, channel], one.weight[pol, channel]
            model, parts = sample.terms(one, state, 0, pol, channel)
            left = one.data[pol, channel] - factor * model
            derivatives = parts[:-2] * factor
            weighted = (derivatives * weight).conj()
            information += (weighted @ derivatives.T).real
            gradient += (weighted @ left).real
            cost += float((weight * np.abs(left) ** 2).sum(dtype=float))
        unit = 1 / np.sqrt(np.diagonal(information))
        scaled = information * np.outer(unit, unit)
        return _Step(state, cost, unit * np.linalg.solve(scaled, unit * gradient))
