"""The bandpass solutions in steps that are fine enough to look at, for the page to explore.

Amplitudes are whole steps of 0.1 dB, phases 256 steps of 1.4 degrees: below the noise of a
solution (2 % and 1 degree at a signal-to-noise ratio of 50), and a quarter of the size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lwacal.packed import pack
from lwacal.plots.gains import CAUSE_LOOKS, INTERPOLATED, Solutions
from lwacal.solution_flags import CAUSES

AMPLITUDE_STEP_DB = 0.1
PHASE_STEPS = 256
NONE = -32768  # an amplitude that is not known
FLAGGED_BIT, INTERPOLATED_BIT = 14, 15  # of a state; the bits below are causes, the gravest first


def bandpass(solutions: Solutions) -> dict[str, Any]:
    """Return the solutions for the page; arrays have the axes (polarization, antenna, channel).

    ``middle`` (polarization, channel) is the median amplitude of the good antennas and
    ``amplitude`` what is above it, both in steps of 0.1 dB of the solver's unit; where there is no
    median it counts as 0. ``phase`` is in steps of 360/256 degrees relative to the reference
    antenna. ``state`` holds the causes of flags by bit, in the order of ``causes``.
    """
    gain = solutions.gain.transpose(2, 0, 1)
    solved = solutions.solved().transpose(2, 0, 1)
    good = solutions.good().transpose(2, 0, 1)
    level = _steps(gain, solved)
    middle = _median(level, good)
    known = np.where(middle == NONE, 0, middle)
    above = np.where(solved, level - known[:, None], NONE)
    return {
        "frequency_hz": pack(solutions.frequency_hz.astype(np.float64)),
        "middle": pack(middle.astype(np.int16)),
        "amplitude": pack(above.astype(np.int16)),
        "phase": pack(_phase_steps(gain, solved), differences=True),
        "state": pack(_state(solutions).transpose(2, 0, 1)),
        "amplitude_step_db": AMPLITUDE_STEP_DB,
        "phase_step_deg": 360 / PHASE_STEPS,
        "none": NONE,
        "flagged_bit": FLAGGED_BIT,
        "interpolated_bit": INTERPOLATED_BIT,
        "causes": [{"words": words, "colour": colour} for words, colour in CAUSE_LOOKS.values()],
        "interpolated": {"words": INTERPOLATED[0], "colour": INTERPOLATED[1]},
    }


def _steps(gain: np.ndarray, solved: np.ndarray) -> np.ndarray:
    """Return amplitudes in steps, limited to +-1500 dB-tenths so that differences fit 16 bits."""
    amplitude = np.where(solved, np.abs(gain), 1.0).astype(np.float64)
    steps = np.rint(20 * np.log10(amplitude) / AMPLITUDE_STEP_DB)
    return np.clip(steps, -15000, 15000).astype(np.int32)


def _median(level: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Return the median of good values over antennas, (polarization, channel), or NONE."""
    masked = np.where(good, level, np.nan)
    empty = ~good.any(axis=1)
    masked[np.broadcast_to(empty[:, None], masked.shape)] = NONE
    return np.rint(np.nanmedian(masked, axis=1)).astype(np.int32)


def _phase_steps(gain: np.ndarray, solved: np.ndarray) -> np.ndarray:
    turns = np.angle(np.where(solved, gain, 1.0)) / (2 * np.pi)
    return (np.rint(turns * PHASE_STEPS).astype(np.int32) % PHASE_STEPS).astype(np.uint8)


def _state(solutions: Solutions) -> np.ndarray:
    if len(CAUSE_LOOKS) > FLAGGED_BIT:
        raise ValueError(f"{len(CAUSE_LOOKS)} causes of flags do not fit {FLAGGED_BIT} bits")
    state = np.zeros(solutions.cause.shape, np.uint16)
    for bit, cause in enumerate(CAUSE_LOOKS):
        state |= ((solutions.cause & CAUSES[cause] > 0) << bit).astype(np.uint16)
    state |= (solutions.flag.astype(bool) << np.uint16(FLAGGED_BIT)).astype(np.uint16)
    return state | (solutions.interpolated.astype(np.uint16) << np.uint16(INTERPOLATED_BIT))
