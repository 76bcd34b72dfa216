"""Fluxes and places of the bright sources, solved together with the gains.

The data of a sample (lwacal.calibration.sky_sample) are V_ij = G_i conj(G_j) M_ij(theta) + noise. A
Gauss-Newton step changes gains by exp(a_i + i phi_i) and the sky by dtheta:

    V_ij / (G_i conj(G_j)) - M_ij
        = M_ij [(a_i + a_j) + i (phi_i - phi_j)] + sum_k dM_ij/dtheta_k dtheta_k.

Gains differ by channel and polarization; theta does not. Eliminating the gains (Schur complement)
leaves the equations of theta alone, whose inverse is the covariance of theta with all gains free
(Kay 1993, Fundamentals of Statistical Signal Processing, chapter 3). Gains can take up a mean of
the fluxes, of their slopes and of the shifts; these means are therefore held, and errors are those
of the differences from them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import linalg

from lwacal.calibration.sky_sample import SkySample
from lwacal.calibration.sky_state import (
    BEND,
    CURVATURE,
    PATHS,
    RATIO,
    SHIFT,
    SLOPE,
    SPECTRUM,
    SkyState,
)

MOST_STEPS = 15
CONVERGED = 0.03  # of a parameter's error
SMALL_CHANGE = 0.1  # of the sum of squares, in units of the noise: nothing that data can tell
HOLD = 1e4  # information on the means that are held, over that of the data on a parameter
LEAST_INFORMATION = 1e-9  # of a combination of parameters, over that on each
SMALLEST_SHARE = 0.05  # of a step
LARGEST_CHANGE = 0.7  # of a gain in one step, relative
SLOPE_SIGMA, CURVATURE_SIGMA = 1.5, 2.0  # of nu^-1.5, by which scintillation falls
BEND_OF_SHIFT = 0.2  # rms of the bend, per km, over that of the shift
HELD = 1e-6
DIFFUSE_SIGMA = FAINT_SIGMA = 1.0  # simulated skies may not have them


@dataclass
class SkyFit:
    """The sky and the gains that fit a sample best.

    ``gain`` (2, sampled channel, antenna); ``covariance`` of the parameters in the order of
    SkyState.vector; ``cost`` is the weighted sum of squares of the data and of the prior;
    ``residual`` (2, baseline) that of the data alone, ``count`` (2, baseline) the number of
    visibilities in it; ``noise`` the variance of a visibility of weight one, and ``channel_noise``
    (2, sampled channel) that in each channel, NaN without data.
    """

    state: SkyState
    gain: np.ndarray
    covariance: np.ndarray
    cost: float
    residual: np.ndarray
    count: np.ndarray
    noise: float
    channel_noise: np.ndarray
    converged: bool

    def split_errors(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the standard errors of SkyState.values, and of ``diffuse`` and ``faint``."""
        errors = np.sqrt(np.diagonal(self.covariance))
        return self.state.unpacked(errors), errors[-2:]


def prior_sigma(
    state: SkyState, flux_sigma: np.ndarray, shift_sigma: np.ndarray, bent: bool = True
) -> np.ndarray:
    """Return the prior rms of each parameter, in the order of SkyState.vector.

    ``flux_sigma`` (free source,) is that of the ratio, ``shift_sigma`` (free source,) that of the
    shift, direction cosines at nu_0. Unless ``bent``, bends are held.
    """
    sigma = np.empty_like(state.values)
    sigma[:, RATIO] = flux_sigma
    slope, curvature = SLOPE_SIGMA * state.half, CURVATURE_SIGMA * state.half**2
    for kind, usual in ((SLOPE, slope), (CURVATURE, curvature)):
        sigma[:, kind] = usual * np.maximum(flux_sigma, 1)
    for kind in SHIFT:
        sigma[:, kind] = shift_sigma
    for kind in BEND:
        sigma[:, kind] = (BEND_OF_SHIFT if bent else HELD) * shift_sigma
    kinds, places = state.parameters()
    return np.append(sigma[:, kinds, places].ravel(), [DIFFUSE_SIGMA, FAINT_SIGMA])


