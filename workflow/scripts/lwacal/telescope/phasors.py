"""Phasors of antennas and baselines, and rotation to another phase centre.

The phasor of a baseline factors into those of its antennas: exp(+2 pi i nu/c (x_1 - x_2).s) is the
phasor of antenna 1 times the conjugate of that of antenna 2. Functions therefore compute phasors
(antenna, channel) and index them by row.
"""

from __future__ import annotations

import numpy as np

from lwacal.runtime.blocks import row_blocks
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S


def antenna_phasors(path_m: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Return exp(+2 pi i nu/c path), shape (antenna, channel), from paths (antenna,) in metres."""
    turns = np.outer(path_m, frequency_hz) / SPEED_OF_LIGHT_M_S
    return np.exp(2j * np.pi * turns)


def baseline_phasors(phasors: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
    """Return p_1 conj(p_2) of each row, (row, channel) complex64, from (antenna, channel)."""
    narrow = phasors.astype(np.complex64, copy=False)
    rows = narrow[antenna1]
    rows *= narrow.conj()[antenna2]
    return rows


def rotate_in_place(
    data: np.ndarray,
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    old_radec: tuple[float, float],
    new_radec: tuple[float, float],
) -> None:
    """Rotate data (row, channel, correlation) from one phase centre to another, in place.

    Visibilities are multiplied by exp(+2 pi i nu/c (x_1 - x_2).(s_old - s_new)), so that a source
    at the new phase centre has zero phase. ``positions_m`` (antenna, 3) ITRF, ``frequency_hz``
    (channel,), directions ICRS radians.
    """
    phasors = rotation_phasors(positions_m, frequency_hz, mjd_s, old_radec, new_radec)
    multiply_in_place(data, antenna1, antenna2, phasors)


def rotation_phasors(
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    old_radec: tuple[float, float],
    new_radec: tuple[float, float],
) -> np.ndarray:
    """Return the antenna phasors that rotate data to a new phase centre, (antenna, channel)."""
    old = geometry.path_m(positions_m, *old_radec, mjd_s)
    new = geometry.path_m(positions_m, *new_radec, mjd_s)
    return antenna_phasors(old - new, frequency_hz).astype(np.complex64)


def multiply_in_place(
    data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray, phasors: np.ndarray
) -> None:
    """Multiply data (row, channel, correlation) by p_1 conj(p_2) of phasors (antenna, channel)."""
    for block in row_blocks(data):
        rows = baseline_phasors(phasors, antenna1[block], antenna2[block])
        data[block] *= rows[..., None]
