"""Applies solutions to the data of one integration, in place."""

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
    """Calibrated cross-correlations of one integration, (row, channel, 4).

    ``weight`` is zero where data are flagged. ``information`` is the sum over XX and YY of
    1 / (variance of the real part), in 1 / Jy^2; zero without autocorrelations to tell the noise.
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
    powers: AntennaPowers,
) -> Calibrated:
    """Return the cross-correlations divided by G_i conj(G_j), with weights by noise.

    ``flag`` (row, channel, 4) of the integration. Data of flagged solutions are flagged. The
    weight of a visibility is one over its noise variance after calibration, in units of the median.
    The calibrated data take the place of the integration's own: there is no memory for both.
    """
    cross = np.flatnonzero(integration.antenna1 != integration.antenna2)
    first, second = integration.antenna1[cross], integration.antenna2[cross]
    power = powers.of(integration, flag)
    relative, product = noise_weights.of_pairs(power, first, second)
    own = integration.columns["DATA"]
    data, lost = own[: len(cross)], flag[cross]
    gains, flags = _of_correlations(solutions)
    weight, total = np.empty(data.shape, np.float32), 0.0
    for block in row_blocks(data):  # rows move towards the start: none is lost before it is read
        one, two = first[block], second[block]
        gain = gains[0][one] * gains[1][two]
        lost[block] |= flags[0][one] | flags[1][two]
        values = own[cross[block]]
        values[lost[block]] = 0  # it may be NaN
        gain[lost[block]] = 1
        np.divide(values, gain, out=data[block])
        squared = gain.real**2 + gain.imag**2
        squared[lost[block]] = 0
        np.multiply(relative[block][:, None, :], squared, out=weight[block])
        total += weight[block][..., PARALLEL_HANDS].sum(dtype=np.float64)
    samples = solutions.channel_width_hz * integration.interval_s
    information = 0.0 if power is None else float(2 * samples * total / product)
    weight /= _typical(weight, lost)
    return Calibrated(first, second, data, weight, lost, information)


def _of_correlations(
    solutions: SubBandSolutions,
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return gains of the first and (conjugate) of the second antenna, and what is flagged of them.

    Each (antenna, channel, 4) for XX, XY, YX, YY.
    """
    gain = solutions.gain.astype(np.complex64)
    return (
        (gain[..., FIRST_POLARIZATION], gain[..., SECOND_POLARIZATION].conj()),
        (solutions.flag[..., FIRST_POLARIZATION], solutions.flag[..., SECOND_POLARIZATION]),
    )


def _typical(weight: np.ndarray, lost: np.ndarray) -> np.float32:
    """Return the median weight of some rows, all over the array, that are not lost; or one."""
    some = slice(None, None, max(1, len(weight) // ROWS_FOR_MEDIAN))
    kept = weight[some][~lost[some]]
    return np.median(kept) if len(kept) else np.float32(1)
