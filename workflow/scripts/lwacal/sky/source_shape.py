"""The shape of a resolved source on the uv plane, from its components.

The visibility of a source is that of a point at its position, times its shape: the sum over
components of a_k exp(2 pi i (u l_k + v m_k)) G_k(u, v), a_k being the share of component k in the
flux density of the channel (sum one), l and m its offset, and G_k the envelope of a Gaussian,
exp(-2 pi^2 (sigma_major^2 u_major^2 + sigma_minor^2 u_minor^2)). The source being small, this is
smooth: it is computed on a grid and interpolated, in u and v by cubic splines, in frequency (but
not the shares, which have bends) by polynomials on Chebyshev nodes. The grid is in metres, so that
one matrix interpolates all channels of a row.

The term 2 pi w (n - 1) within the source is left out. It is pi w r^2 at the distance r. With a w as
long as the longest baseline (2.4 km) at 87 MHz that is 0.13 rad at the edge of Vir A's halo
(27 arcmin), and its mean over all its flux (3.5 arcmin rms) 2e-3 of the flux density; on real
baselines, with Vir A at an elevation of 27 degrees, at most 9e-4. Others are smaller.
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

SIGMA_OF_FWHM = 1 / np.sqrt(8 * np.log(2))
GRID_ERROR = 1e-3  # of the flux density, at most
NODE_ERROR = 1e-4
# of a bicubic spline, times step^4 and the sum of the fourth derivatives: 5/384 in one dimension
# (Hall & Meyer 1976), times the norm of the spline in the other, 1.55
SPLINE_ERROR = 5 / 384 * 1.55
FEWEST_POINTS = 6
LARGEST_STEP_LAMBDA = 1000.0
VALUES_AT_ONCE = 2_000_000  # complex, of which some three are held: 100 MB


@dataclass(frozen=True)
class Shape:
    """A source's shape in the channels of a sub-band: splines in u and v, in metres.

    ``knots_m`` of both axes; ``coefficients`` (u and v, channel) complex64.
    """

    knots_m: np.ndarray
    coefficients: np.ndarray

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return the shape (row, channel), complex64, at u and v (row, 2) in metres.

        They are those of the baselines in the frame of the source. Raises ValueError beyond the
        baseline that the shape was made for.
        """
        longest_m = float(np.abs(uv_m).max(initial=0))
        if longest_m > self.knots_m[-1]:
            raise ValueError(
                f"a baseline has u or v of {longest_m:.0f} m, but the shape of this source was made"
                f" for {self.knots_m[-1]:.0f} m at most"
            )
        matrix = NdBSpline.design_matrix(
            np.ascontiguousarray(uv_m), (self.knots_m, self.knots_m), 3
        )
        matrix.resize(len(uv_m), len(self.coefficients))  # its size is that of what it uses
        return matrix.astype(np.float32) @ self.coefficients


def shape(
    components: Components,
    source: Direction,
    frequency_hz: np.ndarray,
    trusted_mhz: tuple[float, float],
    longest_m: float,
) -> Shape:
    """Return the shape of a source for channels (channel,) and baselines up to a length.

    Takes a second and 100 MB for 3000 components, 192 channels and 2400 m.
    """
    share = shares(components, frequency_hz, trusted_mhz)
    step_m = SPEED_OF_LIGHT_M_S / frequency_hz.max() * _step_lambda(components, source, share)
    half_m = longest_m + 2 * step_m
    number = max(FEWEST_POINTS, int(np.ceil(2 * half_m / step_m)) + 1)
    axis_m = np.linspace(-half_m, half_m, number)
    grid = _on_grid(components, source, frequency_hz, share, axis_m, longest_m)
    along_u = make_interp_spline(axis_m, grid, k=3)
    along_v = make_interp_spline(axis_m, along_u.c.swapaxes(0, 1), k=3)
    coefficients = along_v.c.swapaxes(0, 1).astype(np.complex64)
    return Shape(along_u.t, np.ascontiguousarray(coefficients.reshape(number**2, -1)))


