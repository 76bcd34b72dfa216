"""The sums over integrations that the solver needs, from one read of a concatenated set.

Per baseline, channel and polarization (XX, YY): w V conj(M), w |M|^2, w |V|^2 and the number of
visibilities, w being zero where data are flagged. The model M is predicted from antenna phasors, an
integration at a time; weights follow the noise of the two antennas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal import ms_reader, noise_weights, uv_range
from lwacal.noise_weights import PARALLEL_HANDS
from lwacal.records import say
from lwacal.sub_band import SubBand


@dataclass
class VisibilitySums:
    """Sums of one sub-band, each (baseline, channel, 2); ``antenna1 < antenna2`` (baseline,).

    The last axis is XX, YY: ``data_model`` is sum w V conj(M), ``model_power`` sum w |M|^2,
    ``data_power`` sum w |V|^2, ``count`` the number of unflagged visibilities. That of
    ``cross_model`` is XY, YX: sum w V conj(M) with the mean of the models of XX and YY, as if a
    port carried the other polarization. ``length_lambda`` (baseline,) at the middle of the sub-band
    and of the observation. Memory at 352 antennas and 192 channels: 0.6 GB.
    """

    antenna1: np.ndarray
    antenna2: np.ndarray
    length_lambda: np.ndarray
    n_antennas: int
    data_model: np.ndarray
    model_power: np.ndarray
    data_power: np.ndarray
    count: np.ndarray
    cross_model: np.ndarray

    def leave_out(self, lost: np.ndarray) -> None:
        """Set sums to zero, in place; ``lost`` broadcasts to (baseline, channel, 2)."""
        for sums in (
            self.data_model, self.model_power, self.data_power, self.count, self.cross_model
        ):
            sums[np.broadcast_to(lost, sums.shape)] = 0

    def leave_out_of_range(self, low_lambda: float, high_lambda: float) -> None:
        """Set the sums of baselines that are shorter or longer to zero, in place."""
        outside = (self.length_lambda < low_lambda) | (self.length_lambda > high_lambda)
        self.leave_out(outside[:, None, None])

    def weigh(self, factor: np.ndarray) -> None:
        """Multiply weights by the factors (antenna, 2) of both signals of a baseline, in place."""
        first, second = factor[self.antenna1], factor[self.antenna2]
        own = (first * second)[:, None].astype(np.float32)
        for sums in (self.data_model, self.model_power, self.data_power):
            sums *= own
        self.cross_model *= (first * second[:, ::-1])[:, None].astype(np.float32)


def read(
    band: SubBand,
    integrations: int | None = None,
) -> VisibilitySums:
    """Read a sub-band once and return its sums; ``integrations`` limits how many are taken.

    Memory: the sums, the flags of the sub-band, and about four times one integration.
    """
    sky, flagged = band.sky(), band.flagged()
    sums = _empty(band)
    place = np.zeros((sums.n_antennas, sums.n_antennas), int)
    place[sums.antenna1, sums.antenna2] = np.arange(len(sums.antenna1))
    for number, item in enumerate(ms_reader.iterate_integrations(band.concatenated, ("DATA",))):
        if number == integrations:
            break
        say(f"{band.name}: reading integration {item.scan}")
        cross = np.flatnonzero(item.antenna1 != item.antenna2)
        flag = flagged[item.rows]
        weight = noise_weights.of_rows(item, flag, sums.n_antennas)[cross][:, None]
        first, second = item.antenna1[cross], item.antenna2[cross]
        predicted = sky.visibilities(first, second, item.mjd_s)
        weight = np.where(flag[cross], np.float32(0), weight)
        data = np.where(flag[cross], np.complex64(0), item.columns["DATA"][cross])
        _add(sums, place[first, second], data, predicted, weight, ~flag[cross])
    return sums


def _empty(band: SubBand) -> VisibilitySums:
    antenna1, antenna2, length_lambda = uv_range.baselines_of_array(band.manifest, band.name)
    shape = (len(antenna1), len(band.frequency_hz), 2)
    return VisibilitySums(
        antenna1, antenna2, length_lambda, len(band.antennas.names),
        np.zeros(shape, np.complex64), np.zeros(shape, np.float32), np.zeros(shape, np.float32),
        np.zeros(shape, np.uint16), np.zeros(shape, np.complex64),
    )


def _add(
    sums: VisibilitySums, rows: np.ndarray, data: np.ndarray, model: np.ndarray,
    weight: np.ndarray, free: np.ndarray,
) -> None:
    """Add one integration, in place; each baseline is in it at most once.

    ``data``, ``weight`` and ``free`` (row, channel, 4), zero where flagged; ``model`` (row,
    channel, 2).
    """
    mean = model.mean(axis=-1, keepdims=True)
    sums.cross_model[rows] += weight[..., 1:3] * data[..., 1:3] * mean.conj()
    data, weight = data[..., PARALLEL_HANDS], weight[..., PARALLEL_HANDS]
    sums.data_model[rows] += weight * data * model.conj()
    sums.model_power[rows] += weight * (model.real**2 + model.imag**2)
    sums.data_power[rows] += weight * (data.real**2 + data.imag**2)
    sums.count[rows] += free[..., PARALLEL_HANDS]
