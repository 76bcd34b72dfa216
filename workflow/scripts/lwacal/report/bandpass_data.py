"""Bandpass solutions for the interactive plots, quantized to save space.

Amplitudes are multiples of 0.1 dB, phases of 1.4 degrees (256 per turn): about the noise of a
solution (0.17 dB and 1.1 degrees at a signal-to-noise ratio of 50), at a fifth of the size.
Noise does not compress: if the solutions of a noisy night would take too much space, the steps
are made coarser, which their noise allows. The page states the steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lwacal.io.solutions import Solutions
from lwacal.report.array_encoding import pack
from lwacal.report.plots.gains import CAUSE_LOOKS, INTERPOLATED

STEPS = ((0.1, 256), (0.2, 128), (0.5, 64))  # dB of amplitude, phase steps per turn
LIMIT_BYTES = 4_500_000  # of encoded solutions; keeps the whole page below 10 MB
NONE = -32768  # marks an unknown amplitude
FLAGGED_BIT, INTERPOLATED_BIT = 14, 15  # of a state; lower bits are the causes, most serious first


def bandpass(solutions: Solutions, limit_bytes: int = LIMIT_BYTES) -> dict[str, Any]:
    """Return the solutions for the page; arrays have the axes (polarization, antenna, channel).

    ``middle`` (polarization, channel) is the median amplitude of the good antennas, ``amplitude``
    the excess over it, both in multiples of ``amplitude_step_db`` (dB of the solver's unit); a
    missing median counts as 0. ``phase`` is in multiples of ``phase_step_deg``, relative to the
    reference antenna. ``state`` holds the causes of flags as bits, in the order of ``causes``. The
    steps are the finest for which the arrays take at most ``limit_bytes``, else the coarsest.
    """
    for step_db, phase_steps in STEPS:
        arrays = _arrays(solutions, step_db, phase_steps)
        if sum(len(array["data"]) for array in arrays.values()) <= limit_bytes:
            break
    return {
        **arrays,
        "amplitude_step_db": step_db,
        "phase_step_deg": 360 / phase_steps,
        "none": NONE,
        "flagged_bit": FLAGGED_BIT,
        "interpolated_bit": INTERPOLATED_BIT,
        "causes": [{"words": words, "colour": colour} for words, colour in CAUSE_LOOKS.values()],
        "interpolated": {"words": INTERPOLATED[0], "colour": INTERPOLATED[1]},
    }


def _arrays(solutions: Solutions, step_db: float, phase_steps: int) -> dict[str, dict[str, Any]]:
    gain = solutions.gain.transpose(2, 0, 1)
    solved = solutions.solved().transpose(2, 0, 1)
    level = _steps(gain, solved, step_db)
    middle = _median(level, solutions.good().transpose(2, 0, 1))
    known = np.where(middle == NONE, 0, middle)
    above = np.where(solved, level - known[:, None], NONE)
    return {
        "frequency_hz": pack(solutions.frequency_hz.astype(np.float64)),
        "middle": pack(middle.astype(np.int16)),
        "amplitude": pack(above.astype(np.int16)),
        "phase": pack(_phase(gain, solved, phase_steps), differences=True),
        "state": pack(_state(solutions).transpose(2, 0, 1)),
    }


def _steps(gain: np.ndarray, solved: np.ndarray, step_db: float) -> np.ndarray:
    """Return amplitudes in steps, clipped so that the difference of two fits in 16 bits."""
    amplitude = np.where(solved, np.abs(gain), 1.0).astype(np.float64)
    return np.clip(np.rint(20 * np.log10(amplitude) / step_db), -15000, 15000).astype(np.int32)


def _median(level: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Return the median of the good values over antennas, (polarization, channel), or NONE."""
    masked = np.where(good, level, np.nan)
    empty = ~np.any(good, axis=1)
    masked[np.broadcast_to(empty[:, None], masked.shape)] = NONE
    return np.rint(np.nanmedian(masked, axis=1)).astype(np.int32)


def _phase(gain: np.ndarray, solved: np.ndarray, steps: int) -> np.ndarray:
    """Return phases as integer steps from -steps/2, modulo 256 so that differences may wrap."""
    turns = np.angle(np.where(solved, gain, 1.0)) / (2 * np.pi)
    whole = np.rint(turns * steps).astype(np.int32)
    return (np.where(whole == steps // 2, -(steps // 2), whole) % 256).astype(np.uint8)


def _state(solutions: Solutions) -> np.ndarray:
    if len(CAUSE_LOOKS) > FLAGGED_BIT:
        raise ValueError(f"{len(CAUSE_LOOKS)} causes of flags do not fit {FLAGGED_BIT} bits")
    state = np.zeros(solutions.cause.shape, np.uint16)
    for bit, cause in enumerate(CAUSE_LOOKS):
        state |= (solutions.has(cause) << bit).astype(np.uint16)
    state |= (solutions.flag.astype(bool) << np.uint16(FLAGGED_BIT)).astype(np.uint16)
    return state | (solutions.interpolated.astype(np.uint16) << np.uint16(INTERPOLATED_BIT))
