"""Solving all channels from sums: where data are missing, and how few give no solution."""

import numpy as np
import pytest

from lwacal.calibration import bandpass_stefcal
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.telescope.baselines import BaselineMatrix

N_ANTENNAS, N_CHANNELS, NOISE = 16, 20, 0.1
FIRST, SECOND = np.triu_indices(N_ANTENNAS, 1)


def drawn(lost=None, seed=1, n_antennas=N_ANTENNAS):
    """Return sums of a point source of 1 Jy through gains of one, without ``lost``.

    ``lost`` (2, channel, baseline) bool. Twenty channels are three batches of the solver.
    """
    draw = np.random.default_rng(seed)
    baselines = BaselineMatrix(n_antennas)
    shape = (2, N_CHANNELS, len(baselines.antenna1))
    used = np.ones(shape, bool) if lost is None else ~lost
    data = (1 + NOISE * (draw.normal(size=(*shape, 2)) @ [1, 1j]) / np.sqrt(2)) * used
    sums = VisibilitySums.zeros(baselines, np.full(shape[2], 50.0), N_CHANNELS)
    sums.data_model += data
    sums.model_power += used
    sums.data_power += np.abs(data) ** 2
    sums.count += used.astype(np.uint16)
    return sums


def baselines_of(antenna):
    """Return which baselines an antenna has."""
    return np.any([antenna == end for end in (FIRST, SECOND)], axis=0)


def nothing_lost():
    return np.zeros((2, N_CHANNELS, len(FIRST)), bool)


def test_baselines_without_data_do_not_make_outliers_of_the_others():
    """The noise of an antenna is the median over those that it has, be they fewer than half."""
    lost = np.random.default_rng(2).random((2, N_CHANNELS, len(FIRST))) < 0.6
    solved = bandpass_stefcal.solve(drawn(lost), 3)
    assert solved.outliers.max() == 0


def test_a_channel_without_data_has_no_solution_and_no_outliers():
    lost = nothing_lost()
    lost[1, 5] = True
    solved = bandpass_stefcal.solve(drawn(lost), 3)
    assert np.isfinite(solved.outliers).all()
    assert not solved.gain[:, 5, 1].any()
    assert np.isinf(solved.error[:, 5, 1]).all()
    others = np.ones((N_CHANNELS, 2), bool)
    others[5, 1] = False
    assert np.abs(solved.gain[:, others]) == pytest.approx(1, abs=6 * NOISE / np.sqrt(15))
    assert solved.error[:, others] == pytest.approx(NOISE / np.sqrt(15), rel=0.6)


def test_two_visibilities_do_not_tell_the_noise_of_a_gain():
    """They are used up by the gain itself and its share of the others: no error, no gain."""
    lost = nothing_lost()
    for number, kept in ((4, 2), (9, 3)):
        own = np.flatnonzero(baselines_of(number))
        lost[0, 3, own[:-kept]] = True
    solved = bandpass_stefcal.solve(drawn(lost), 2)
    assert np.isinf(solved.error[4, 3, 0])
    assert solved.gain[4, 3, 0] == 0
    assert np.isfinite(solved.error[9, 3, 0])
    assert np.isfinite(solved.error[4, 3, 1])


def test_share_of_outliers_is_that_of_the_baselines_there_are():
    """Three of 120 baselines are far off, and one channel has only 100 of them."""
    spoilt = [0, 29, 54]  # 0-1, 2-3, 4-5
    assert [(FIRST[k], SECOND[k]) for k in spoilt] == [(0, 1), (2, 3), (4, 5)]
    lost = nothing_lost()
    lost[0, 7, 1::6] = True
    lost[0, 7, spoilt] = False
    sums = drawn(lost)
    sums.data_model[..., spoilt] += 1.5  # which is the data, the model being one
    sums.data_power[..., spoilt] = np.abs(sums.data_model[..., spoilt]) ** 2
    solved = bandpass_stefcal.solve(sums, 3)
    assert solved.outliers[8] == pytest.approx(3 / 120)
    assert solved.outliers[7, 0] == pytest.approx(3 / np.count_nonzero(~lost[0, 7]))


def test_outliers_are_found_among_the_baselines_that_are_left():
    """Each of 40 antennas has 16 of its 39 baselines: one of 780 that is off is seen."""
    lost = np.random.default_rng(3).random((2, N_CHANNELS, 780)) < 0.6
    lost[..., 100] = False
    sums = drawn(lost, n_antennas=40)
    sums.data_model[..., 100] += 1.2
    sums.data_power[..., 100] = np.abs(sums.data_model[..., 100]) ** 2
    solved = bandpass_stefcal.solve(sums, 3)
    assert solved.outliers == pytest.approx(1 / np.count_nonzero(~lost, axis=2).T)
