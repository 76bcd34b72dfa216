"""Checks the data of one integration of one sub-band for zeros and non-finite values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.records.manifest import FaultKind
from lwacal.runtime.blocks import row_blocks

ZERO_FILLED = 0.9  # fraction of the visibilities from which the set is left out
PARTLY_ZERO = 0.1  # fraction above which zeros are reported


@dataclass(frozen=True)
class DataFault:
    """A fault of the data of an integration; ``left_out`` if the integration is not used."""

    kind: FaultKind
    message: str
    left_out: bool


def find(
    name: str, data: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray
) -> list[DataFault]:
    """Return the faults of data (row, channel, correlation) of the set called ``name``."""
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
    """Return the fractions of visibilities that are exactly zero and that are not finite.

    ``data`` (row, channel, correlation). The fraction of zeros excludes antennas with only zeros
    on all their baselines (unless no row is left): a dead antenna is not a fault of the file.
    It also excludes autocorrelations, unless there are no cross-correlations.
    """
    per_row = data[0].size
    zeros, non_finite = np.empty(len(data)), 0
    for block in row_blocks(data):
        rows = data[block]
        zeros[block] = 1 - np.count_nonzero(rows, axis=(1, 2)) / per_row
        suspect = ~np.isfinite(rows.sum(axis=(1, 2)))
        non_finite += int(np.count_nonzero(~np.isfinite(rows[suspect])))
    cross = antenna1 != antenna2
    cross = cross if cross.any() else ~cross
    n_antennas = int(max(antenna1.max(), antenna2.max())) + 1
    alive = np.zeros(n_antennas, bool)
    live_rows = (zeros < 1) & cross
    alive[antenna1[live_rows]] = True
    alive[antenna2[live_rows]] = True
    counted = alive[antenna1] & alive[antenna2] & cross
    zero = float(zeros[counted].mean()) if counted.any() else 1.0
    return zero, non_finite / data.size
