"""Sums of some channels as matrices over antennas, which the solver works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.visibility_sums import VisibilitySums


@dataclass
class Matrices:
    """Sums of some channels and one polarization as (channel, antenna, antenna) matrices."""

    data_model: np.ndarray
    model_power: np.ndarray
    data_power: np.ndarray
    count: np.ndarray

    def leave_out(self, lost: np.ndarray) -> None:
        """Set what is lost, (channel, antenna, antenna) bool, to zero, in place."""
        for matrix in (self.data_model, self.model_power, self.data_power, self.count):
            matrix[lost] = 0


def of_channels(
    sums: VisibilitySums, channels: slice | np.ndarray, pol: int, least_baselines: int
) -> Matrices:
    """Return the matrices of some channels and a polarization.

    Antennas with fewer baselines than ``least_baselines`` in a channel are left out there.
    """

    def square(rows: np.ndarray, kind: type) -> np.ndarray:
        some = rows[:, channels, pol].T
        matrix = np.zeros((len(some), sums.n_antennas, sums.n_antennas), kind)
        matrix[:, sums.antenna1, sums.antenna2] = some
        matrix[:, sums.antenna2, sums.antenna1] = some.conj()
        return matrix

    matrices = Matrices(
        square(sums.data_model, np.complex64), square(sums.model_power, np.float32),
        square(sums.data_power, np.float32), square(sums.count, np.uint16),
    )
    leave_out_poor_antennas(matrices, least_baselines)
    return matrices


def leave_out_poor_antennas(matrices: Matrices, least: int) -> None:
    """Leave out antennas with too few baselines, until all that remain have enough."""
    while True:
        number = np.count_nonzero(matrices.count, axis=2)
        poor = (number > 0) & (number < least)
        if not poor.any():
            return
        matrices.leave_out(poor[:, :, None] | poor[:, None, :])


def residual_power(matrices: Matrices, gain: np.ndarray) -> np.ndarray:
    """Return sum w |V - G_i conj(G_j) M|^2 of each baseline, (channel, antenna, antenna)."""
    pairs = gain[:, :, None] * gain[:, None, :].conj()
    cross = (pairs.conj() * matrices.data_model).real
    model = (pairs.real**2 + pairs.imag**2) * matrices.model_power
    return np.maximum(matrices.data_power - 2 * cross + model, 0)
