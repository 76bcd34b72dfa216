"""Fourier sums by FFT against the sums themselves."""

import numpy as np
import pytest

from lwacal.sky.uv_grid import UvGrid

LONGEST_LAMBDA = 30.0


def visibilities(uv, lm, values):
    """The sums as they are defined, (baseline, column)."""
    return np.exp(2j * np.pi * uv @ lm.T) @ values


def gridded(uv, lm, values):
    grid = UvGrid(LONGEST_LAMBDA)
    return grid.matrix(uv) @ grid.transform(grid.spreading(lm), values)


@pytest.fixture
def uv():
    """Baselines of all lengths and directions with v of at least 0, and those at the edges."""
    draw = np.random.default_rng(1)
    length, angle = LONGEST_LAMBDA * np.sqrt(draw.random(300)), np.pi * draw.random(300)
    drawn = np.stack([length * np.cos(angle), length * np.sin(angle)], axis=1)
    edges = [[0, 0], [30, 0], [-30, 0], [0, 30], [0.001, 0], [-18, 24]]
    return np.concatenate([drawn, edges])


@pytest.mark.parametrize(
    ("lm", "most"),
    [
        ((0, 0), 0.01),  # aliased by spreading: 1/256 in u and in v at the longest baseline
        ((0.5, -0.5), 0.015),
        ((1, 0), 0.03),  # aliased by interpolation too: 1/81 at the horizon
        ((0, -1), 0.03),
    ],
)
def test_a_point(uv, lm, most):
    found = gridded(uv, np.array([lm], float), np.ones((1, 1)))
    assert np.abs(found - visibilities(uv, np.array([lm]), np.ones((1, 1)))).max() < most


def test_many_points(uv):
    draw = np.random.default_rng(2)
    radius, angle = np.sqrt(draw.random(5000)), 2 * np.pi * draw.random(5000)
    lm = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    values = draw.random((5000, 3))
    found, expected = gridded(uv, lm, values), visibilities(uv, lm, values)
    assert found.shape == (len(uv), 3)
    noise = np.sqrt((values**2).sum(axis=0))  # the rms at long baselines
    assert np.abs(found - expected)[-6] == pytest.approx(0, abs=5e-3 * values.sum(axis=0).max())
    rms = np.sqrt((np.abs(found - expected)[:300] ** 2).mean(axis=0))
    assert (rms < 0.01 * noise).all()


def test_grid_grows_with_the_longest_baseline():
    grid = UvGrid(10.0)
    assert grid.shape == (2 * grid.reach + 1, grid.reach + 2)
    assert grid.reach >= 40
    assert 4 / grid.image_size < 1 / (2 * 10.0)  # cells in l below half a fringe
