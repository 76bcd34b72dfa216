"""How well solutions explain the data: the power of what they leave over that of the noise.

The noise is that of the radiometer equation with the antennas' own autocorrelations, which need no
sky model. More than that is left where emission is not in the model (large-scale emission,
interference, a source below the limits) or where the model is wrong (beam, positions, fluxes).
"""

from __future__ import annotations

import numpy as np

from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.runtime.robust import masked_median


def residual_over_thermal(sums: VisibilitySums, noise: np.ndarray, flag: np.ndarray) -> float:
    """Return the residual power over that of the noise, the median over solutions; or NaN.

    ``noise`` (antenna, channel, 2) is the variance of a visibility of weight one that the residuals
    of each solution have; ``flag`` likewise, of the solutions. NaN without autocorrelations or
    solutions.
    """
    unknown = flag | ~np.isfinite(noise)
    left = float(masked_median(noise.ravel(), unknown.ravel(), axis=0))
    variances = np.array(sums.thermal_variances)
    variances = variances[np.isfinite(variances)]
    return left / float(variances.mean()) if len(variances) else np.nan
