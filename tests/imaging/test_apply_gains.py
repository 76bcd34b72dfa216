"""Calibrated data, their weights and the information in them, by definition."""

import numpy as np
import pytest

from lwacal.imaging import apply_gains
from lwacal.io.ms_reader import Integration
from lwacal.io.solutions import SubBandSolutions

N_ANTENNAS, N_CHANNELS, WIDTH_HZ, INTERVAL_S = 4, 6, 24e3, 10.0
FIRST, SECOND = np.triu_indices(N_ANTENNAS)
CROSS = FIRST != SECOND
POWER = np.array([[2.0, 3.0], [5.0, 7.0], [11.0, 13.0], [17.0, 19.0]])  # (antenna, 2)
POLS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])  # of both antennas in XX, XY, YX, YY


class Powers:
    """Stands in for noise_weights.AntennaPowers."""

    def __init__(self, power):
        self.power = power

    def of(self, integration, flag):
        return self.power


def complex_normal(draw, *shape):
    return draw.normal(size=(*shape, 2)) @ [1, 1j]


def calibrated(power=POWER, bad_data=(), bad_gains=()):
    """Return what comes out, the sky that went in, and the products of gains; of cross rows."""
    draw = np.random.default_rng(1)
    gain = 1e-3 * (2 + complex_normal(draw, N_ANTENNAS, N_CHANNELS, 2))
    sky = complex_normal(draw, len(FIRST), N_CHANNELS, 4)
    product = gain[FIRST][..., POLS[:, 0]] * gain[SECOND][..., POLS[:, 1]].conj()
    flag = np.zeros(sky.shape, bool)
    data = (product * sky).astype(np.complex64)
    for place in bad_data:
        data[place], flag[place] = np.nan, True
    item = Integration(
        0.0, 0.0, INTERVAL_S, slice(0, len(FIRST)), FIRST, SECOND, np.zeros((len(FIRST), 3)), 1, 0
    )
    item.columns["DATA"] = data
    unusable = np.zeros(gain.shape, bool)
    for place in bad_gains:
        unusable[place] = True
    solutions = SubBandSolutions.of(
        gain,
        unusable,
        antenna_names=[f"LWA{number:03d}" for number in range(N_ANTENNAS)],
        frequency_hz=np.arange(N_CHANNELS),
        channel_width_hz=WIDTH_HZ,
        mjd_s=0.0,
    )
    found = apply_gains.calibrate(item, flag, solutions, Powers(power))
    return found, sky[CROSS], product[CROSS]


def variances(product):
    """Return those of complex noise after calibration, by the radiometer equation, (row, 4)."""
    pairs = POWER[FIRST[CROSS]][:, POLS[:, 0]] * POWER[SECOND[CROSS]][:, POLS[:, 1]]
    return pairs[:, None] / np.abs(product) ** 2 / (WIDTH_HZ * INTERVAL_S)


def test_gains_are_divided_out_of_all_four_correlations():
    found, sky, _ = calibrated()
    assert (found.antenna1 < found.antenna2).all()
    assert found.data == pytest.approx(sky, abs=1e-5)
    assert not found.flag.any()


def test_weights_are_one_over_the_variance_with_a_median_of_one():
    found, _, product = calibrated()
    expected = 1 / variances(product)
    assert found.weight == pytest.approx(expected / np.median(expected), rel=1e-5)


def test_information_is_the_sum_of_inverse_variances_of_real_parts():
    """Half of the variance of complex noise is in its real part; XX and YY count."""
    found, _, product = calibrated()
    expected = (2 / variances(product))[..., [0, 3]].sum()
    assert found.information == pytest.approx(expected, rel=1e-5)


def test_without_autocorrelations_weights_follow_the_gains_and_information_is_none():
    found, _, product = calibrated(power=None)
    expected = np.abs(product) ** 2
    assert found.weight == pytest.approx(expected / np.median(expected), rel=1e-5)
    assert found.information == 0


def test_flagged_data_and_data_of_flagged_gains_are_lost_and_no_others():
    found, sky, product = calibrated(bad_data=[(5, 2, 1)], bad_gains=[(2, 4, 0)])
    lost = np.zeros((len(FIRST), N_CHANNELS, 4), bool)
    lost[5, 2, 1] = True
    for number, (pol1, pol2) in enumerate(POLS):
        lost[:, 4, number] |= ((FIRST == 2) & (pol1 == 0)) | ((SECOND == 2) & (pol2 == 0))
    lost = lost[CROSS]
    assert np.array_equal(found.flag, lost)
    assert np.array_equal(found.weight == 0, lost)
    assert not found.data[lost].any()
    assert found.data[~lost] == pytest.approx(sky[~lost], abs=1e-5)
    expected = np.where(lost, 0, 2 / variances(product))[..., [0, 3]].sum()
    assert found.information == pytest.approx(expected, rel=1e-5)
    kept = 1 / variances(product)[~lost]
    assert found.weight[~lost] == pytest.approx(kept / np.median(kept), rel=1e-5)


def test_an_integration_with_nothing_left():
    everything = [np.s_[:, :, :]]
    found, _, _ = calibrated(bad_data=everything)
    assert found.flag.all()
    assert not found.weight.any()
    assert found.information == 0
