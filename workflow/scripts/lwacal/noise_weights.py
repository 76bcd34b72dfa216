"""Weights of visibilities by the noise that the autocorrelations of their antennas tell."""

from __future__ import annotations

import numpy as np

from lwacal import flagging, ms_reader

PARALLEL_HANDS = [0, 3]  # XX and YY of XX, XY, YX, YY


def of_rows(
    integration: ms_reader.Integration, flag: np.ndarray, n_antennas: int
) -> np.ndarray:
    """Return weights (row, 4) proportional to 1 / noise variance, with a median of 1."""
    weight = inverse_powers(integration, flag, n_antennas)
    if weight is None:
        return np.ones((len(integration.antenna1), 4), np.float32)
    return (weight / np.median(weight)).astype(np.float32)


def inverse_powers(
    integration: ms_reader.Integration, flag: np.ndarray, n_antennas: int
) -> np.ndarray | None:
    """Return 1 / (P_i P_j) of each row and correlation, (row, 4); None without autocorrelations.

    P are the autocorrelations, medians over channels; the variance of a visibility, before
    calibration, is P_i P_j / (bandwidth x time) (radiometer equation).
    """
    autos = integration.antenna1 == integration.antenna2
    power = antenna_powers(
        integration.antenna1[autos], integration.columns["DATA"][autos], flag[autos], n_antennas
    )
    if power is None:
        return None
    return inverse(power, integration.antenna1, integration.antenna2)


def antenna_powers(
    antennas: np.ndarray, data: np.ndarray, flag: np.ndarray, n_antennas: int
) -> np.ndarray | None:
    """Return the powers of X and Y, (antenna, 2), medians over channels; None if there are none.

    From autocorrelations: ``antennas`` (row,), ``data`` and ``flag`` (row, channel, 4). Where one
    is missing or flagged, the median of the others stands in.
    """
    power = np.full((n_antennas, 2), np.nan)
    values = data[..., PARALLEL_HANDS].real
    usable = ~flag[..., PARALLEL_HANDS] & (values > 0)
    masked = np.ma.masked_array(values, ~usable)
    power[antennas] = np.ma.median(masked, axis=1).filled(np.nan)
    if not np.isfinite(power).any():
        return None
    return np.where(np.isfinite(power), power, np.nanmedian(power))


def inverse(power: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
    """Return 1 / (P_i P_j) of rows (row, 4), from powers (antenna, 2)."""
    first = power[antenna1][:, flagging.FIRST_POLARIZATION]
    second = power[antenna2][:, flagging.SECOND_POLARIZATION]
    return 1 / (first * second)
