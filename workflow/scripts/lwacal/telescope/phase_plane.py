"""The plane in the phases of antennas: it points a beam elsewhere, but does not blur it."""

from __future__ import annotations

import numpy as np

from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

RADII_M = (60.0, 120.0, 300.0, 800.0, np.inf)  # a plane is fitted to ever more antennas
STEPS = 5
ENOUGH = 0.5  # of the power of the core: the plane is found without a search
CORE_M = 120.0
FARTHEST = 1.5  # of the shift in the search, in direction cosines
FEWEST = 3  # antennas


def efficiency(ratio: np.ndarray) -> float:
    """Return |sum r|^2 / (N sum |r|^2) of ratios (antenna,)."""
    return float(np.abs(ratio.sum()) ** 2 / (len(ratio) * (np.abs(ratio) ** 2).sum()))


def phase_plane(ratio: np.ndarray, wave: np.ndarray, frequency_hz: float) -> np.ndarray:
    """Return the slopes (2,), east and north in radians, of the phase of ratios (antenna,).

    ``wave`` (antenna, 2) is 2 pi nu/c times east and north. It is the plane without which the sum
    of the ratios is largest: the best of none, of one fitted from zero, and, if the core is not in
    phase then, of one fitted after a search.
    """
    radius_m = np.linalg.norm(wave, axis=1) * SPEED_OF_LIGHT_M_S / (2 * np.pi * frequency_hz)
    core = np.argsort(radius_m)[: max(FEWEST + 1, int((radius_m < CORE_M).sum()))]
    slopes = [np.zeros(2), _refined(ratio, wave, np.zeros(2), radius_m)]
    if efficiency(ratio[core] * np.exp(-1j * wave[core] @ slopes[1])) < ENOUGH:
        slopes.append(_refined(ratio, wave, _search(ratio[core], wave[core]), radius_m))
    kept = [efficiency(ratio * np.exp(-1j * wave @ slope)) for slope in slopes]
    return slopes[int(np.argmax(kept))]


def _refined(
    ratio: np.ndarray, wave: np.ndarray, slope: np.ndarray, radius_m: np.ndarray
) -> np.ndarray:
    """Fit a plane to the phases left by a slope, within ever larger radii.

    The sines of the phases are fitted, which are zero on average where the sum is largest.
    """
    for limit in RADII_M:
        chosen = radius_m < limit
        if chosen.sum() <= FEWEST:
            continue
        near, weight = wave[chosen], np.abs(ratio[chosen])
        design = np.column_stack([near, np.ones(len(near))])
        normal = design.T @ (design * weight[:, None])
        for _ in range(STEPS):
            left = ratio[chosen] * np.exp(-1j * near @ slope)
            sine = np.imag(left * np.exp(-1j * np.angle(left.sum())))
            slope = slope + np.linalg.lstsq(normal, design.T @ sine, rcond=None)[0][:2]
    return slope


def _search(ratio: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """Return the slope of the largest sum on a grid of direction cosines."""
    step = np.pi / 2 / max(np.ptp(wave, axis=0).max(), 1.0)
    axis = np.arange(-FARTHEST, FARTHEST + step, step)
    east = np.exp(-1j * np.outer(axis, wave[:, 0])) * ratio
    north = np.exp(-1j * np.outer(axis, wave[:, 1]))
    power = np.abs(east @ north.T)
    best = np.unravel_index(np.argmax(power), power.shape)
    return np.array([axis[best[0]], axis[best[1]]])
