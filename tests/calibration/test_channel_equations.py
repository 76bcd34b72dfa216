"""Sums of some channels: copies of the sub-band's, residuals by definition, antennas left out."""

import numpy as np
import pytest

from lwacal.calibration.channel_equations import ChannelSums
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.telescope.baselines import BaselineMatrix

N_ANTENNAS, N_CHANNELS = 6, 4
FIRST, SECOND = np.triu_indices(N_ANTENNAS, 1)


def drawn(noise=0.01, seed=1):
    """Return sums of XX and YY of one integration, with its visibilities, models and gains."""
    draw = np.random.default_rng(seed)

    def complex_normal(*shape):
        return draw.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)

    gain = 1 + 0.3 * complex_normal(2, N_CHANNELS, N_ANTENNAS)
    model = 1 + 0.5 * complex_normal(2, N_CHANNELS, len(FIRST))
    data = gain[..., FIRST] * gain[..., SECOND].conj() * model
    data = data + noise * complex_normal(*data.shape)
    weight = draw.uniform(0.5, 2, data.shape)
    sums = VisibilitySums.zeros(BaselineMatrix(N_ANTENNAS), np.full(len(FIRST), 50.0), N_CHANNELS)
    sums.data_model += weight * data * model.conj()
    sums.model_power += weight * np.abs(model) ** 2
    sums.data_power += weight * np.abs(data) ** 2
    sums.count += 1
    return sums, data, model, weight, gain


@pytest.mark.parametrize("pol", [0, 1])
def test_residual_power_is_that_of_data_less_model(pol):
    sums, data, model, weight, gain = drawn()
    channels = slice(1, 3)
    some = ChannelSums.of(sums, pol, channels, 1)
    left = (data - gain[..., FIRST] * gain[..., SECOND].conj() * model)[pol, channels]
    # single precision of sums of about one
    assert some.residual_power(gain[pol, channels]) == pytest.approx(
        weight[pol, channels] * np.abs(left) ** 2, abs=2e-6
    )


def test_residual_power_is_never_negative():
    """Without noise it is the rounding of single precision, which has either sign."""
    sums, _, _, _, gain = drawn(noise=0.0)
    residual = ChannelSums.of(sums, 0, slice(None), 1).residual_power(gain[0])
    assert residual.min() >= 0
    assert residual.max() < 2e-6


def test_leaving_out_does_not_change_the_sums_of_the_sub_band():
    sums, *_ = drawn()
    before = sums.count.copy()
    some = ChannelSums.of(sums, 0, slice(None), 1)
    some.leave_out(np.ones(some.count.shape, bool))
    assert not some.count.any()
    assert np.array_equal(sums.count, before)


def baselines_of(some, channel):
    """Return the number of baselines that each antenna has in a channel."""
    return some.baselines.by_antenna(some.count > 0)[channel].tolist()


def test_antennas_with_too_few_baselines_are_left_out_until_all_have_enough():
    """Antenna 0 has one baseline, to 1, which then has two, to 2 and 3; those keep three."""
    sums, *_ = drawn()
    pairs = {(0, 1), (1, 2), (1, 3), (2, 3), (2, 4), (2, 5), (3, 4), (3, 5), (4, 5)}
    lost = np.array([(a, b) not in pairs for a, b in zip(FIRST, SECOND)])
    sums.count[:, 2, lost] = 0
    some = ChannelSums.of(sums, 0, slice(None), 3)
    assert baselines_of(some, 2) == [0, 0, 3, 3, 3, 3]
    assert baselines_of(some, 1) == [5] * 6
    assert baselines_of(ChannelSums.of(sums, 0, slice(None), 2), 2) == [0, 2, 4, 4, 3, 3]


def test_solving_gives_the_gains_up_to_a_phase():
    sums, _, _, _, gain = drawn(noise=0.0)
    found = ChannelSums.of(sums, 1, slice(None), 3).solve().gain
    ratio = found / gain[1]
    assert ratio / ratio[:, :1] == pytest.approx(1, abs=1e-4)
    assert np.abs(ratio) == pytest.approx(1, abs=1e-4)
