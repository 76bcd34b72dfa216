"""Finds antennas whose X and Y are exchanged.

The X port of such an antenna carries what a Y dipole sees: nothing of it is in XX with the others,
all of it in XY. With the gains of the other antennas known, least squares gives the gain with which
a port takes in the *other* polarization, from XY and YX, as it gives the gain for its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from lwacal.robust import masked_median
from lwacal.visibility_sums import VisibilitySums

LEAST_SIGNIFICANCE = 3.0  # mean |gain|^2 over its variance; noise alone has 1
LEAST_SHARE = 0.5  # of a port's power that is of the other polarization; leakage is some percent


def find(
    sums: VisibilitySums, gain: np.ndarray, flag: np.ndarray, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which ports carry the other polarization, (antenna, 2) bool, and its share of power.

    ``gain``, ``flag`` and ``error`` (antenna, channel, 2) are the solutions of the ports' own
    polarization. A port counts where it has a solution of its own, flagged or not; one with too few
    baselines to be solved has an infinite error, and says nothing. The share is NaN where nothing
    is known.
    """
    trusted = np.where(flag, 0, gain).astype(np.complex64)
    to_first, to_second = _sum_by_antenna(sums)
    share, significance = np.full((2, sums.n_antennas, 2), np.nan)
    for port, other in ((0, 1), (1, 0)):
        partner = trusted[..., other]
        first, second = partner[sums.antenna1], partner[sums.antenna2]
        # XY of (i, j) tells of port X of i; YX of (j, i), conjugated, likewise
        total = to_first @ (sums.cross_model[..., port] * second)
        total += to_second @ (sums.cross_model[..., other].conj() * first)
        information = _information(sums, to_first, to_second, partner, other)
        own = _information(sums, to_first, to_second, trusted[..., port], port)
        unknown = flag[..., port] | (own == 0)
        noise = masked_median(np.where(unknown, 0, error[..., port]) ** 2 * own, unknown, axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossed = np.abs(total / information) ** 2
            in_noise = crossed / (noise / information)
        known = np.isfinite(in_noise) & np.isfinite(error[..., port])
        seen = np.where(known, crossed, 0).sum(axis=1)
        mine = np.where(known, np.abs(gain[..., port]) ** 2, 0).sum(axis=1)
        number = known.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            share[:, port] = seen / (seen + mine)
            significance[:, port] = np.where(known, in_noise, 0).sum(axis=1) / number
    return (significance > LEAST_SIGNIFICANCE) & (share > LEAST_SHARE), share


def names(
    sums: VisibilitySums, gain: np.ndarray, flag: np.ndarray, error: np.ndarray,
    antennas: Sequence[str],
) -> list[str]:
    """Return the antennas both of whose ports carry the other polarization."""
    crossed, _ = find(sums, gain, flag, error)
    return sorted(antennas[number] for number in np.flatnonzero(crossed.all(axis=1)))


def _sum_by_antenna(sums: VisibilitySums) -> tuple[csr_array, csr_array]:
    """Return matrices that add up rows of baselines by their first and by their second antenna."""
    rows = np.arange(len(sums.antenna1))
    ones = np.ones(len(rows), np.float32)
    shape = (sums.n_antennas, len(rows))
    return (
        csr_array((ones, (sums.antenna1, rows)), shape=shape),
        csr_array((ones, (sums.antenna2, rows)), shape=shape),
    )


def _information(
    sums: VisibilitySums, to_first: csr_array, to_second: csr_array, partner: np.ndarray, pol: int
) -> np.ndarray:
    """Return sum_j B_ij |G_j|^2, (antenna, channel), with the partners' gains of a polarization."""
    power = np.abs(partner) ** 2
    model = sums.model_power[..., pol]
    total = to_first @ (model * power[sums.antenna2])
    return total + to_second @ (model * power[sums.antenna1])
