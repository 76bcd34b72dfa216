"""Errors that solvers state are unbiased where data are few: parameters that were fitted count.

Each variance is compared with the true one over many draws, with so few data per fit that a degree
of freedom too many or too few is worth 15 % or more.
"""

import numpy as np
import pytest

from lwacal.calibration import bandpass_stefcal, delay, delay_fit
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.telescope.baselines import BaselineMatrix


def test_noise_of_an_antenna_is_that_of_its_residuals_less_two_degrees_of_freedom():
    """Six antennas have 15 complex visibilities in a channel, and 6 gains with one free phase.

    Of 30 - 11 real degrees of freedom each visibility's share is counted for both of its antennas:
    2 x 19 / 2 / N = N - 3 + 1 / N complex ones per antenna. N - 3 is what the solver divides by.
    """
    number, n_channels, sigma = 6, 600, 0.02
    draw = np.random.default_rng(1)
    shape = (number, n_channels, 2)
    gain = np.exp(0.2 * draw.normal(size=shape) + 1j * draw.uniform(-np.pi, np.pi, shape))
    baselines = BaselineMatrix(number)
    first, second = baselines.antenna1, baselines.antenna2
    sums = VisibilitySums.zeros(baselines, np.full(len(first), 50.0), n_channels)
    data = gain[first] * gain[second].conj()  # of a model of one
    data = data + sigma * draw.normal(size=(*data.shape, 2)) @ [1, 1j] / np.sqrt(2)
    sums.data_model += data.T
    sums.model_power += 1
    sums.data_power += (np.abs(data) ** 2).T
    sums.count += 1
    noise = bandpass_stefcal.solve(sums, 3).noise
    # the mean of 1200 channels with 19 real degrees of freedom is known to 1 %
    expected = (number - 3 + 1 / number) / (number - 3)
    assert noise.mean() / sigma**2 == pytest.approx(expected, abs=0.04)


def test_error_of_a_delay_from_twelve_channels_is_that_of_least_squares():
    """Delay and phase are fitted: twelve channels leave ten degrees of freedom.

    Without noise in the reference antenna, the variance of a slope against 2 pi nu is that of a
    phase over the sum of squared distances from the mean frequency.
    """
    n_antennas, n_channels, sigma_rad = 1500, 12, 0.05
    draw = np.random.default_rng(2)
    frequency_hz = 55e6 + 24e3 * np.arange(n_channels)
    phase = sigma_rad * draw.normal(size=(n_antennas, n_channels, 2))
    phase[0] = 0
    gain = np.exp(1j * phase)
    found = delay_fit.fit(gain, np.zeros(gain.shape, bool), frequency_hz, 0)
    lever = np.sum((2 * np.pi * (frequency_hz - frequency_hz.mean()) / 1e9) ** 2)
    variance = sigma_rad**2 / lever
    # the mean of 3000 variances with 10 degrees of freedom each is known to 0.8 %
    assert np.mean(found.error_ns[1:] ** 2) == pytest.approx(variance, rel=0.04)
    # and the scatter of the delays themselves to 2.6 % (in variance)
    assert np.mean(found.delay_ns[1:] ** 2) == pytest.approx(variance, rel=0.13)


def test_error_of_a_mean_delay_over_three_sub_bands_is_that_of_the_mean():
    """10, 20 and 30 ns have a variance of (100 + 0 + 100) / 2, their mean a third of it."""
    delays = [np.full((4, 2), value) for value in (10.0, 20.0, 30.0)]
    mean_ns, error_ns, count = delay.combine(delays, 4)
    assert (count == 3).all()
    assert mean_ns == pytest.approx(20)
    assert error_ns == pytest.approx(np.sqrt(100 / 3))
