"""Finds channels whose solutions are less certain than those of neighbouring channels.

Weak lines of interference do not scatter the gains as strong ones do, but they raise the residuals,
and with them the errors that the solver states. Without interference these errors differ between
antennas by chance alone, and vary smoothly with frequency.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from lwacal.runtime.robust import masked_median, median_and_sigma

FEWEST_CHANNELS = 10  # of a sub-band, to say what is usual
LEAST_SIGMA = 5.0  # of the scatter between channels; few antennas give uncertain errors


def find(
    relative_error: np.ndarray, unknown: np.ndarray, bands: list[slice], factor: float, width: int
) -> np.ndarray:
    """Return which channels are uncertain, (channel,) bool.

    ``relative_error`` |dG / G| (antenna, channel, 2), and where it is ``unknown``; ``bands`` are
    the channels of each sub-band. The median over antennas is compared with its running median
    over ``width`` channels; X and Y are looked at apart, and either is enough.
    """
    typical = masked_median(relative_error, unknown, axis=0)
    found = np.zeros(len(typical), bool)
    for channels in bands:
        for pol in (0, 1):
            values = typical[channels, pol]
            known = np.isfinite(values) & (values > 0)
            if known.sum() >= FEWEST_CHANNELS:
                excess = _excess(np.log(values[known]), width)
                _, sigma = median_and_sigma(excess, np.zeros(len(excess), bool), axis=0)
                limit = max(np.log(factor), LEAST_SIGMA * float(sigma[0]))
                found[channels][np.flatnonzero(known)[excess > limit]] = True
    return found


def _excess(values: np.ndarray, width: int) -> np.ndarray:
    """Return values less their running median."""
    size = min(width, max(len(values) // 2 * 2 - 1, 1))
    return values - median_filter(values, size, mode="reflect")
