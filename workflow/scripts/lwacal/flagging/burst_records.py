"""Records of the integrations that are flagged as bursts: how bright, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lwacal.flagging import bursts
from lwacal.io.flag_file import BURST
from lwacal.records.flags import Alone, Burst


def of_flags(
    causes: Sequence[np.ndarray],
    scans: Sequence[int],
    ratios: np.ndarray,
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    n_antennas: int,
) -> list[Burst]:
    """Return a record of each integration that is bright as a whole.

    ``causes`` (row, channel, 4) uint8 of each integration, ``scans`` their numbers and ``ratios``
    (integration,) their brightness as bursts.find gives it; ``antenna1`` and ``antenna2`` of all
    rows. Autocorrelations are not counted.
    """
    records: list[Burst] = []
    start = 0
    for mask, scan, ratio in zip(causes, scans, ratios):
        rows = slice(start, start + len(mask))
        start = rows.stop
        channels = bursts.of_flags(mask)
        if not bursts.are_whole(channels):
            continue
        cross = antenna1[rows] != antenna2[rows]
        n_values = np.count_nonzero(antenna1 != antenna2) * mask[0].size
        records.append(
            {
                "integration": scan,
                "ratio": float(ratio),
                "channel_fraction": float(channels.mean()),
                "fraction": np.count_nonzero(mask[cross] & BURST) / n_values,
                "alone": _alone(mask == BURST, rows, antenna1, antenna2, n_antennas),
            }
        )
    return records


def _alone(
    flagged: np.ndarray, rows: slice, antenna1: np.ndarray, antenna2: np.ndarray, n_antennas: int
) -> Alone:
    """Return fractions of the data of all integrations; ``flagged`` (row, channel, 4) of one."""
    cross = antenna1 != antenna2
    used = flagged[cross[rows]]
    of_rows = used.mean(axis=(1, 2))
    total, count = np.zeros((2, n_antennas))
    for antenna in (antenna1, antenna2):
        total += np.bincount(antenna[rows][cross[rows]], of_rows, n_antennas)
        count += np.bincount(antenna[cross], minlength=n_antennas)
    by_antenna = np.divide(total, count, out=np.full(n_antennas, np.nan), where=count > 0)
    n_rows = np.count_nonzero(cross)
    return {
        "fraction": np.count_nonzero(used) / (n_rows * flagged[0].size),
        "antenna_fraction": by_antenna.tolist(),
        "channel_fraction": (used.sum(axis=(0, 2)) / (n_rows * flagged.shape[2])).tolist(),
    }
