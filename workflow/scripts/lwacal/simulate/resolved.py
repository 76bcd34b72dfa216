"""Resolved sources of the A-team: a direct sum over Gaussians.

They are those of the sky model (lwacal.sky.a_team_shapes), or the components of lists that the
options name, so that model and truth can differ. The sum is computed exactly at some frequencies of
a sub-band and interpolated to the channels by a polynomial.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BarycentricInterpolator

from lwacal.simulate.effects import Effect
from lwacal.simulate.seen import Exposure, Observation, Seen
from lwacal.sky import a_team_shapes, analytic_shape, component_lists, sources
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

NODES = 8
ARCSEC_RAD = np.deg2rad(1 / 3600)
SIGMA_OF_FWHM = 1 / np.sqrt(8 * np.log(2))
VALUES = 4_000_000  # rows times components at once


@dataclass(frozen=True)
class Parts:
    """Gaussians: offsets east and north (part, 2), covariance (part, 2, 2), in radians.

    ``shares`` takes a frequency and returns the fraction of the flux density in each, (part,).
    """

    offset_rad: np.ndarray
    covariance: np.ndarray
    shares: Callable[[float], np.ndarray]

    def visibility(self, uv_lambda: np.ndarray, frequency_hz: float) -> np.ndarray:
        """Return the visibility over that of a point, (row,), for u and v (row, 2)."""
        share = self.shares(frequency_hz).astype(np.float32)
        result = np.empty(len(uv_lambda), np.complex64)
        step = max(1, VALUES // len(share))
        for start in range(0, len(uv_lambda), step):
            uv = uv_lambda[start : start + step]
            phase = (2 * np.pi * uv @ self.offset_rad.T).astype(np.float32)
            width = np.einsum("ri,kij,rj->rk", uv, self.covariance, uv, optimize=True)
            envelope = np.exp(-2 * np.pi**2 * width.astype(np.float32)) * share
            result[start : start + step] = (envelope * np.cos(phase)).sum(axis=1) + 1j * (
                envelope * np.sin(phase)
            ).sum(axis=1)
        return result


@dataclass(frozen=True)
class Shape:
    """The shape of a source in an exposure: its parts, u and v of the antennas, and channels."""

    parts: Parts
    uv_m: np.ndarray
    frequency_hz: np.ndarray

    def visibility(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the visibilities over those of a point, (row, channel)."""
        uv_m = self.uv_m[first] - self.uv_m[second]
        low, high = self.frequency_hz.min(), self.frequency_hz.max()
        points = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
        at_hz = (low + high) / 2 + (high - low) / 2 * points
        if len(self.frequency_hz) <= NODES:
            at_hz, matrix = self.frequency_hz, np.eye(len(self.frequency_hz))
        else:
            matrix = BarycentricInterpolator(at_hz, np.eye(NODES))(self.frequency_hz)
        values = [
            self.parts.visibility(uv_m * (hz / SPEED_OF_LIGHT_M_S), float(hz)) for hz in at_hz
        ]
        return np.asarray((matrix @ np.stack(values)).T, np.complex64)


def built_in(name: str) -> Parts:
    """Return the Gaussians of the sky model."""
    gaussians = a_team_shapes.GAUSSIANS[name]
    numbers = np.array(
        [
            [g.east_arcsec, g.north_arcsec, g.major_arcsec, g.minor_arcsec, g.angle_deg]
            for g in gaussians
        ]
    )
    fwhm_rad, angle_rad = numbers[:, 2:4] * ARCSEC_RAD, np.deg2rad(numbers[:, 4])
    return Parts(
        numbers[:, :2] * ARCSEC_RAD,
        covariances(fwhm_rad[:, 0], fwhm_rad[:, 1], angle_rad),
        lambda frequency_hz: analytic_shape.shares(gaussians, frequency_hz),
    )


def from_list(name: str, components: component_lists.Components) -> Parts:
    """Return the components of a list around the position of a source."""
    east, north = component_lists.offsets(components, sources.POSITIONS[name])

    def shares(frequency_hz: float) -> np.ndarray:
        flux = components.spectra_jy(np.array([frequency_hz]))[:, 0]
        return np.asarray(flux / flux.sum())

    return Parts(
        np.stack([east, north], axis=1),
        covariances(components.major_rad, components.minor_rad, components.angle_rad),
        shares,
    )


def covariances(major_rad: np.ndarray, minor_rad: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
    """Return covariances (part, 2, 2) of Gaussians with FWHM and position angles, all (part,)."""
    along = np.stack([np.sin(angle_rad), np.cos(angle_rad)], axis=1)
    across = np.stack([np.cos(angle_rad), -np.sin(angle_rad)], axis=1)
    return np.asarray(
        sum(
            (fwhm * SIGMA_OF_FWHM)[:, None, None] ** 2 * axis[:, :, None] * axis[:, None, :]
            for fwhm, axis in ((major_rad, along), (minor_rad, across))
        )
    )


class Resolved:
    """The shapes of the A-team."""

    def __init__(self, night: Observation, effect: Effect) -> None:
        lists = dict(night.options.component_lists)
        self._night = night
        self._parts = {
            name: from_list(name, component_lists.read(lists[name]))
            if name in lists
            else built_in(name)
            for name in night.options.sources
        }

    def apply(self, seen: Seen, exposure: Exposure) -> None:
        """Add the shape of a source."""
        name = self._night.sky.names[seen.source] if seen.source >= 0 else ""
        if name in self._parts:
            uv_m = self._night.uvw_m(seen.source, exposure.mid_mjd_s)[:, :2]
            seen.shapes.append(Shape(self._parts[name], uv_m, exposure.frequency_hz))

    def truth(self) -> dict[str, np.ndarray]:
        """Return nothing: the shapes follow from the options."""
        return {}
