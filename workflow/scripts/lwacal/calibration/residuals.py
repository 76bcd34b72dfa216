"""What solutions leave of the data: the noise of each antpol, and how well the model fits.

Weights follow the noise of the residuals where the autocorrelations do not give it.
Autocorrelations may be missing, or not be the noise (those of another simulator, an antenna that
hears itself). The residuals of a first solution of a few channels give the noise of each antpol;
where it exceeds the noise assumed by the weights, these are lowered before all channels are solved.
"""

from __future__ import annotations

import numpy as np

from lwacal.calibration.channel_equations import ChannelSums
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.runtime.robust import masked_median

CHANNELS = 12  # of the first solution, spread over the sub-band
MOST_ROUNDS = 4  # with wrong weights a strong antpol raises the residuals of the others
LEAST_RATIO = 2.0  # of noise powers, to lower a weight


def lower_weights(sums: VisibilitySums, least_baselines: int) -> np.ndarray:
    """Lower the weights of antpols with more noise than their weights assume, in place.

    Returns the factor on the noise power of each antpol, (antenna, 2): 1 where the noise is at most
    LEAST_RATIO times that assumed. No weight is raised: a weak antpol does no harm, and a dead one
    would get the largest weight.
    """
    total = np.ones((sums.baselines.n_antennas, 2))
    for _ in range(MOST_ROUNDS):
        ratio = np.stack([noise_ratio(sums, pol, least_baselines) for pol in (0, 1)], axis=1)
        factor = np.where(ratio > LEAST_RATIO, ratio, 1.0)
        if (factor == 1).all():
            break
        sums.weigh(1 / factor)
        total *= factor
    return total


def noise_ratio(sums: VisibilitySums, pol: int, least_baselines: int) -> np.ndarray:
    """Return the noise power of each antpol over that assumed by its weight, (antenna,), median 1.

    The residual of a baseline has the product of the noise powers of its two antpols; the median
    over baselines is that with a typical partner. 1 where it is unknown.
    """
    channels = np.unique(np.linspace(0, sums.n_channels - 1, CHANNELS).astype(int))
    some = ChannelSums.of(sums, pol, channels, least_baselines)
    residual = some.residual_power(some.solve().gain) / np.maximum(some.count, 1)
    by_baseline = masked_median(residual, some.count == 0, axis=0)
    square = some.baselines.symmetric(by_baseline[None], diagonal=np.nan)[0]
    by_antpol = masked_median(square, ~np.isfinite(square), axis=1)
    known = by_antpol > 0
    ratio = np.ones(len(by_antpol))
    if known.any():
        ratio[known] = by_antpol[known] / np.median(by_antpol[known])
    return ratio


def residual_over_thermal(sums: VisibilitySums, noise: np.ndarray, flag: np.ndarray) -> float:
    """Return the residual power over thermal noise, the median over solutions; or NaN.

    Thermal noise is that of the radiometer equation with the antennas' own autocorrelations, which
    need no sky model. More is left where emission is not in the model (large-scale emission,
    interference, a source below the limits) or where the model is wrong (beam, positions, fluxes).

    ``noise`` (antenna, channel, 2) is the variance of a visibility of weight one that the residuals
    of each solution have; ``flag`` likewise, of the solutions. NaN without autocorrelations or
    solutions.
    """
    unknown = flag | ~np.isfinite(noise)
    left = float(masked_median(noise.ravel(), unknown.ravel(), axis=0))
    variances = np.array(sums.thermal_variances)
    variances = variances[np.isfinite(variances)]
    return left / float(variances.mean()) if len(variances) else np.nan
