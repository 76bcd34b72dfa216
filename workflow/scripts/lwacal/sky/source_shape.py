"""The shape of a resolved source on the uv plane, from its components.

The visibility of a source is that of a point at its position times its shape, the sum over
components of a_k exp(2 pi i (u l_k + v m_k)) G_k(u, v). Here a_k is the fraction of the flux
density of the channel in component k (they add up to 1), l_k and m_k are its offset, and G_k is the
envelope of a Gaussian, exp(-2 pi^2 (sigma_major^2 u_major^2 + sigma_minor^2 u_minor^2)). Sources
are small, so the shape is smooth. It is computed on a grid and interpolated, by cubic splines in u
and v, and by polynomials on Chebyshev nodes in frequency (except the fractions, which have bends).
The grid is in metres, so that one matrix interpolates all channels of a row.

The term 2 pi w (n - 1) within the source is neglected. It is pi w r^2 at the distance r. For w
equal to the longest baseline (2.4 km) at 87 MHz it is 0.13 rad at the edge of the halo of Vir A
(27 arcmin); averaged over the flux of Vir A (3.5 arcmin rms) it changes the flux density by 2e-3.
On real baselines, with Vir A at an elevation of 27 degrees, it is at most 9e-4. For other sources
it is smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import factorial

import numpy as np
from scipy.interpolate import BarycentricInterpolator, NdBSpline, make_interp_spline

from lwacal.sky.component_lists import Components, offsets, shares
from lwacal.sky.sources import Direction
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

GRID_ERROR = 1e-3  # largest error of the interpolation in u and v, over the flux density
NODE_ERROR = 1e-4  # largest error of the interpolation in frequency
# Error of a bicubic spline over step^4 times the sum of the fourth derivatives: 5/384 in one
# dimension (Hall & Meyer 1976), times the norm of the spline in the other, 1.55
SPLINE_ERROR = 5 / 384 * 1.55
FEWEST_POINTS = 6
LARGEST_STEP_LAMBDA = 1000.0
VALUES_AT_ONCE = 2_000_000  # complex; about three such arrays are in memory: 100 MB


@dataclass(frozen=True)
class Shape:
    """The shape of a source in the channels of a sub-band, as splines in u and v in metres.

    ``knots_m`` are the knots of both axes; ``coefficients`` (u and v, channel) complex64.
    """

    knots_m: np.ndarray
    coefficients: np.ndarray

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return the shape (row, channel), complex64, at u and v (row, 2) in metres.

        u and v are towards the source. Raises ValueError for baselines longer than those the shape
        was computed for.
        """
        longest_m = float(np.abs(uv_m).max(initial=0))
        if longest_m > self.knots_m[-1]:
            raise ValueError(
                f"a baseline has u or v of {longest_m:.0f} m, but the shape of this source was"
                f" computed for at most {self.knots_m[-1]:.0f} m"
            )
        matrix = NdBSpline.design_matrix(
            np.ascontiguousarray(uv_m), (self.knots_m, self.knots_m), 3
        )
        matrix.resize(len(uv_m), len(self.coefficients))  # scipy omits unused last columns
        return matrix.astype(np.float32) @ self.coefficients


def shape(
    components: Components,
    source: Direction,
    frequency_hz: np.ndarray,
    trusted_mhz: tuple[float, float],
    longest_m: float,
) -> Shape:
    """Return the shape of a source for channels (channel,) and baselines up to ``longest_m``.

    Takes one second and 100 MB for 3000 components, 192 channels and 2400 m.
    """
    fraction = shares(components, frequency_hz, trusted_mhz)
    step_m = SPEED_OF_LIGHT_M_S / frequency_hz.max() * _step_lambda(components, source, fraction)
    half_m = longest_m + 2 * step_m
    number = max(FEWEST_POINTS, int(np.ceil(2 * half_m / step_m)) + 1)
    axis_m = np.linspace(-half_m, half_m, number)
    grid = _on_grid(components, source, frequency_hz, fraction, axis_m, longest_m)
    along_u = make_interp_spline(axis_m, grid, k=3)
    along_v = make_interp_spline(axis_m, along_u.c.swapaxes(0, 1), k=3)
    coefficients = along_v.c.swapaxes(0, 1).astype(np.complex64)
    return Shape(along_u.t, np.ascontiguousarray(coefficients.reshape(number**2, -1)))


