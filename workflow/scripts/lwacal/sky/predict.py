"""Model visibilities of sources, factored by antenna (lwacal.telescope.phasors).

A resolved source is a point times its shape (lwacal.sky.source_shape).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lwacal.telescope import geometry
from lwacal.telescope.phasors import antenna_phasors


class Shape(Protocol):
    """The visibility of a resolved source over that of a point (lwacal.sky.source_shape.Shape)."""

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return it, (row, channel), for u and v (row, 2) in metres in the source's frame."""


@dataclass(frozen=True)
class SeenByAntennas:
    """Sources in one integration, factored by antenna; see `seen_by_antennas`.

    ``phasors`` (source, channel, antenna) complex64; ``flux_jy`` (2, source, channel, 1) XX and YY;
    ``uv_m`` of each source with a shape (antenna, 2), in the source's frame; empty for a point.
    """

    phasors: np.ndarray
    flux_jy: np.ndarray
    shapes: Sequence[Shape | None]
    uv_m: Sequence[np.ndarray]

    def visibilities(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return XX and YY of rows, (2, channel, row), complex64, in Jy."""
        model = np.zeros((2, self.phasors.shape[1], len(antenna1)), np.complex64)
        for number, (phasor, shape, uv_m) in enumerate(zip(self.phasors, self.shapes, self.uv_m)):
            rows = np.take(phasor, antenna1, axis=1)
            rows *= np.take(phasor.conj(), antenna2, axis=1)
            if shape is not None:
                rows *= shape.at(uv_m[antenna1] - uv_m[antenna2]).T
            for pol in (0, 1):
                model[pol] += rows * self.flux_jy[pol, number]
        return model

    def rows(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return XX and YY of rows as data are stored, (row, channel, 2), complex64, in Jy."""
        return np.ascontiguousarray(self.visibilities(antenna1, antenna2).transpose(2, 1, 0))


def seen_by_antennas(
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    sources_radec: np.ndarray,
    flux_xx: np.ndarray,
    flux_yy: np.ndarray,
    shapes: Sequence[Shape | None],
    centre_radec: tuple[float, float],
) -> SeenByAntennas:
    """Return sources as the antennas see them in the middle of an integration.

    ``positions_m`` (antenna, 3) ITRF; ``frequency_hz`` (channel,); ``mjd_s`` the middle of the
    integration; ``sources_radec`` (source, 2) and ``centre_radec`` ICRS radians; ``flux_xx`` and
    ``flux_yy`` (source, channel) apparent flux densities in Jy; ``shapes`` of the sources, None for
    a point. The visibility of a point is S exp(+2 pi i nu/c (x_1 - x_2).(s - s_0)), s_0 being the
    phase centre; its shape multiplies it.
    """
    phasors = np.zeros((len(shapes), len(frequency_hz), len(positions_m)), np.complex64)
    uv_m = []
    if len(shapes):
        centre = geometry.path_m(positions_m, *centre_radec, mjd_s)
        radec = np.asarray(sources_radec)
        paths = geometry.path_m(positions_m, radec[:, 0], radec[:, 1], mjd_s)
    for number, shape in enumerate(shapes):
        phasors[number] = antenna_phasors(paths[number] - centre, frequency_hz).T
        if shape is None:
            uv_m.append(np.empty((0, 2)))
        else:
            ra_rad, dec_rad = radec[number]
            uv_m.append(geometry.antenna_uvw_m(positions_m, ra_rad, dec_rad, mjd_s)[:, :2])
    flux_jy = np.reshape([flux_xx, flux_yy], (2, len(shapes), len(frequency_hz), 1))
    return SeenByAntennas(phasors, flux_jy.astype(np.complex64), shapes, uv_m)
