"""Visibilities of sources, and rotation to another phase centre.

A point source's visibility factors by antenna: exp(+2 pi i nu/c (x_1 - x_2).s) is the phasor of
antenna 1 times the conjugate of that of antenna 2. All work is done on (antenna, channel) phasors,
and rows are formed by indexing. A resolved source is a point times its shape (lwacal.extended).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from astropy.constants import c as _c

from lwacal import geometry
from lwacal.row_blocks import row_blocks

SPEED_OF_LIGHT_M_S = _c.value


class Shape(Protocol):
    """The visibility of a resolved source over that of a point (lwacal.extended.Shape)."""

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return it, (row, channel), for u and v (row, 2) in metres in the source's frame."""


def antenna_phasors(path_m: np.ndarray, frequency_hz: np.ndarray) -> np.ndarray:
    """Return exp(+2 pi i nu/c path), shape (antenna, channel), from paths (antenna,) in metres."""
    turns = np.outer(path_m, frequency_hz) / SPEED_OF_LIGHT_M_S
    return np.exp(2j * np.pi * turns)


def baseline_phasors(
    phasors: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray
) -> np.ndarray:
    """Return (row, channel) complex64 from antenna phasors (antenna, channel)."""
    narrow = phasors.astype(np.complex64, copy=False)
    rows = narrow[antenna1]
    rows *= narrow.conj()[antenna2]
    return rows


def point_sources(
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    sources_radec: np.ndarray,
    flux_xx: np.ndarray,
    flux_yy: np.ndarray,
    centre_radec: tuple[float, float],
) -> np.ndarray:
    """Return `sources` that are all points."""
    points = [None] * len(sources_radec)
    return sources(
        antenna1, antenna2, positions_m, frequency_hz, mjd_s, sources_radec, flux_xx, flux_yy,
        points, centre_radec,
    )


def sources(
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    sources_radec: np.ndarray,
    flux_xx: np.ndarray,
    flux_yy: np.ndarray,
    shapes: Sequence[Shape | None],
    centre_radec: tuple[float, float],
) -> np.ndarray:
    """Return model visibilities XX and YY, shape (row, channel, 2), complex64, in Jy.

    ``positions_m`` (antenna, 3) ITRF; ``frequency_hz`` (channel,); ``mjd_s`` the middle of the
    integration; ``sources_radec`` (source, 2) and ``centre_radec`` ICRS radians; ``flux_xx`` and
    ``flux_yy`` (source, channel) apparent flux densities in Jy; ``shapes`` of the sources, None for
    a point. The visibility of a point is S exp(+2 pi i nu/c (x_1 - x_2).(s - s_0)), s_0 being the
    phase centre; its shape multiplies it.
    """
    centre = geometry.path_m(positions_m, *centre_radec, mjd_s)
    model = np.zeros((len(antenna1), len(frequency_hz), 2), np.complex64)
    if len(sources_radec) == 0:
        return model
    paths = geometry.path_m(positions_m, sources_radec[:, 0], sources_radec[:, 1], mjd_s)
    for path, radec, xx, yy, shape in zip(paths, sources_radec, flux_xx, flux_yy, shapes):
        phasors = antenna_phasors(path - centre, frequency_hz)
        rows = baseline_phasors(phasors, antenna1, antenna2)
        if shape is not None:
            uvw_m = geometry.antenna_uvw_m(positions_m, *radec, mjd_s)
            rows *= shape.at((uvw_m[antenna1] - uvw_m[antenna2])[:, :2])
        model[..., 0] += rows * xx.astype(np.float32)
        model[..., 1] += rows * yy.astype(np.float32)
    return model


def rotate_in_place(
    data: np.ndarray,
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    old_radec: tuple[float, float],
    new_radec: tuple[float, float],
) -> None:
    """Move the data (row, channel, correlation) from one phase centre to another, in place.

    A source at the new phase centre gets zero phase: each visibility is multiplied by
    exp(+2 pi i nu/c (x_1 - x_2).(s_old - s_new)).
    """
    old = geometry.path_m(positions_m, *old_radec, mjd_s)
    new = geometry.path_m(positions_m, *new_radec, mjd_s)
    phasors = antenna_phasors(old - new, frequency_hz).astype(np.complex64)
    for block in row_blocks(data):
        turned = baseline_phasors(phasors, antenna1[block], antenna2[block])
        data[block] *= turned[..., None]
