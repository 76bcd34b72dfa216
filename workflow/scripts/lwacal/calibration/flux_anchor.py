"""Which scale the free fluxes of the sources have.

Gains and fluxes together are undefined by a factor, and by how it changes with frequency. Two
anchors set it. The first is the flux scale: the mean over calibrators and integrations of measured
flux over that of the model is one. A calibrator counts by how well it keeps to the scale: the
uncertainty of its flux there, and its scintillation, which has a mean of one (Narayan 1992, Phil.
Trans. R. Soc. A 341, 151) and an index that the scatter of the fluxes gives. The second are the
autocorrelations: power over gain squared is the power of sky and receiver, which the map of the
sky gives to some 10 %. The second counts only as far as calibrators scintillate: without, the scale
is that of the flux scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from lwacal.runtime.robust import masked_median

LEAST_SIGMA = 0.01  # no flux scale is better than this
WELL_KNOWN = 0.5  # relative uncertainty of a flux; those of the Sun and Jupiter are unknown
BY_CHANCE = 1e-3  # probability of such a scatter without scintillation
# The Fresnel scale of a screen at 300 km, 0.7 km at 30 MHz, passes at some 100 m/s or less; Fallows
# et al. 2020 saw intensities change within tens of seconds
SCINTILLATION_S = 20.0
SCINTILLATION_SLOPE = 1.5  # weak scintillation falls as nu^-1.5: Fallows et al. 2020, section 4
POWER_SIGMA = 0.1  # of maps of the sky: Dowell et al. 2017, MNRAS 469, 4537
POWER_SLOPE_SIGMA = 0.15  # of their spectral index, with the receiver's part


@dataclass(frozen=True)
class Scale:
    """A factor that brings fluxes to a scale, a (1 + b u), u as in sky_state, and its errors.

    The errors are relative: of a, and of b.
    """

    factor: float
    slope: float
    error: float
    slope_error: float

    def joined(self, other: Scale) -> Scale:
        """Return the mean of both, weighted by their errors."""
        log, error = _mean(np.log([self.factor, other.factor]), [self.error, other.error])
        errors = [self.slope_error, other.slope_error]
        slope, slope_error = _mean(np.array([self.slope, other.slope]), errors)
        return Scale(float(np.exp(log)), slope, error, slope_error)


def _mean(values: np.ndarray, errors: list[float]) -> tuple[float, float]:
    if min(errors) == 0:
        return float(values[int(np.argmin(errors))]), 0.0
    weight = 1 / np.square(errors)
    return float(weight @ values / weight.sum()), float(weight.sum() ** -0.5)


@dataclass(frozen=True)
class SourceScale:
    """The scale of the calibrators, the share of each source (source,) in it, and their index."""

    scale: Scale
    weight: np.ndarray
    index: float


def of_sources(
    ratio: np.ndarray,
    error: np.ndarray,
    flux_sigma: np.ndarray,
    anchors: np.ndarray,
    half: float,
    times_s: np.ndarray,
) -> SourceScale:
    """Return the scale that makes the weighted mean of the ratios of the anchors one.

    ``ratio`` and ``error`` (integration, free source): fluxes over the model's, and their standard
    errors; ``flux_sigma`` (free source,): relative uncertainty of the model's fluxes; ``anchors``
    (free source,) bool; ``half`` the relative half-width of the sub-band; ``times_s``
    (integration,). Other sources tell the index too, if they scatter more than their fluxes are
    uncertain: one or two anchors may be bright together by chance. The errors of the scale are
    those of scintillation alone: the flux scale is right by definition.
    """
    alike = correlation(times_s)
    noise = (error**2).mean(axis=0) / len(ratio)
    index = scintillation_index(ratio[:, anchors], error[:, anchors], flux_sigma[anchors], alike)
    others = ~anchors & (flux_sigma < WELL_KNOWN)
    if _scatter(ratio[:, others], error[:, others], flux_sigma[others]):
        of_others = scintillation_index(
            ratio[:, others], error[:, others], flux_sigma[others], alike
        )
        index = max(index, of_others)
    spread = index**2 * alike.mean()
    weight = anchors / (np.maximum(flux_sigma, LEAST_SIGMA) ** 2 + spread + noise)
    weight = weight / weight.sum()
    mean = float(weight @ ratio.mean(axis=0))
    scatter = float(np.sqrt(spread * (weight**2).sum()))
    scale = Scale(1 / mean, 0.0, scatter, SCINTILLATION_SLOPE * half * scatter)
    return SourceScale(scale, weight, index)


def _scatter(ratio: np.ndarray, error: np.ndarray, flux_sigma: np.ndarray) -> bool:
    """Return whether sources scatter about their mean more than their errors let expect."""
    number = ratio.shape[1]
    if number < 2:
        return False
    variance = flux_sigma**2 + (error**2).mean(axis=0)
    each = ratio.mean(axis=0)
    mean = (each / variance).sum() / (1 / variance).sum()
    chi2 = ((each / mean - 1) ** 2 / variance).sum()
    return bool(chdtrc(number - 1, chi2) < BY_CHANCE)


def correlation(times_s: np.ndarray) -> np.ndarray:
    """Return how much the scintillation of integrations is alike, (integration, integration)."""
    return np.exp(-np.square(np.subtract.outer(times_s, times_s) / SCINTILLATION_S))


def scintillation_index(
    ratio: np.ndarray, error: np.ndarray, flux_sigma: np.ndarray, alike: np.ndarray
) -> float:
    """Return the rms of fluxes over their mean that scintillation has, of all sources together.

    ``ratio`` and ``error`` (integration, source), ``flux_sigma`` (source,); ``alike`` as
    `correlation` gives it. The mean of two estimates: the scatter over integrations, less noise,
    and that over sources, less noise and the uncertainty of the fluxes where it exceeds these.
    Integrations that follow closely have nearly the same flux, so that their scatter is less than
    that of scintillation. A few values tell it badly; the variance is therefore that which is not
    exceeded by chance in two cases of three.
    """
    number, n_sources = ratio.shape
    mean = np.where(ratio.mean(axis=0) > 0, ratio.mean(axis=0), 1)
    noise = float((error**2 / mean**2).mean())
    total, freedom = 0.0, n_sources * (number - 1)
    if number > 1:
        squares = ((ratio / mean - 1) ** 2).sum() - n_sources * (number - 1) * noise
        total += squares * (number - 1) / (number - alike.sum() / number)
    if n_sources > 1:
        of_source = ratio.mean(axis=0) / ratio.mean() - 1
        known = noise / number + float((flux_sigma**2).mean())
        squares = (of_source**2).sum() - (n_sources - 1) * known
        if squares > 0:
            total, freedom = total + squares / alike.mean(), freedom + n_sources - 1
    return float(np.sqrt(max(total / freedom * _excess(freedom), 0))) if freedom else 0.0


def _excess(freedom: int) -> float:
    """Return the factor on a variance of some degrees of freedom that makes it large enough."""
    return 1 + 1.5 / freedom


def of_powers(
    power_jy: np.ndarray, expected_jy: np.ndarray, offset: np.ndarray, half: float
) -> Scale:
    """Return the scale that makes autocorrelations over gain squared the power of the sky.

    ``power_jy`` (antenna, channel, 2): autocorrelation over |gain|^2, NaN if unknown; in Jy if the
    gains were right. At least one is known. ``expected_jy`` (channel, 2); ``offset`` (channel,) is
    u, and ``half`` the relative half-width of the sub-band.
    """
    unknown = ~np.isfinite(power_jy)
    excess = masked_median(np.where(unknown, 1, power_jy / expected_jy), unknown, axis=0)
    known = np.isfinite(excess).any(axis=1)
    log = -np.log(np.nanmean(excess[known], axis=1))
    line = np.polyfit(offset[known], log, 1 if known.sum() > 2 else 0)
    slope = float(line[0]) if len(line) > 1 else 0.0
    return Scale(float(np.exp(line[-1])), slope, POWER_SIGMA, POWER_SLOPE_SIGMA * half)
