"""Shapes that are functions of u, v and frequency: a few Gaussians, or a disk.

As in lwacal.sky.source_shape, the shape of a source is the ratio of its visibility to that of a
point at its position. A sub-band is narrow: the function is computed at a few frequencies, its
Chebyshev nodes, and the channels follow by polynomial interpolation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BarycentricInterpolator
from scipy.special import j1

from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

N_NODES = 5  # error below 1e-4 in every sub-band: tests/sky/test_analytic_shape.py
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


def disk(diameter_rad: Callable[[float], float]) -> Pattern:
    """Return the pattern of a uniform disk, 2 J1(x) / x with x = pi |uv| diameter.

    ``diameter_rad`` is a function of the frequency in Hz.
    """

    def pattern(uv_lambda: np.ndarray, frequency_hz: float) -> np.ndarray:
        x = np.pi * diameter_rad(frequency_hz) * np.hypot(*uv_lambda.T)
        return np.where(x > 0, 2 * j1(x) / np.where(x > 0, x, 1), 1.0)

    return pattern
