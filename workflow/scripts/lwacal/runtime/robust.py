"""Medians and robust standard deviations of masked arrays."""

from __future__ import annotations

import numpy as np

MAD_SIGMA = 1.4826  # ratio of sigma to the median absolute deviation of a Gaussian


def masked_median(values: np.ndarray, mask: np.ndarray, axis: int) -> np.ndarray:
    """Return medians over an axis of the unmasked values; NaN if there are none.

    ``mask`` has the shape of ``values`` and is true for values to leave out.
    """
    if not values.shape[axis]:
        return np.full(np.delete(values.shape, axis), np.nan)
    ordered = np.sort(np.where(mask, np.inf, values), axis=axis)
    return median_of_sorted(np.moveaxis(ordered, axis, -1), (~mask).sum(axis=axis))


def median_of_sorted(ordered: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return medians of the first ``count`` values along the last axis; NaN if ``count`` is 0.

    ``ordered`` (..., value) is sorted along its last axis; ``count`` (...) int.
    """
    count = count.astype(np.intp)[..., None]
    middle = [
        np.take_along_axis(ordered, np.maximum(index, 0), -1)
        for index in ((count - 1) // 2, count // 2 - (count == 0))
    ]
    return np.where(count > 0, (middle[0] + middle[1]) / 2, np.nan)[..., 0]


def median_and_sigma(
    values: np.ndarray, mask: np.ndarray, axis: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return median and robust standard deviation of the unmasked values over an axis.

    The standard deviation is 1.4826 times the median absolute deviation. The axis is kept with
    length 1.
    """
    middle = np.expand_dims(masked_median(values, mask, axis), axis)
    deviation = masked_median(np.abs(values - middle), mask, axis)
    return middle, MAD_SIGMA * np.expand_dims(deviation, axis)


def noise_sigma(values: np.ndarray) -> float:
    """Return the robust standard deviation of all finite values; zero if there are none."""
    finite = values[np.isfinite(values)]
    return float(MAD_SIGMA * np.median(np.abs(finite - np.median(finite)))) if finite.size else 0.0
