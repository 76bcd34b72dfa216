"""Weights of visibilities, from the noise that the autocorrelations of their antennas give.

The autocorrelations were collected when the raw data were read (lwacal.ingest.autocorrelations), so
that weights are known before the first visibility is read.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lwacal.ingest import autocorrelations
from lwacal.io.ms_reader import Integration
from lwacal.telescope.correlations import FIRST_POLARIZATION, PARALLEL_HANDS, SECOND_POLARIZATION


class MissingPowersError(ValueError):
    """The file of powers is not that of the data."""

    remedy = "Remove both and run again to remake them from the raw data"


class AntennaPowers:
    """Autocorrelation power of the antennas of a sub-band, by integration."""

    def __init__(self, path: str | Path) -> None:
        """Read the file that lwacal.ingest.concat has written."""
        self._path = Path(path)
        record = autocorrelations.read(self._path)
        self._of_scan = dict(zip(record["scan"].tolist(), record["power"]))

    def of(self, integration: Integration, flag: np.ndarray) -> np.ndarray | None:
        """Return the powers of X and Y, (antenna, 2), medians over channels; None without any.

        ``flag`` (row, channel, 4) of the integration is zero where data are not flagged. Where an
        autocorrelation is missing or flagged, the median of the others stands in. Raises
        MissingPowersError if the file has no such integration.
        """
        if integration.scan not in self._of_scan:
            raise MissingPowersError(
                f"{self._path} has no integration {integration.scan}, but the data have"
            )
        values = self._of_scan[integration.scan]
        lost = np.ones(values.shape, bool)
        autos = np.flatnonzero(integration.antenna1 == integration.antenna2)
        lost[integration.antenna1[autos]] = flag[autos][..., PARALLEL_HANDS] > 0
        masked = np.ma.masked_array(values, lost | ~(values > 0))
        power = np.ma.median(masked, axis=1).filled(np.nan).astype(float)
        if not np.isfinite(power).any():
            return None
        return np.where(np.isfinite(power), power, np.nanmedian(power))


def of_pairs(
    power: np.ndarray | None, antenna1: np.ndarray, antenna2: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return weights (row, 4) proportional to 1 / noise variance, and P_i P_j of weight one.

    From the powers of antennas (antenna, 2); the median weight is 1. Without powers all weights are
    1 and P_i P_j is unknown (NaN).
    """
    if power is None:
        return np.ones((len(antenna1), 4), np.float32), np.nan
    weight = inverse_powers(power, antenna1, antenna2)
    usual = float(np.median(weight))
    return (weight / usual).astype(np.float32), 1 / usual


def inverse_powers(power: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
    """Return 1 / (P_i P_j) of each row and correlation, (row, 4).

    The variance of a visibility, before calibration, is P_i P_j / (bandwidth x time) (radiometer
    equation).
    """
    first = power[antenna1][:, FIRST_POLARIZATION]
    second = power[antenna2][:, SECOND_POLARIZATION]
    return 1 / (first * second)
