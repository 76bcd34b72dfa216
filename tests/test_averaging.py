"""Averaging of channels: what it costs, how far it may go, and that flags and weights count."""

import numpy as np
import pytest

from lwacal import averaging
from lwacal.predict import SPEED_OF_LIGHT_M_S


@pytest.mark.parametrize("turns", [0.1, 0.3, 0.7])
def test_loss_is_that_of_averaging_a_turning_phase(turns):
    """Against the sum itself: a source at 30 degrees, many fine channels over the bandwidth."""
    baseline_m, offset_rad = 1000.0, np.deg2rad(30)
    bandwidth_hz = turns * SPEED_OF_LIGHT_M_S / (baseline_m * np.sin(offset_rad))
    fine_hz = np.linspace(-0.5, 0.5, 20001) * bandwidth_hz
    phase = 2 * np.pi * fine_hz * baseline_m * np.sin(offset_rad) / SPEED_OF_LIGHT_M_S
    expected = 1 - abs(np.exp(1j * phase).mean())
    assert averaging.smearing_loss(bandwidth_hz, baseline_m, offset_rad) == pytest.approx(
        expected, rel=1e-3
    )


def test_no_loss_at_the_phase_centre_and_none_beyond_the_horizon():
    assert averaging.smearing_loss(1e6, 1000.0, 0.0) == 0
    at_horizon = averaging.smearing_loss(1e5, 1000.0, np.pi / 2)
    assert averaging.smearing_loss(1e5, 1000.0, 3.0) == at_horizon


@pytest.mark.parametrize("max_loss", [0.001, 0.01, 0.1])
def test_as_many_channels_as_the_loss_allows(max_loss):
    arguments = (23925.78, 2500.0, np.deg2rad(5))
    number = averaging.channels_to_average(192, *arguments, max_loss)
    assert 192 % number == 0
    assert averaging.smearing_loss(number * arguments[0], *arguments[1:]) <= max_loss
    larger = [n for n in range(number + 1, 193) if 192 % n == 0]
    if larger:
        assert averaging.smearing_loss(larger[0] * arguments[0], *arguments[1:]) > max_loss


def test_not_even_two_channels_where_smearing_is_strong():
    assert averaging.channels_to_average(192, 1e6, 3000.0, np.pi / 2, 0.01) == 1


def test_averages_are_weighted_and_leave_out_what_is_flagged():
    draw = np.random.default_rng(1)
    data = (draw.normal(size=(7, 12, 4)) + 1j * draw.normal(size=(7, 12, 4))).astype(np.complex64)
    weight = draw.uniform(0.5, 2, data.shape).astype(np.float32)
    flag = draw.random(data.shape) < 0.3
    flag[2, 3:6] = True
    data[flag] = np.nan  # nothing of a flagged value may show
    mean, total, empty = averaging.average_channels(data, weight, flag, 3)
    assert mean.shape == total.shape == empty.shape == (7, 4, 4)
    groups = (7, 4, 3, 4)
    values = np.ma.masked_array(data.reshape(groups), flag.reshape(groups))
    expected = np.ma.average(values, axis=2, weights=weight.reshape(groups))
    assert mean == pytest.approx(expected.filled(0), rel=1e-5)
    assert total == pytest.approx(np.where(flag, 0, weight).reshape(groups).sum(axis=2), rel=1e-5)
    assert np.array_equal(empty, flag.reshape(groups).all(axis=2))
    assert empty[2, 1].all()


def test_average_of_one_channel_changes_nothing():
    data = np.arange(16, dtype=np.complex64).reshape(2, 2, 4)
    ones = np.ones(data.shape, np.float32)
    mean, total, empty = averaging.average_channels(data, ones, np.zeros(data.shape, bool), 1)
    assert np.array_equal(mean, data)
    assert np.array_equal(total, ones)
    assert not empty.any()