def _widths(components: Components) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the second moments l l, m m and l m of each component's Gaussian, (component,)."""
    major = (components.major_rad * SIGMA_OF_FWHM) ** 2
    minor = (components.minor_rad * SIGMA_OF_FWHM) ** 2
    sin, cos = np.sin(components.angle_rad), np.cos(components.angle_rad)
    return (
        major * sin**2 + minor * cos**2,
        major * cos**2 + minor * sin**2,
        (major - minor) * sin * cos,
    )


def _step_lambda(components: Components, source: Direction, share: np.ndarray) -> float:
    """Return the step in wavelengths for which the spline is as good as GRID_ERROR.

    The fourth derivatives of the shape are at most (2 pi)^4 times the fourth moments.
    """
    place_l, place_m = offsets(components, source)
    width_l, width_m, _ = _widths(components)
    fourth = sum(
        place**4 + 6 * place**2 * width + 3 * width**2
        for place, width in ((place_l, width_l), (place_m, width_m))
    )
    moment = float((fourth @ np.abs(share)).max())
    if moment == 0:  # all points are at the source itself
        return LARGEST_STEP_LAMBDA
    step = (GRID_ERROR / SPLINE_ERROR / moment) ** 0.25 / (2 * np.pi)
    return min(step, LARGEST_STEP_LAMBDA)


def _on_grid(
    components: Components,
    source: Direction,
    frequency_hz: np.ndarray,
    share: np.ndarray,
    axis_m: np.ndarray,
    longest_m: float,
) -> np.ndarray:
    """Return the shape on the grid, (u, v, channel)."""
    place, width = np.stack(offsets(components, source)), _widths(components)
    radius = float((np.hypot(*place) + 3 * np.sqrt(width[0] + width[1])).max())
    half_hz = np.ptp(frequency_hz) / 2
    turn = 2 * np.pi * radius * longest_m * half_hz / SPEED_OF_LIGHT_M_S
    nodes = _chebyshev_nodes(turn)
    middle_hz = (frequency_hz.max() + frequency_hz.min()) / 2
    scaled = (frequency_hz - middle_hz) / (half_hz or 1)
    of_node = BarycentricInterpolator(nodes, np.eye(len(nodes)))(scaled)  # (channel, node)
    narrow = share.astype(np.float32)
    uv_m = np.stack(np.meshgrid(axis_m, axis_m, indexing="ij"), axis=-1).reshape(-1, 2)
    grid = np.zeros((len(uv_m), len(frequency_hz)), complex)
    for points in _chunks(len(uv_m), VALUES_AT_ONCE // len(narrow) + 1):
        for node, weight in zip(nodes, of_node.T):
            wavelength_m = SPEED_OF_LIGHT_M_S / (middle_hz + half_hz * node)
            phasors = _phasors(uv_m[points] / wavelength_m, place, width)
            grid[points] += weight * (phasors.real @ narrow + 1j * (phasors.imag @ narrow))
    return grid.reshape(len(axis_m), len(axis_m), -1)


def _phasors(
    uv: np.ndarray, place: np.ndarray, width: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> np.ndarray:
    """Return components at unit flux, (point, component) complex64, at u, v in wavelengths."""
    u, v = uv[:, :1], uv[:, 1:]
    envelope = u**2 * width[0] + v**2 * width[1] + 2 * u * v * width[2]
    return np.exp(2j * np.pi * (uv @ place) - 2 * np.pi**2 * envelope).astype(np.complex64)


def _chebyshev_nodes(turn: float) -> np.ndarray:
    """Return as many nodes in -1..1 as exp(i turn x) needs to be as good as NODE_ERROR."""
    number = next(n for n in count(1) if turn**n / (2 ** (n - 1) * factorial(n)) < NODE_ERROR)
    return np.cos(np.pi * (np.arange(number) + 0.5) / number)


def _chunks(total: int, size: int) -> Iterator[slice]:
    for start in range(0, total, size):
        yield slice(start, start + size)
