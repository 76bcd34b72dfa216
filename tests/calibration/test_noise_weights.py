"""Weights by the radiometer equation: one over the product of the powers of both antpols."""

import numpy as np
import pytest

from lwacal.calibration import noise_weights
from lwacal.io.ms_reader import Integration
from lwacal.runtime import products

POWER = np.array([[2.0, 3.0], [5.0, 7.0], [11.0, 13.0]])  # (antenna, 2)
ANTENNA1, ANTENNA2 = np.triu_indices(3)
N_CHANNELS = 5


def test_inverse_powers_are_in_the_order_of_the_correlations():
    found = noise_weights.inverse_powers(POWER, np.array([0, 1]), np.array([1, 2]))
    assert 1 / found == pytest.approx(
        np.array([[2 * 5, 2 * 7, 3 * 5, 3 * 7], [5 * 11, 5 * 13, 7 * 11, 7 * 13]])
    )


def test_the_median_weight_is_one_and_its_product_is_told():
    weight, product = noise_weights.of_pairs(POWER, ANTENNA1, ANTENNA2)
    assert np.median(weight) == pytest.approx(1)
    inverse = noise_weights.inverse_powers(POWER, ANTENNA1, ANTENNA2)
    assert weight / product == pytest.approx(inverse, rel=1e-6)


def test_without_powers_all_weights_are_one_and_mean_nothing():
    weight, product = noise_weights.of_pairs(None, ANTENNA1, ANTENNA2)
    assert weight.shape == (6, 4)
    assert (weight == 1).all()
    assert np.isnan(product)


def powers_of(folder, power, flag, scan=3):
    """Return the powers of an integration with all baselines of three antennas."""
    path = folder / "powers.npz"
    products.write_npz(
        path, scan=np.array([2, 3]), power=np.stack([np.ones_like(power), power]).astype(np.float32)
    )
    item = Integration(
        0.0, 0.0, 10.0, slice(0, 6), ANTENNA1, ANTENNA2, np.zeros((6, 3)), scan, field_id=0
    )
    return noise_weights.AntennaPowers(path).of(item, flag)


@pytest.fixture
def flag():
    return np.zeros((6, N_CHANNELS, 4), np.uint8)


def spectra():
    """Return powers (antenna, channel, 2) whose median over channels is POWER."""
    return POWER[:, None] * np.array([0.5, 1, 1, 1, 9])[None, :, None]


def test_power_is_the_median_over_channels(tmp_path, flag):
    assert powers_of(tmp_path, spectra(), flag) == pytest.approx(POWER)


def test_flagged_channels_and_those_without_power_do_not_count(tmp_path, flag):
    power = spectra()
    auto = np.flatnonzero((ANTENNA1 == 1) & (ANTENNA2 == 1))[0]
    power[1, 1:4, 0], flag[auto, 1:4, 0] = 100.0, 1  # of X alone: 0.5 and 9 times 5 are left
    power[2, :2] = 0.0
    power[0, 2] = np.nan
    found = powers_of(tmp_path, power, flag)
    assert found[1].tolist() == pytest.approx([5 * (0.5 + 9) / 2, 7])
    assert found[2] == pytest.approx(POWER[2])
    assert found[0] == pytest.approx(POWER[0])


def test_an_antenna_without_power_gets_the_median_of_the_others(tmp_path, flag):
    power = spectra()
    power[1] = 0.0
    found = powers_of(tmp_path, power, flag)
    assert found[1] == pytest.approx(np.median([2, 3, 11, 13]))
    assert found[[0, 2]] == pytest.approx(POWER[[0, 2]])


def test_nothing_is_known_where_all_autocorrelations_are_flagged(tmp_path, flag):
    flag[ANTENNA1 == ANTENNA2] = 4
    assert powers_of(tmp_path, spectra(), flag) is None


def test_an_integration_that_the_file_does_not_have_is_an_error(tmp_path, flag):
    with pytest.raises(noise_weights.MissingPowersError, match="has no integration 4"):
        powers_of(tmp_path, spectra(), flag, scan=4)
