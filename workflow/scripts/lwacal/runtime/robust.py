"""Medians of what is not masked."""

from __future__ import annotations

import numpy as np

MAD_SIGMA = 1.4826  # sigma of a Gaussian over its median absolute deviation


def masked_median(values: np.ndarray, mask: np.ndarray, axis: int) -> np.ndarray:
    """Return medians over an axis of what is not masked; NaN where all is, or there is nothing."""
    if not values.shape[axis]:
        return np.full(np.delete(values.shape, axis), np.nan)
    ordered = np.sort(np.where(mask, np.inf, values), axis=axis)
    return middle_of_sorted(np.moveaxis(ordered, axis, -1), (~mask).sum(axis=axis))


def middle_of_sorted(ordered: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return medians over the last axis of the first ``count`` values, sorted; NaN of none."""
    count = count.astype(np.intp)[..., None]
    middle = [
        np.take_along_axis(ordered, np.maximum(place, 0), -1)
        for place in ((count - 1) // 2, count // 2 - (count == 0))
    ]
    return np.where(count > 0, (middle[0] + middle[1]) / 2, np.nan)[..., 0]


def spread(values: np.ndarray, mask: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return median and robust standard deviation over an axis, the axis kept (length 1)."""
    middle = np.expand_dims(masked_median(values, mask, axis), axis)
    away = masked_median(np.abs(values - middle), mask, axis)
    return middle, MAD_SIGMA * np.expand_dims(away, axis)
