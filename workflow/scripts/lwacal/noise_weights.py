"""Weights of visibilities by the noise that the autocorrelations of their antennas tell."""

from __future__ import annotations

import numpy as np

from lwacal import flagging, ms_reader

PARALLEL_HANDS = [0, 3]  # XX and YY of XX, XY, YX, YY


def of_rows(
    integration: ms_reader.Integration, flag: np.ndarray, n_antennas: int
) -> np.ndarray:
    """Return weights (row, 4) proportional to 1 / noise variance, with a median of 1.

    The variance of a visibility is proportional to the product of the two autocorrelations
    (radiometer equation). Where an autocorrelation is missing or flagged, the median of the others
    stands in.
    """
    power = np.full((n_antennas, 2), np.nan)
    autos = integration.antenna1 == integration.antenna2
    values = integration.columns["DATA"][autos][..., PARALLEL_HANDS].real
    usable = ~flag[autos][..., PARALLEL_HANDS] & (values > 0)
    masked = np.ma.masked_array(values, ~usable)
    power[integration.antenna1[autos]] = np.ma.median(masked, axis=1).filled(np.nan)
    if not np.isfinite(power).any():
        return np.ones((len(integration.antenna1), 4), np.float32)
    power = np.where(np.isfinite(power), power, np.nanmedian(power))
    first = power[integration.antenna1][:, flagging.FIRST_POLARIZATION]
    second = power[integration.antenna2][:, flagging.SECOND_POLARIZATION]
    weight = 1 / (first * second)
    return (weight / np.median(weight)).astype(np.float32)
