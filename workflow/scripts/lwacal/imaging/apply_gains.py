"""Applies bandpass solutions to the data of one integration, in place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.calibration import noise_weights
from lwacal.calibration.noise_weights import AntennaPowers
from lwacal.io import ms_reader
from lwacal.io.solutions import SubBandSolutions
from lwacal.runtime.blocks import row_blocks
from lwacal.telescope.correlations import FIRST_POLARIZATION, PARALLEL_HANDS, SECOND_POLARIZATION

ROWS_FOR_MEDIAN = 1000


@dataclass(frozen=True)
class Calibrated:
    """Calibrated cross-correlations of one integration.

    ``antenna1`` and ``antenna2`` are (row,); ``data`` (Jy), ``weight`` and ``flag`` are
    (row, channel, 4) for XX, XY, YX, YY. ``weight`` is zero where data are flagged.
    ``information`` is the sum over XX and YY of 1 / (variance of the real part), in 1 / Jy^2; zero
    if there are no autocorrelations from which to estimate the noise.
    """

    antenna1: np.ndarray
    antenna2: np.ndarray
    data: np.ndarray
    weight: np.ndarray
    flag: np.ndarray
    information: float


def calibrate(
    integration: ms_reader.Integration,
    flag: np.ndarray,
    solutions: SubBandSolutions,
    autocorrelations: AntennaPowers,
) -> Calibrated:
    """Return the cross-correlations V_ij / (G_i conj(G_j)) with noise weights.

    ``flag`` (row, channel, 4) are the flags of the integration. Data whose solutions are flagged
    are flagged too. The weight of a visibility is the inverse of its noise variance after
    calibration (radiometer equation), divided by the median weight. To save memory, the calibrated
    data overwrite those of ``integration``.
    """
    cross = np.flatnonzero(integration.antenna1 != integration.antenna2)
    antenna1, antenna2 = integration.antenna1[cross], integration.antenna2[cross]
    power = autocorrelations.of(integration, flag)
    relative, product = noise_weights.of_pairs(power, antenna1, antenna2)
    raw = integration.columns["DATA"]
    data, flagged = raw[: len(cross)], flag[cross]
    (gain1, conj_gain2), (flag1, flag2) = _per_correlation(solutions)
    weight, total = np.empty(data.shape, np.float32), 0.0
    for block in row_blocks(data):  # rows move towards the start: each is read before overwritten
        first, second = antenna1[block], antenna2[block]
        gain = gain1[first] * conj_gain2[second]
        flagged[block] |= flag1[first] | flag2[second]
        values = raw[cross[block]]
        values[flagged[block]] = 0  # flagged values may be NaN
        gain[flagged[block]] = 1
        np.divide(values, gain, out=data[block])
        gain_squared = gain.real**2 + gain.imag**2
        gain_squared[flagged[block]] = 0
        np.multiply(relative[block][:, None, :], gain_squared, out=weight[block])
        total += weight[block][..., PARALLEL_HANDS].sum(dtype=np.float64)
    samples = solutions.channel_width_hz * integration.interval_s
    information = 0.0 if power is None else float(2 * samples * total / product)
    weight /= _median_weight(weight, flagged)
    return Calibrated(antenna1, antenna2, data, weight, flagged, information)


def _per_correlation(
    solutions: SubBandSolutions,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return the factors of G_i conj(G_j) for XX, XY, YX and YY, and their flags.

    These are (gain of antenna 1, conjugate gain of antenna 2) and (flag of antenna 1, flag of
    antenna 2), each (antenna, channel, 4).
    """
    gain = solutions.gain.astype(np.complex64)
    return (
        (gain[..., FIRST_POLARIZATION], gain[..., SECOND_POLARIZATION].conj()),
        (solutions.flag[..., FIRST_POLARIZATION], solutions.flag[..., SECOND_POLARIZATION]),
    )


def _median_weight(weight: np.ndarray, flagged: np.ndarray) -> np.float32:
    """Return the median weight of unflagged data in evenly spaced rows; one if there are none."""
    sample = slice(None, None, max(1, len(weight) // ROWS_FOR_MEDIAN))
    unflagged = weight[sample][~flagged[sample]]
    return np.median(unflagged) if len(unflagged) else np.float32(1)
