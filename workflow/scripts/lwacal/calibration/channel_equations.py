"""The normal equations of some channels and one polarization, as the solver uses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.calibration import stefcal
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.telescope.baselines import BaselineMatrix


@dataclass
class ChannelSums:
    """Part of VisibilitySums, each array (channel, baseline)."""

    baselines: BaselineMatrix
    data_model: np.ndarray
    model_power: np.ndarray
    data_power: np.ndarray
    count: np.ndarray

    @staticmethod
    def of(
        sums: VisibilitySums, pol: int, channels: slice | np.ndarray, least_baselines: int
    ) -> ChannelSums:
        """Return a copy of some of the sums.

        Antennas with fewer than ``least_baselines`` baselines in a channel are left out there.
        """
        parts = (sums.data_model, sums.model_power, sums.data_power, sums.count)
        some = ChannelSums(sums.baselines, *(part[pol, channels].copy() for part in parts))
        some.leave_out_poor_antennas(least_baselines)
        return some

    def leave_out(self, lost: np.ndarray) -> None:
        """Set sums to zero, in place; ``lost`` (channel, baseline)."""
        for part in (self.data_model, self.model_power, self.data_power, self.count):
            part[lost] = 0

    def leave_out_poor_antennas(self, least: int) -> None:
        """Leave out antennas with too few baselines, until all that remain have enough."""
        while True:
            number = self.baselines.by_antenna(self.count > 0)
            poor = (number > 0) & (number < least)
            if not poor.any():
                return
            first, second = self.baselines.of_antennas(poor)
            self.leave_out(first | second)

    def solve(self, start: np.ndarray | None = None) -> stefcal.Gains:
        """Return the gains (channel, antenna)."""
        a = self.baselines.hermitian(self.data_model)
        return stefcal.solve(a, self.baselines.symmetric(self.model_power), start)

    def residual_power(self, gain: np.ndarray) -> np.ndarray:
        """Return sum w |V - G_i conj(G_j) M|^2 of each baseline, (channel, baseline)."""
        first, second = self.baselines.of_antennas(gain)
        pairs = first * second.conj()
        cross = pairs.real * self.data_model.real + pairs.imag * self.data_model.imag
        model = (pairs.real**2 + pairs.imag**2) * self.model_power
        return np.maximum(self.data_power - 2 * cross + model, 0)
