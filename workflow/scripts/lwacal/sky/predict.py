"""Model visibilities of sources, factored by antenna (lwacal.telescope.phasors).

A resolved source is a point times its shape (lwacal.sky.source_shape). Diffuse emission, which does
not factor, is added to the sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from lwacal.telescope import geometry
from lwacal.telescope.phasors import antenna_phasors

FEW = 8  # antennas by all others in one product of matrices: 9 MB at 192 channels


class Shape(Protocol):
    """The ratio of the visibility of a resolved source to that of a point (source_shape.Shape)."""

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return the ratio, (row, channel), for u and v (row, 2) in metres towards the source."""


class Diffuse(Protocol):
    """Diffuse emission in one integration."""

    def visibilities(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return XX and YY of baselines, (2, channel, row), complex64, in Jy."""


@dataclass(frozen=True)
class SomeChannels:
    """A shape, or diffuse emission, in some channels only."""

    whole: Any
    channels: np.ndarray

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return the ratio of a shape, (row, channel)."""
        return self.whole.at(uv_m)[:, self.channels]

    def visibilities(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return those of diffuse emission, (2, channel, row)."""
        return self.whole.visibilities(antenna1, antenna2)[:, self.channels]


@dataclass(frozen=True)
class FactoredModel:
    """The model of one integration, factored by antenna; see `factor_by_antenna`.

    ``phasors`` (source, channel, antenna) complex64; ``flux_jy`` (2, source, channel, 1) XX and YY;
    ``uv_m`` has u and v (antenna, 2) towards each resolved source, and is empty for points.
    ``diffuse`` is None without a model of the diffuse emission; ``diffuse_factor`` multiplies it.
    """

    phasors: np.ndarray
    flux_jy: np.ndarray
    shapes: Sequence[Shape | None]
    uv_m: Sequence[np.ndarray]
    diffuse: Diffuse | None = None
    diffuse_factor: float = 1.0

    def of_channels(self, channels: np.ndarray) -> FactoredModel:
        """Return the model of some channels, (channel,) numbers."""
        return replace(
            self,
            phasors=self.phasors[:, channels],
            flux_jy=self.flux_jy[:, :, channels],
            shapes=[shape and SomeChannels(shape, channels) for shape in self.shapes],
            diffuse=self.diffuse and SomeChannels(self.diffuse, channels),
        )

    def of_sources(self, sources: np.ndarray) -> FactoredModel:
        """Return the model of some sources, (source,) numbers, without diffuse emission."""
        return replace(
            self,
            phasors=self.phasors[sources],
            flux_jy=self.flux_jy[:, sources],
            shapes=[self.shapes[source] for source in sources],
            uv_m=[self.uv_m[source] for source in sources],
            diffuse=None,
        )

    def diffuse_visibilities(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return those of the diffuse emission, (2, channel, row), complex64, in Jy."""
        if self.diffuse is None:
            return np.zeros((2, self.phasors.shape[1], len(antenna1)), np.complex64)
        return np.float32(self.diffuse_factor) * self.diffuse.visibilities(antenna1, antenna2)

    def visibilities(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return XX and YY of baselines, (2, channel, row), complex64, in Jy."""
        model = self.diffuse_visibilities(antenna1, antenna2)
        self._add_points(model, antenna1, antenna2)
        for number, (phasor, shape, uv_m) in enumerate(zip(self.phasors, self.shapes, self.uv_m)):
            if shape is None:
                continue
            rows = np.take(phasor, antenna1, axis=1)
            rows *= np.take(phasor.conj(), antenna2, axis=1)
            rows *= shape.at(uv_m[antenna1] - uv_m[antenna2]).T
            for pol in (0, 1):
                model[pol] += rows * self.flux_jy[pol, number]
        return model

    def _add_points(self, model: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> None:
        """Add the points to visibilities (2, channel, row), by products of matrices, in place.

        Blocks of rows in the order of measurement sets have few first (or few second) antennas. Per
        channel the product has these by all antennas that they are paired with, so that many faint
        points cost little. Rows in another order are taken in pieces.
        """
        points, phasors = self._points
        if not points:
            return
        n_channels = phasors.shape[1]
        every, seconds = np.unique(antenna1), np.unique(antenna2)
        swap = len(seconds) < len(every)
        if swap:
            every, antenna1, antenna2 = seconds, antenna2, antenna1
        for few in (every[start : start + FEW] for start in range(0, len(every), FEW)):
            rows: slice | np.ndarray = slice(None)
            if len(every) > FEW:
                rows = np.flatnonzero((antenna1 >= few[0]) & (antenna1 <= few[-1]))
            others = slice(antenna2[rows].min(), antenna2[rows].max() + 1)
            left = phasors[:, :, few].conj() * self.flux_jy[:, points]
            left = left.transpose(2, 0, 3, 1).reshape(n_channels, 2 * len(few), len(points))
            right = phasors[:, :, others].transpose(1, 0, 2)
            product = left @ right  # (channel, 2 few, antenna), conjugated
            n_others = right.shape[2]
            product = product.reshape(n_channels, 2, len(few) * n_others)
            place = np.searchsorted(few, antenna1[rows]) * n_others + antenna2[rows] - others.start
            for pol in (0, 1):
                found = np.take(product[:, pol], place, axis=1)
                model[pol][:, rows] += found if swap else found.conj()

    @cached_property
    def _points(self) -> tuple[list[int], np.ndarray]:
        """The numbers of the points and their phasors, (source, channel, antenna)."""
        points = [number for number, shape in enumerate(self.shapes) if shape is None]
        return points, self.phasors[points]

    def rows(self, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
        """Return XX and YY in the axis order of data, (row, channel, 2), complex64, in Jy."""
        return np.ascontiguousarray(self.visibilities(antenna1, antenna2).transpose(2, 1, 0))


def factor_by_antenna(
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    sources_radec: np.ndarray,
    flux_xx: np.ndarray,
    flux_yy: np.ndarray,
    shapes: Sequence[Shape | None],
    centre_radec: tuple[float, float],
) -> FactoredModel:
    """Return the model in the middle of an integration, factored by antenna.

    ``positions_m`` (antenna, 3) ITRF; ``frequency_hz`` (channel,); ``mjd_s`` the middle of the
    integration; ``sources_radec`` (source, 2) and ``centre_radec`` ICRS radians; ``flux_xx`` and
    ``flux_yy`` (source, channel) apparent flux densities in Jy; ``shapes`` of the sources, None for
    points. The visibility of a point is S exp(+2 pi i nu/c (x_1 - x_2).(s - s_0)), with s_0 the
    phase centre; that of a resolved source is multiplied by its shape.
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
    return FactoredModel(phasors, flux_jy.astype(np.complex64), shapes, uv_m)
