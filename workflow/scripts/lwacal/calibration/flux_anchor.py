"""Which scale the free fluxes of the sources have.

Gains and fluxes together are undefined by a factor. The flux scale sets it: the mean over sources
and integrations of measured flux over that of the model is one. A source counts by how well it
keeps to the scale: the uncertainty of its flux there, and its scintillation, whose index is
estimated from the scatter of its fluxes over the integrations. Scintillation has a mean of one
(Narayan 1992, Phil. Trans. R. Soc. A 341, 151).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_SIGMA = 0.01  # no flux scale is better than this


@dataclass(frozen=True)
class Anchor:
    """The scale of a sub-band's fluxes.

    ``factor`` multiplies fluxes to bring them to the scale; ``error`` is its relative error from
    scintillation; ``weight`` (free source,) is the share of each source in it; ``index`` the
    scintillation index (rms over mean) of the sources in common, NaN if unknown.
    """

    factor: float
    error: float
    weight: np.ndarray
    index: float


def of_sources(
    ratio: np.ndarray, error: np.ndarray, flux_sigma: np.ndarray, anchors: np.ndarray
) -> Anchor:
    """Return the scale that makes the weighted mean of the ratios of the anchors one.

    ``ratio`` and ``error`` (integration, free source): fluxes over the model's, and their standard
    errors; ``flux_sigma`` (free source,): relative uncertainty of the model's fluxes; ``anchors``
    (free source,) bool.
    """
    index = scintillation_index(ratio[:, anchors], error[:, anchors])
    number = len(ratio)
    spread = 0.0 if np.isnan(index) else index**2 / number
    noise = (error**2).mean(axis=0) / number
    weight = anchors / (np.maximum(flux_sigma, LEAST_SIGMA) ** 2 + spread + noise)
    weight = weight / weight.sum()
    mean = float(weight @ ratio.mean(axis=0))
    return Anchor(1 / mean, float(np.sqrt(spread * (weight**2).sum())), weight, index)


def scintillation_index(ratio: np.ndarray, error: np.ndarray) -> float:
    """Return the rms of the fluxes over their mean, over integrations, of all sources together.

    Noise is subtracted. NaN with a single integration, which tells nothing.
    """
    number = len(ratio)
    if number < 2 or not ratio.size:
        return np.nan
    mean = ratio.mean(axis=0)
    usual = np.where(mean > 0, mean, 1)
    variance = ((ratio - mean) ** 2).sum(axis=0) / (number - 1) / usual**2
    noise = (error**2).mean(axis=0) / usual**2
    return float(np.sqrt(max((variance - noise).mean(), 0)))
