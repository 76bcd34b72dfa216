"""Sets the phases of a reference antenna to zero, which gains from interferometry leave free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lwacal.calibration import interpolation

LONGEST_BRIDGE = 32  # channels without the reference antenna
FEWEST_SOLUTIONS = 0.5  # of the antenna that has most, to be the reference


def refer(
    gain: np.ndarray, flag: np.ndarray, order: Sequence[int]
) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the reference antenna's index, gains and flags, of one sub-band.

    ``gain`` and ``flag`` (antenna, channel, 2). The reference is the first of ``order`` that has
    half the solutions of the antenna that has most, or else that one; -1 if nobody has any. In
    channels where it has no solution the others are turned together so that they continue what is
    on both sides; where that cannot be done they are flagged.
    """
    if flag.all():
        return -1, gain, flag
    solved = (~flag).sum(axis=(1, 2))
    good = [index for index in order if solved[index] >= FEWEST_SOLUTIONS * solved.max()]
    index = good[0] if good else int(solved.argmax())
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
    """Return what to turn each channel by, (channel, 2), and whether that is known."""
    expected, lost = gain.copy(), flag | missing
    whole = lost.all(axis=1)
    band_index = np.zeros(gain.shape[1], int)
    filled = interpolation.fill(expected, lost, whole, band_index, LONGEST_BRIDGE)
    used = filled & ~flag
    total = np.where(used, expected * gain.conj(), 0).sum(axis=0)
    known = ~missing | used.any(axis=0)
    turn = np.where(missing & known, np.exp(1j * np.angle(total)), 1)
    return turn, known
