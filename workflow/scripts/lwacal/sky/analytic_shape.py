"""Shapes that are functions of u, v and frequency: a few Gaussians, or a disk.

As in lwacal.sky.source_shape, the shape of a source is the ratio of its visibility to that of a
point at its position. A sub-band is narrow: the function is computed at a few frequencies, its
Chebyshev nodes, and the channels follow by polynomial interpolation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BarycentricInterpolator
from scipy.special import j1

from lwacal.sky.component_lists import ARCSEC_RAD, SIGMA_OF_FWHM
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

N_NODES = 5  # error below 1e-4, and below 1e-3 in sub-bands where shares have a bend
SHARE_HZ, FITTED_HZ = 55e6, (30e6, 77e6)  # of Gaussians
Pattern = Callable[[np.ndarray, float], np.ndarray]


@dataclass(frozen=True)
class AnalyticShape:
    """The shape of a source in the channels of a sub-band.

    ``pattern`` returns it (row,) for u and v (row, 2) in wavelengths and a frequency in Hz;
    ``nodes_hz`` (node,) and ``weights`` (channel, node) interpolate between frequencies.
    """

    pattern: Pattern
    nodes_hz: np.ndarray
    weights: np.ndarray

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return the shape (row, channel), complex64, at u and v (row, 2) in metres."""
        values = np.stack(
            [self.pattern(uv_m * (hz / SPEED_OF_LIGHT_M_S), hz) for hz in self.nodes_hz]
        ).astype(np.complex64)
        parts = self.weights @ values.view(np.float32)  # (channel, 2 row): real and imaginary
        return parts.view(np.complex64).T


def shape(pattern: Pattern, frequency_hz: np.ndarray) -> AnalyticShape:
    """Return a shape for channels (channel,)."""
    low, high = frequency_hz.min(), frequency_hz.max()
    if low == high:
        return AnalyticShape(pattern, np.array([low]), np.ones((len(frequency_hz), 1), np.float32))
    nodes = np.cos(np.pi * (np.arange(N_NODES) + 0.5) / N_NODES)
    nodes_hz = (low + high) / 2 + nodes * (high - low) / 2
    of_node = BarycentricInterpolator(nodes_hz, np.eye(N_NODES))(frequency_hz)
    return AnalyticShape(pattern, nodes_hz, of_node.astype(np.float32))


@dataclass(frozen=True)
class Gaussian:
    """A part of a source: an elliptical Gaussian.

    ``share`` of the flux density at 55 MHz, which is proportional to nu^slope (relative to the
    source as a whole); ``east_arcsec`` and ``north_arcsec`` from the position of the source; FWHM
    of both axes; ``angle_deg`` of the major axis from north through east.
    """

    share: float
    slope: float
    east_arcsec: float
    north_arcsec: float
    major_arcsec: float
    minor_arcsec: float
    angle_deg: float

    def second_moments(self) -> tuple[float, float, float]:
        """Return the moments east east, north north and east north, in radians squared."""
        major, minor = (
            (fwhm * ARCSEC_RAD * SIGMA_OF_FWHM) ** 2
            for fwhm in (self.major_arcsec, self.minor_arcsec)
        )
        sin, cos = np.sin(np.deg2rad(self.angle_deg)), np.cos(np.deg2rad(self.angle_deg))
        return (
            float(major * sin**2 + minor * cos**2),
            float(major * cos**2 + minor * sin**2),
            float((major - minor) * sin * cos),
        )


def shares(parts: Sequence[Gaussian], frequency_hz: float) -> np.ndarray:
    """Return the fractions of the flux density in each part, (part,); they add up to 1.

    Outside FITTED_HZ those at the nearest end.
    """
    ratio = np.clip(frequency_hz, *FITTED_HZ) / SHARE_HZ
    flux = np.array([part.share * ratio**part.slope for part in parts])
    return flux / flux.sum()


def gaussians(parts: Sequence[Gaussian]) -> Pattern:
    """Return the pattern of a sum of Gaussians.

    Each has share x exp(2 pi i (u l + v m)) exp(-2 pi^2 (u^2 ll + v^2 mm + 2 u v lm)), with l its
    offset to the east, m to the north, and ll, mm, lm its second moments.
    """
    offsets = np.array([[part.east_arcsec, part.north_arcsec] for part in parts]) * ARCSEC_RAD
    moments = np.array([part.second_moments() for part in parts])

    def pattern(uv_lambda: np.ndarray, frequency_hz: float) -> np.ndarray:
        u, v = uv_lambda.T.astype(np.float32)
        total = np.zeros(len(u), np.complex64)
        for share, (east, north), (ll, mm, lm) in zip(
            shares(parts, frequency_hz), offsets, moments
        ):
            phase = np.float32(2 * np.pi * east) * u + np.float32(2 * np.pi * north) * v
            exponent = ll * u**2 + mm * v**2 + 2 * lm * u * v
            envelope = np.float32(share) * np.exp(np.float32(-2 * np.pi**2) * exponent)
            total.real += envelope * np.cos(phase)
            total.imag += envelope * np.sin(phase)
        return total

    return pattern


def disk(diameter_rad: Callable[[float], float]) -> Pattern:
    """Return the pattern of a uniform disk, 2 J1(x) / x with x = pi |uv| diameter.

    ``diameter_rad`` is a function of the frequency in Hz.
    """

    def pattern(uv_lambda: np.ndarray, frequency_hz: float) -> np.ndarray:
        x = np.pi * diameter_rad(frequency_hz) * np.hypot(*uv_lambda.T)
        return np.where(x > 0, 2 * j1(x) / np.where(x > 0, x, 1), 1.0)

    return pattern
