"""Sums that tell bursts, by definition, and integrations and channels of which little is known."""

import numpy as np
import pytest

from lwacal.flagging import bursts

RATIO, N_CHANNELS = 1.5, 8


def levels(*factors):
    """Return ln |V| (integration, channel, 2): other levels in each channel, times factors."""
    channel = np.linspace(0, 3, N_CHANNELS)[:, None] + np.array([0.0, 0.7])
    return channel[None] + np.log(np.array(factors, float))[:, None, None]


def test_sums_are_over_unflagged_baselines_of_xx_and_yy():
    data = np.exp(np.arange(24.0).reshape(3, 2, 4) * 1j + np.arange(3)[:, None, None])
    data[..., 1:3] = 1e9
    flagged = np.zeros(data.shape, bool)
    flagged[2, 0, 0], data[2, 0, 0] = True, np.nan
    total, count = bursts.sums(data, flagged)
    assert total == pytest.approx(np.array([[0 + 1, 3], [3, 3]]))
    assert count.tolist() == [[2, 3], [3, 3]]


@pytest.mark.parametrize(("count", "known"), [(49, False), (50, True)])
def test_brightness_is_the_mean_over_fifty_baselines_or_more(count, known):
    found = bursts.brightness(np.full((1, 2), 100.0), np.full((1, 2), count))
    expected = 100 / count if known else np.nan
    assert found == pytest.approx(np.full((1, 2), expected), nan_ok=True)


@pytest.mark.parametrize(("factors", "expected"), [((1, 3), [1]), ((3, 1), [0]), ((1, 1.4), [])])
def test_the_brighter_of_two_integrations_is_a_burst(factors, expected):
    found, overall = bursts.find(levels(*factors), RATIO)
    assert np.flatnonzero(found.all(axis=1)).tolist() == expected
    assert found.any(axis=1).sum() == len(expected)
    assert overall == pytest.approx(np.array(factors) / min(factors))


def test_half_of_the_integrations_may_be_bursts():
    found, _ = bursts.find(levels(3, 1, 1, 3), RATIO)
    assert found.all(axis=1).tolist() == [True, False, False, True]


def test_channels_without_data_are_no_bursts_and_do_not_hide_others():
    brightness = levels(1, 1, 3)
    brightness[:, 2], brightness[1:, 4] = np.nan, np.nan
    found, overall = bursts.find(brightness, RATIO)
    others = [0, 1, 3, 5, 6, 7]
    assert found[2, others].all()
    assert not found[:, [2, 4]].any()
    assert not found[:2].any()
    assert overall == pytest.approx([1, 1, 3])


def test_one_bright_channel_does_not_make_an_integration_bright():
    brightness = levels(1, 1, 1)
    brightness[1, 3] += np.log(1e6)
    _, overall = bursts.find(brightness, RATIO)
    assert overall == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("brightness", [levels(1), np.full((3, N_CHANNELS, 2), np.nan)])
def test_without_anything_to_compare_nothing_is_found(brightness):
    found, overall = bursts.find(brightness, RATIO)
    assert found.shape == (len(brightness), N_CHANNELS)
    assert not found.any()
    assert overall.shape == (len(brightness),)
    assert np.isnan(overall).all()
