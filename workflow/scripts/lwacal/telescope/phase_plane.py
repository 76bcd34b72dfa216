"""The plane in the phases of antennas: it points a beam elsewhere, but does not blur it."""

from __future__ import annotations

import numpy as np

from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

RADII_M = (60.0, 120.0, 300.0, 800.0, np.inf)  # a plane is fitted to ever more antennas
STEPS = 3
ENOUGH = 0.5  # of the power of the core: the plane is found without a search
CORE_M = 120.0
FARTHEST = 1.5  # of the shift in the search, in direction cosines
FEWEST = 3  # antennas


def efficiency(ratio: np.ndarray) -> float:
    """Return |sum r|^2 / (N sum |r|^2) of ratios (antenna,)."""
    return float(np.abs(ratio.sum()) ** 2 / (len(ratio) * (np.abs(ratio) ** 2).sum()))


def phase_plane(ratio: np.ndarray, wave: np.ndarray, frequency_hz: float) -> np.ndarray:
    """Return the slopes (2,), east and north in radians, of the phase of ratios (antenna,).

    ``wave`` (antenna, 2) is 2 pi nu/c times east and north. The plane is fitted to the core first,
    after a search if the core is not in phase, and then to antennas farther out.
    """
    radius_m = np.linalg.norm(wave, axis=1) * SPEED_OF_LIGHT_M_S / (2 * np.pi * frequency_hz)
    order = np.argsort(radius_m)
    core = order[: max(FEWEST + 1, int((radius_m < CORE_M).sum()))]
    slope = _refined(ratio, wave, np.zeros(2), radius_m)
    kept = efficiency(ratio[core] * np.exp(-1j * wave[core] @ slope))
    if kept < ENOUGH:
        found = _refined(ratio, wave, _search(ratio[core], wave[core]), radius_m)
        if efficiency(ratio[core] * np.exp(-1j * wave[core] @ found)) > kept:
            slope = found
    return slope


def _refined(
    ratio: np.ndarray, wave: np.ndarray, slope: np.ndarray, radius_m: np.ndarray
) -> np.ndarray:
    """Fit a plane to the phases left by a slope, within ever larger radii."""
    for limit in RADII_M:
        chosen = radius_m < limit
        if chosen.sum() <= FEWEST:
            continue
        near, weight = wave[chosen], np.abs(ratio[chosen])
        design = np.column_stack([near, np.ones(len(near))]) * weight[:, None]
        for _ in range(STEPS):
            left = ratio[chosen] * np.exp(-1j * near @ slope)
            phase = np.angle(left * np.conj(left.sum()))
            slope = slope + np.linalg.lstsq(design, phase * weight, rcond=None)[0][:2]
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
