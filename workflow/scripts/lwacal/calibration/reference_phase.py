"""Sets the phases of a reference antenna to zero, which gains from interferometry leave free."""

from __future__ import annotations

import numpy as np

from lwacal.calibration import interpolation
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.io.solutions import NO_ANTENNA

LONGEST_BRIDGE = 32  # channels without the reference antenna


def refer(
    gain: np.ndarray, flag: np.ndarray, order: ReferenceOrder
) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the reference antenna's index, gains and flags, of one sub-band.

    ``gain`` and ``flag`` (antenna, channel, 2). The reference is chosen by
    ReferenceOrder.with_solutions; NO_ANTENNA if all solutions are flagged. In channels where it has
    no solution, the phases of the others are rotated together so that they continue those on both
    sides; where that cannot be done they are flagged.
    """
    index = order.with_solutions(flag)
    if index == NO_ANTENNA:
        return index, gain, flag
    missing = flag[index]
    referred = gain * np.where(missing, 1, np.exp(-1j * np.angle(gain[index])))
    if missing.any():
        turn, known = _continuation(referred, flag, missing)
        referred = referred * turn
        flag = flag | ~known
    return index, referred, flag


def _continuation(
    gain: np.ndarray, flag: np.ndarray, missing: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the phase factor of each channel, (channel, 2), and whether it is known."""
    expected, lost = gain.copy(), flag | missing
    whole = lost.all(axis=1)
    band_index = np.zeros(gain.shape[1], int)
    filled = interpolation.fill(expected, lost, whole, band_index, LONGEST_BRIDGE)
    used = filled & ~flag
    total = np.where(used, expected * gain.conj(), 0).sum(axis=0)
    known = ~missing | used.any(axis=0)
    turn = np.where(missing & known, np.exp(1j * np.angle(total)), 1)
    return turn, known