def fit(
    sample: SkySample,
    state: SkyState,
    gain: np.ndarray,
    sigma: np.ndarray,
    threads: int = 1,
    most_steps: int = MOST_STEPS,
) -> SkyFit:
    """Return the best fit from a start.

    ``gain`` (2, sampled channel, antenna), zero for antennas without one; ``sigma`` the prior rms
    of the parameters. A step that makes the fit worse is halved.
    """
    prior, target = 1 / sigma**2, state.of_model()
    equations = _Equations(sample, state, gain, threads)
    best, share, converged = _Point.at(equations, prior, target), 1.0, False
    for _ in range(most_steps):
        errors = np.sqrt(np.diagonal(best.covariance))
        converged = converged or bool((np.abs(best.step) < CONVERGED * errors).all())
        if converged or share < SMALLEST_SHARE:
            break
        moved = best.equations.state.moved(share * best.step)
        changed = best.equations.gain * np.exp(share * _limited(best.changes))
        trial = _Point.at(_Equations(sample, moved, changed, threads), prior, target)
        converged = abs(trial.cost - best.cost) < SMALL_CHANGE * trial.equations.noise
        best, share = (trial, 1.0) if trial.cost <= best.cost else (best, share / 2)
    found = best.equations
    return SkyFit(
        found.state,
        found.gain,
        best.covariance,
        best.cost,
        found.residual,
        found.count,
        found.noise,
        found.channel_noise(),
        converged,
    )


@dataclass
class _Point:
    """A sky with gains, what it costs, and the Gauss-Newton step from there."""

    equations: _Equations
    cost: float
    step: np.ndarray
    changes: np.ndarray
    covariance: np.ndarray

    @staticmethod
    def at(equations: _Equations, prior: np.ndarray, target: SkyState) -> _Point:
        """Return the step; ``prior`` is the information on the parameters, around ``target``.

        The noise of the data sets the weight of the prior.
        """
        away = equations.state.vector() - target.vector()
        variance = max(equations.noise, np.finfo(float).tiny) / 2  # of the real part alone
        cost = equations.chi2 + variance * float(prior @ away**2)
        step, changes, inverse = equations.step(prior * variance, -prior * variance * away)
        return _Point(equations, cost, step, changes, inverse * variance)


