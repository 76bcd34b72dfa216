"""Channels whose solutions are less certain than those about them, by a factor and by scatter."""

import numpy as np
import pytest

from lwacal.calibration import uncertain_channels

N_ANTENNAS, N_CHANNELS, WIDTH, FACTOR = 9, 120, 31, 1.3
BANDS = [slice(0, 60), slice(60, 120)]


def found(
    scatter=1e-3,
    channels=(),
    times=1.0,
    pols=(0, 1),
    antennas=range(N_ANTENNAS),
    unknown=None,
    bands=BANDS,
):
    """Return the channels found among errors that fall smoothly with frequency.

    Errors of ``channels``, ``pols`` and ``antennas`` are ``times`` as large; all channels
    scatter by ``scatter``, relative.
    """
    draw = np.random.default_rng(1)
    error = np.linspace(0.03, 0.02, N_CHANNELS)[None, :, None] * np.ones((N_ANTENNAS, 1, 2))
    error = error * np.exp(scatter * draw.normal(size=(1, N_CHANNELS, 2)))
    for pol in pols:
        error[np.ix_(antennas, channels, [pol])] *= times
    mask = np.zeros(error.shape, bool) if unknown is None else unknown
    return np.flatnonzero(uncertain_channels.find(error, mask, bands, FACTOR, WIDTH)).tolist()


def test_smooth_errors_are_not_uncertain():
    assert found() == []


@pytest.mark.parametrize("pols", [(0,), (1,), (0, 1)])
def test_a_channel_above_the_factor_is_found_in_either_polarization(pols):
    assert found(channels=[20, 100], times=1.02 * FACTOR, pols=pols) == [20, 100]
    assert found(channels=[20, 100], times=0.98 * FACTOR, pols=pols) == []


def test_what_is_not_beyond_five_sigma_of_the_scatter_is_not_found():
    """A factor of 1.4 is 0.34 in the logarithm: 6.7 sigma of 0.05, and 2.8 of 0.12."""
    assert found(0.05, channels=[20], times=1.4) == [20]
    assert found(0.12, channels=[20], times=1.4) == []


def test_the_median_over_antennas_with_known_errors_decides():
    assert found(channels=[20], times=3.0, antennas=range(4)) == []
    assert found(channels=[20], times=3.0, antennas=range(5)) == [20]
    unknown = np.zeros((N_ANTENNAS, N_CHANNELS, 2), bool)
    unknown[:, 20], unknown[5:, 40] = True, True
    assert found(channels=[20, 40], times=3.0, antennas=range(4), unknown=unknown) == [40]


def test_each_sub_band_has_its_own_level_and_few_channels_say_nothing():
    """Nine channels of a sub-band do not say what is usual, ten do."""
    for number, expected in ((9, []), (10, [4])):
        bands = [slice(0, number), slice(number, N_CHANNELS)]
        assert found(channels=[4], times=3.0, bands=bands) == expected
    assert found(channels=range(60, 120), times=3.0) == []
