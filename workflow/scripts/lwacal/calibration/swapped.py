"""Finds antennas whose X and Y are swapped.

The X port of such an antenna carries the signal of the Y dipole: with the other antennas it
correlates in XY and not in XX. Given the gains of the other antennas, least squares gives the gain
of a port for the *other* polarization from XY and YX, as it gives the gain for its own from XX and
YY.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.runtime.robust import masked_median

CHANNELS_AT_ONCE = 8
LEAST_SIGNIFICANCE = 3.0  # mean |gain|^2 over its variance; noise alone has 1
LEAST_SHARE = 0.5  # of a port's power that is of the other polarization; leakage is some percent


def find(
    sums: VisibilitySums, gain: np.ndarray, flag: np.ndarray, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return which ports carry the other polarization, (antenna, 2) bool, and its share of power.

    ``gain``, ``flag`` and ``error`` (antenna, channel, 2) are the solutions of the ports' own
    polarization, of which those count whose channels have sums of XY and YX. A port counts where it
    has a solution, flagged or not; one with too few baselines has an infinite error and is not
    judged. The share is NaN where it is unknown.
    """
    gain, flag, error = (part[:, sums.cross_channels] for part in (gain, flag, error))
    trusted = np.where(flag, 0, gain).astype(np.complex64)
    crossed_total, information_of = _totals(sums, trusted)
    share, significance = np.full((2, len(gain), 2), np.nan)
    for port, other in ((0, 1), (1, 0)):
        own, information = information_of[..., port], information_of[..., other]
        unknown = flag[..., port] | (own == 0)
        noise = masked_median(np.where(unknown, 0, error[..., port]) ** 2 * own, unknown, axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossed = np.abs(crossed_total[..., port] / information) ** 2
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
    sums: VisibilitySums,
    gain: np.ndarray,
    flag: np.ndarray,
    error: np.ndarray,
    antennas: Sequence[str],
) -> list[str]:
    """Return the antennas both of whose ports carry the other polarization."""
    crossed, _ = find(sums, gain, flag, error)
    return sorted(antennas[number] for number in np.flatnonzero(crossed.all(axis=1)).tolist())


def _totals(sums: VisibilitySums, gain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what least squares needs, each (antenna, cross channel, 2), of gains alike.

    The sums over partners of the data in which a port meets the other polarization, times the
    partners' gains: XY of (i, j) tells of port X of i, YX of (j, i), conjugated, likewise. And
    sum_j B_ij |G_j|^2 of each polarization.
    """
    total, information = np.zeros_like(gain), np.zeros(gain.shape, np.float32)
    power = np.abs(gain) ** 2
    for start in range(0, len(sums.cross_channels), CHANNELS_AT_ONCE):
        some = slice(start, start + CHANNELS_AT_ONCE)
        xy, yx = sums.cross_model[:, some]
        x_with_y = sums.baselines.general(xy, yx.conj())
        x, y = gain[:, some, 0].T, gain[:, some, 1].T
        total[:, some, 0] = np.matmul(x_with_y, y[..., None])[..., 0].T
        total[:, some, 1] = np.matmul(x.conj()[:, None], x_with_y)[:, 0].conj().T
        for pol in (0, 1):
            b = sums.baselines.symmetric(sums.model_power[pol, sums.cross_channels[some]])
            information[:, some, pol] = np.matmul(b, power[:, some, pol].T[..., None])[..., 0].T
    return total, information