class _Equations:
    """The normal equations of one Gauss-Newton step."""

    def __init__(self, sample: SkySample, state: SkyState, gain: np.ndarray, threads: int) -> None:
        self.sample, self.state, self.gain = sample, state, gain
        self._pairs = sample.pairs(gain)
        parts = list(product((0, 1), range(len(sample.channels))))
        with ThreadPoolExecutor(threads) as pool:
            self._parts = dict(zip(parts, pool.map(lambda part: self._channel(*part), parts)))
        self.residual, self.count = (
            np.stack(
                [
                    sum(getattr(self._parts[pol, c], name) for c in range(len(sample.channels)))
                    for pol in (0, 1)
                ]
            )
            for name in ("residual", "count")
        )
        self.chi2 = float(self.residual.sum())
        self.noise = self.chi2 / max(int(self.count.sum()) - gain.size, 1)

    def channel_noise(self) -> np.ndarray:
        """Return the variance of a visibility of weight one in each channel, (2, channel)."""
        noise = np.full(self.gain.shape[:2], np.nan)
        for key, part in self._parts.items():
            if part.count.any():
                noise[key] = part.residual.sum() / part.count.sum()
        return noise

    def _channel(self, pol: int, channel: int) -> _Channel:
        """Return the sums of one channel and polarization over baselines and integrations."""
        sample = self.sample
        per = len(self.state.parameters()[0])  # of an integration
        n_parameters = per * len(sample.integrations) + 2
        sums = _Channel.zeros(n_parameters, sample.baselines.n_antennas)
        pairs = self._pairs[pol, channel]
        both, difference = sample.ends
        known = pairs != 0
        for number, one in enumerate(sample.integrations):
            weight = np.where(known, one.weight[pol, channel], 0) * np.abs(pairs) ** 2
            used = weight > 0
            data = np.divide(one.data[pol, channel], pairs, out=np.zeros_like(pairs), where=used)
            model, parts = sample.terms(one, self.state, number, pol, channel)
            left = np.where(used, data - model, 0)
            own = np.r_[number * per : (number + 1) * per, n_parameters - 2 : n_parameters]
            weighted = parts * weight
            sums.information[np.ix_(own, own)] += _real_products(weighted, parts)
            sums.gradient[own] += _real_products(weighted, left[None])[:, 0]
            turned = weighted * model.conj()
            sums.with_amplitude[own] += (both.T @ turned.real.T).T
            sums.with_phase[own] += (difference.T @ turned.imag.T).T
            power = weight * np.abs(model) ** 2
            sums.power += power
            pull = weight * model.conj() * left
            sums.amplitude += both.T @ pull.real
            sums.phase += difference.T @ pull.imag
            sums.residual += weight * np.abs(left) ** 2
            sums.count += used
        return sums

    def step(
        self, prior: np.ndarray, pull: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the step of the parameters, of the gains, and the inverse of the information.

        ``prior`` (parameter,) is the information of the prior, ``pull`` its gradient. The step of
        the gains (2, channel, antenna) is complex, a + i phi.
        """
        information, gradient = np.diag(prior), pull.copy()
        solved = {}
        for key, part in self._parts.items():
            information += part.information
            gradient += part.gradient
            for sign, coupling, mine in (
                (1, part.with_amplitude, part.amplitude),
                (-1, part.with_phase, part.phase),
            ):
                factor = linalg.cho_factor(self._gain_matrix(part.power, sign))
                taken = linalg.cho_solve(factor, np.column_stack([coupling.T, mine]))
                information -= coupling @ taken[:, :-1]
                gradient -= coupling @ taken[:, -1]
                solved[key, sign] = taken
        information = (information + information.T) / 2
        for mean in _means(self.state, self.sample.held_weights()):
            held = mean > 0
            information += np.outer(mean, mean) * HOLD * information[held, held].max(initial=0)
        unit = 1 / np.sqrt(np.abs(np.diagonal(information)))
        inverse = _inverse(information * np.outer(unit, unit)) * np.outer(unit, unit)
        step = inverse @ gradient
        changes = np.zeros(self.gain.shape, complex)
        for (pol, channel), _ in self._parts.items():
            a, phi = (
                taken[:, -1] - taken[:, :-1] @ step
                for taken in (solved[(pol, channel), 1], solved[(pol, channel), -1])
            )
            changes[pol, channel] = a + 1j * phi
        return step, changes, inverse

    def _gain_matrix(self, power: np.ndarray, sign: int) -> np.ndarray:
        """Return the information on amplitudes (sign 1) or phases (-1), (antenna, antenna)."""
        matrix = self.sample.baselines.symmetric(power[None])[0].astype(float)
        total = matrix.sum(axis=1)
        usual = total.max(initial=0) or 1.0
        diagonal = np.where(total > 0, total * (1 + 1e-9), usual) + 1e-9 * usual
        return sign * matrix + np.diag(diagonal)


@dataclass
class _Channel:
    """Sums of one channel and polarization; see `_Equations`."""

    information: np.ndarray  # (parameter, parameter)
    gradient: np.ndarray  # (parameter,)
    with_amplitude: np.ndarray  # (parameter, antenna)
    with_phase: np.ndarray  # (parameter, antenna)
    amplitude: np.ndarray  # (antenna,)
    phase: np.ndarray  # (antenna,)
    power: np.ndarray  # (baseline,)
    residual: np.ndarray  # (baseline,)
    count: np.ndarray  # (baseline,)

    @staticmethod
    def zeros(n_parameters: int, n_antennas: int) -> _Channel:
        n_baselines = n_antennas * (n_antennas - 1) // 2
        return _Channel(
            np.zeros((n_parameters, n_parameters)),
            np.zeros(n_parameters),
            np.zeros((n_parameters, n_antennas)),
            np.zeros((n_parameters, n_antennas)),
            np.zeros(n_antennas),
            np.zeros(n_antennas),
            np.zeros(n_baselines),
            np.zeros(n_baselines),
            np.zeros(n_baselines, int),
        )


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse of a symmetric matrix with ones on its diagonal.

    Rounding can make what data hardly tell look negative; it then counts as LEAST_INFORMATION.
    """
    try:
        inverse: np.ndarray = linalg.cho_solve(linalg.cho_factor(matrix), np.eye(len(matrix)))
        return inverse
    except linalg.LinAlgError:
        values, vectors = linalg.eigh(matrix)
        return (vectors / np.maximum(values, LEAST_INFORMATION)) @ vectors.T


def _limited(changes: np.ndarray) -> np.ndarray:
    """Return changes a + i phi of gains, of which none is larger than LARGEST_CHANGE."""
    size = np.abs(changes)
    return changes * np.minimum(1, LARGEST_CHANGE / np.maximum(size, LARGEST_CHANGE))


def _means(state: SkyState, weight: np.ndarray) -> list[np.ndarray]:
    """Return what is held: weighted sums of ratios, slopes and shifts, each (parameter,).

    ``weight`` (free source,) is that of each source.
    """
    held = []
    kinds, places = state.parameters()
    for kind in (*SPECTRUM, *PATHS):
        mean = np.zeros_like(state.values)
        mean[:, kind] = weight / weight.max()
        held.append(np.append(mean[:, kinds, places].ravel(), [0.0, 0.0]))
    return held


def _real_products(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return Re sum_b conj(one) other, (row of one, row of other)."""
    flat = [np.ascontiguousarray(part).view(np.float32).astype(float) for part in (one, other)]
    product: np.ndarray = flat[0] @ flat[1].T
    return product
