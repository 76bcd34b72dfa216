"""Weights of visibilities by the noise that the autocorrelations of their antennas tell."""

from __future__ import annotations

import numpy as np

from lwacal import flagging, ms_reader

PARALLEL_HANDS = [0, 3]  # XX and YY of XX, XY, YX, YY


def of_rows(
    integration: ms_reader.Integration, flag: np.ndarray, n_antennas: int
) -> np.ndarray:
    """Return weights (row, 4) proportional to 1 / noise variance, with a median of 1.

    The integration has its DATA; ``flag`` (row, channel, 4) is zero where data are not flagged.
    """
    autos = integration.antenna1 == integration.antenna2
    power = antenna_powers(
        integration.antenna1[autos], integration.columns["DATA"][autos], flag[autos], n_antennas
    )
    return of_pairs(power, integration.antenna1, integration.antenna2)[0]


def of_pairs(
    power: np.ndarray | None, antenna1: np.ndarray, antenna2: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return weights (row, 4) from the powers of antennas (antenna, 2), and P_i P_j of weight one.

    All weights are 1 without powers; what that means is then not known (NaN).
    """
    if power is None:
        return np.ones((len(antenna1), 4), np.float32), np.nan
    weight = _inverse(power, antenna1, antenna2)
    usual = float(np.median(weight))
    return (weight / usual).astype(np.float32), 1 / usual


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
    return _inverse(power, integration.antenna1, integration.antenna2)


def antenna_powers(
    antennas: np.ndarray, data: np.ndarray, flag: np.ndarray, n_antennas: int
) -> np.ndarray | None:
    """Return the powers of X and Y, (antenna, 2), medians over channels; None if there are none.

    From autocorrelations: ``antennas`` (row,), ``data`` and ``flag`` (row, channel, 4). Where one
    is missing or flagged, the median of the others stands in.
    """
    power = np.full((n_antennas, 2), np.nan)
    values = data[..., PARALLEL_HANDS].real
    usable = (flag[..., PARALLEL_HANDS] == 0) & (values > 0)
    masked = np.ma.masked_array(values, ~usable)
    power[antennas] = np.ma.median(masked, axis=1).filled(np.nan)
    if not np.isfinite(power).any():
        return None
    return np.where(np.isfinite(power), power, np.nanmedian(power))


def _inverse(power: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
    first = power[antenna1][:, flagging.FIRST_POLARIZATION]
    second = power[antenna2][:, flagging.SECOND_POLARIZATION]
    return 1 / (first * second)
