"""Shapes that are functions of u, v and frequency: against their definition, in every sub-band."""

import numpy as np
import pytest

from lwacal.sky import analytic_shape, solar
from lwacal.telescope import site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

LONGEST_M = 2500.0


def baselines(number=400) -> np.ndarray:
    draw = np.random.default_rng(7)
    angle, length = draw.uniform(0, 2 * np.pi, number), LONGEST_M * draw.uniform(size=number)
    return np.column_stack([length * np.cos(angle), length * np.sin(angle)])


def points_of_disk(diameter_rad: float) -> tuple[np.ndarray, np.ndarray]:
    """Return l and m of points that fill a disk evenly (a sunflower)."""
    number = np.arange(20000) + 0.5
    radius = diameter_rad / 2 * np.sqrt(number / len(number))
    angle = number * np.pi * (3 - np.sqrt(5))
    return radius * np.cos(angle), radius * np.sin(angle)


@pytest.mark.parametrize("band", ["13MHz", "36MHz", "82MHz"])
def test_a_disk_is_the_sum_of_its_points(band):
    frequency_hz = site.band_frequencies_hz(band)[::48]
    uv_m = baselines(60)
    found = analytic_shape.shape(analytic_shape.disk(solar.disk_rad), frequency_hz).at(uv_m)
    assert found.shape == (60, 4)
    assert found.dtype == np.complex64
    for channel, hz in enumerate(frequency_hz):
        east, north = points_of_disk(solar.disk_rad(hz))
        uv = uv_m * hz / SPEED_OF_LIGHT_M_S
        plain = np.exp(2j * np.pi * (uv[:, :1] * east + uv[:, 1:] * north)).mean(axis=1)
        assert np.abs(found[:, channel] - plain).max() < 3e-3  # of 20000 points


@pytest.mark.parametrize("band", site.BANDS)
def test_interpolation_in_frequency_costs_nothing(band):
    frequency_hz, uv_m = site.band_frequencies_hz(band), baselines()
    pattern = analytic_shape.disk(solar.disk_rad)
    found = analytic_shape.shape(pattern, frequency_hz).at(uv_m)
    exact = [pattern(uv_m * hz / SPEED_OF_LIGHT_M_S, hz) for hz in frequency_hz]
    assert np.abs(found - np.transpose(exact)).max() < 1e-4


def test_one_channel_and_the_shortest_baseline():
    found = analytic_shape.shape(analytic_shape.disk(solar.disk_rad), np.array([50e6]))
    assert found.at(np.zeros((1, 2))) == pytest.approx(np.ones((1, 1)))
    null_m = 1.2197 / solar.disk_rad(50e6) * SPEED_OF_LIGHT_M_S / 50e6  # Airy
    assert found.at(np.array([[null_m, 0.0]])) == pytest.approx(np.zeros((1, 1)), abs=1e-4)