def _step_lambda(components: Components, source: Direction, fraction: np.ndarray) -> float:
    """Return the grid step in wavelengths for which the spline error is GRID_ERROR.

    The fourth derivatives of the shape are at most (2 pi)^4 times the fourth moments.
    """
    offset_l, offset_m = offsets(components, source)
    width_l, width_m, _ = components.second_moments()
    fourth = sum(
        offset**4 + 6 * offset**2 * width + 3 * width**2
        for offset, width in ((offset_l, width_l), (offset_m, width_m))
    )
    moment = float((fourth @ np.abs(fraction)).max())
    if moment == 0:  # points at the position of the source
        return LARGEST_STEP_LAMBDA
    step = (GRID_ERROR / SPLINE_ERROR / moment) ** 0.25 / (2 * np.pi)
    return min(step, LARGEST_STEP_LAMBDA)


def _on_grid(
    components: Components,
    source: Direction,
    frequency_hz: np.ndarray,
    fraction: np.ndarray,
    axis_m: np.ndarray,
    longest_m: float,
) -> np.ndarray:
    """Return the shape on the grid, (u, v, channel)."""
    offset, width = np.stack(offsets(components, source)), components.second_moments()
    radius = float((np.hypot(*offset) + 3 * np.sqrt(width[0] + width[1])).max())
    half_hz = np.ptp(frequency_hz) / 2
    phase_rad = 2 * np.pi * radius * longest_m * half_hz / SPEED_OF_LIGHT_M_S
    nodes = _chebyshev_nodes(phase_rad)
    middle_hz = (frequency_hz.max() + frequency_hz.min()) / 2
    scaled = (frequency_hz - middle_hz) / (half_hz or 1)
    of_node = BarycentricInterpolator(nodes, np.eye(len(nodes)))(scaled)  # (channel, node)
    narrow = fraction.astype(np.float32)
    uv_m = np.stack(np.meshgrid(axis_m, axis_m, indexing="ij"), axis=-1).reshape(-1, 2)
    grid = np.zeros((len(uv_m), len(frequency_hz)), complex)
    for points in _chunks(len(uv_m), VALUES_AT_ONCE // len(narrow) + 1):
        for node, weight in zip(nodes, of_node.T):
            wavelength_m = SPEED_OF_LIGHT_M_S / (middle_hz + half_hz * node)
            phasors = _phasors(uv_m[points] / wavelength_m, offset, width)
            grid[points] += weight * (phasors.real @ narrow + 1j * (phasors.imag @ narrow))
    return grid.reshape(len(axis_m), len(axis_m), -1)


def _phasors(
    uv: np.ndarray, offset: np.ndarray, width: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return visibilities of components of unit flux, (point, component) complex64.

    ``uv`` (point, 2) in wavelengths; ``offset`` (2, component) l and m.
    """
    u, v = uv[:, :1], uv[:, 1:]
    envelope = u**2 * width[0] + v**2 * width[1] + 2 * u * v * width[2]
    return np.exp(2j * np.pi * (uv @ offset) - 2 * np.pi**2 * envelope).astype(np.complex64)


def _chebyshev_nodes(phase_rad: float) -> np.ndarray:
    """Return nodes in -1..1 that interpolate exp(i phase x) to NODE_ERROR."""
    number = next(n for n in count(1) if phase_rad**n / (2 ** (n - 1) * factorial(n)) < NODE_ERROR)
    return np.cos(np.pi * (np.arange(number) + 0.5) / number)


def _chunks(total: int, size: int) -> Iterator[slice]:
    for start in range(0, total, size):
        yield slice(start, start + size)
