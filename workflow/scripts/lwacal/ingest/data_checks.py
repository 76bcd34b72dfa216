"""Looks at the data of one integration of one sub-band: are they zero, are they finite?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.records.manifest import FaultKind
from lwacal.runtime.blocks import row_blocks

ZERO_FILLED = 0.9  # of the visibilities: nothing is left to use
PARTLY_ZERO = 0.1


@dataclass(frozen=True)
class DataFault:
    """What is wrong with an integration's data, and whether they are left out for it."""

    kind: FaultKind
    message: str
    left_out: bool


def find(
    name: str, data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray
) -> list[DataFault]:
    """Return what is wrong with data (row, channel, correlation) of the set called ``name``."""
    zero, non_finite = fractions(data, antenna1, antenna2)
    faults = []
    if zero >= ZERO_FILLED:
        message = f"{name}: {zero:.0%} of the data are zero; left out"
        faults.append(DataFault("zero_filled", message, True))
    elif zero > PARTLY_ZERO:
        message = f"{name}: {zero:.0%} of the data are zero; these are flagged"
        faults.append(DataFault("zero_filled", message, False))
    if non_finite >= ZERO_FILLED:
        message = f"{name}: {non_finite:.0%} of the data are not finite; left out"
        faults.append(DataFault("non_finite", message, True))
    elif non_finite > 0:
        message = f"{name}: {non_finite:.2%} of the data are not finite; these are flagged"
        faults.append(DataFault("non_finite", message, False))
    return faults


def fractions(data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> tuple[float, float]:
    """Return the fractions of exactly zero and of non-finite visibilities.

    ``data`` (row, channel, correlation). Rows of antennas that have nothing but zeros in all
    their baselines are left out of the fraction of zeros, unless that leaves no row: a dead
    antenna is not a fault of the file. Nor are autocorrelations of zero, which count only where
    there is nothing else.
    """
    per_row = data[0].size
    zeros, non_finite = np.empty(len(data)), 0
    for block in row_blocks(data):
        some = data[block]
        zeros[block] = 1 - np.count_nonzero(some, axis=(1, 2)) / per_row
        doubtful = ~np.isfinite(some.sum(axis=(1, 2)))
        non_finite += int(np.count_nonzero(~np.isfinite(some[doubtful])))
    cross = antenna1 != antenna2
    cross = cross if cross.any() else ~cross
    number = int(max(antenna1.max(), antenna2.max())) + 1
    alive = np.zeros(number, bool)
    live_rows = (zeros < 1) & cross
    alive[antenna1[live_rows]] = True
    alive[antenna2[live_rows]] = True
    counted = alive[antenna1] & alive[antenna2] & cross
    zero = float(zeros[counted].mean()) if counted.any() else 1.0
    return zero, non_finite / data.size
