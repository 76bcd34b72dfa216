"""Solutions of all sub-bands with what is known of them and of their antennas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.io.solutions import Bandpass


@dataclass(kw_only=True, eq=False)
class SolvedBandpass(Bandpass):
    """Solutions of all sub-bands, with what the solver and the autocorrelations know of them.

    ``error`` rms |dG| (antenna, channel, 2); ``baselines`` (antenna, sub-band), how many each
    antenna was solved with; ``power`` (antenna, channel, 2) of the autocorrelations, the median
    over integrations, NaN where there is none; ``group`` (antenna,) int, equal for like antennas;
    ``distance_m`` (antenna,) from the middle of the array.
    """

    error: np.ndarray
    baselines: np.ndarray
    power: np.ndarray | None = None
    group: np.ndarray | None = None
    distance_m: np.ndarray | None = None

    def half_log_power(self) -> np.ndarray:
        """Return ln amplitudes that the powers have, (antenna, channel, 2); NaN if unknown."""
        if self.power is None:
            return np.full(self.gain.shape, np.nan)
        return np.asarray(np.log(np.where(self.power > 0, self.power, np.nan)) / 2)

    def groups(self) -> np.ndarray:
        """Return the group of each antenna, (antenna,)."""
        return np.zeros(len(self.antenna_names), int) if self.group is None else self.group
