"""An integration in which the whole array is brighter is found, whatever single baselines do."""

import numpy as np
import pytest

from lwacal.flagging import bursts

N_BASELINES, N_CHANNELS, N_TIMES = 190, 12, 3
RATIO = 1.5


def visibilities(seed=1):
    draw = np.random.default_rng(seed)
    shape = (N_TIMES, N_BASELINES, N_CHANNELS, 4)
    return draw.normal(size=shape) + 1j * draw.normal(size=shape)


def found(data, flagged=None):
    flagged = np.zeros(data.shape, bool) if flagged is None else flagged
    each = np.array([bursts.brightness(*bursts.sums(*pair)) for pair in zip(data, flagged)])
    return bursts.find(each, RATIO)


def test_noise_is_no_burst():
    """ln |V| of noise scatters by 0.64, its mean over 190 baselines by 0.047; ln 1.5 is 0.41."""
    burst, overall = found(visibilities())
    assert not burst.any()
    assert overall == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("correlation", [0, 3])
def test_a_burst_in_one_polarization_is_found(correlation):
    data = visibilities()
    data[1, ..., correlation] *= 3
    burst, overall = found(data)
    assert burst.tolist() == [[number == 1] * N_CHANNELS for number in range(N_TIMES)]
    assert overall[1] == pytest.approx(3, rel=0.15)
    assert bursts.are_whole(burst).tolist() == [False, True, False]


def test_a_burst_in_one_channel_leaves_the_others():
    data = visibilities()
    data[2, :, 5] *= 3
    burst, _ = found(data)
    assert np.argwhere(burst).tolist() == [[2, 5]]
    assert not bursts.are_whole(burst).any()


def test_a_loud_baseline_and_flagged_data_are_no_burst():
    data, flagged = visibilities(), np.zeros(visibilities().shape, bool)
    data[0, 7] *= 1e6
    data[1, 20:40] = np.nan
    flagged[1, 20:40] = True
    assert not found(data, flagged)[0].any()


def test_a_lost_integration_makes_no_burst_of_the_others():
    data, flagged = visibilities(), np.zeros(visibilities().shape, bool)
    data[0], flagged[0] = 0, True
    burst, overall = found(data, flagged)
    assert not burst.any()
    assert np.isnan(overall[0])


def test_of_one_integration_nothing_can_be_said():
    burst, overall = found(visibilities()[:1])
    assert not burst.any()
    assert np.isnan(overall).all()


def test_few_baselines_are_not_judged():
    data = visibilities()[:, : bursts.FEWEST_BASELINES - 1]
    data[1] *= 10
    assert not found(data)[0].any()
