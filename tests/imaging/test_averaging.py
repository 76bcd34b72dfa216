"""Averaging of channels: what it costs, how far it may go, and that flags and weights count."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from lwacal.imaging import averaging
from lwacal.telescope import geometry, site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S


@pytest.mark.parametrize("turns", [0.1, 0.3, 0.7])
def test_loss_is_that_of_averaging_a_turning_phase(turns):
    """Against the sum itself: a source at 30 degrees, many fine channels over the bandwidth."""
    baseline_m, offset_rad = 1000.0, np.deg2rad(30)
    path_m = baseline_m * 2 * np.sin(offset_rad / 2)
    bandwidth_hz = turns * SPEED_OF_LIGHT_M_S / path_m
    fine_hz = np.linspace(-0.5, 0.5, 20001) * bandwidth_hz
    phase = 2 * np.pi * fine_hz * path_m / SPEED_OF_LIGHT_M_S
    expected = 1 - abs(np.exp(1j * phase).mean())
    assert averaging.smearing_loss(bandwidth_hz, baseline_m, offset_rad) == pytest.approx(
        expected, rel=1e-3
    )


MJD_S = 5223956400.0
FINE = (np.arange(41) + 0.5) / 41 - 0.5  # middles of equal parts


def worst_baseline(radius_deg, seen):
    """Return the largest loss of eight directions on 24 baselines of 2 km, for two phase centres.

    ``seen(positions_m, directions)`` gives phasors (sample, direction, antenna); of the directions,
    the first is the phase centre. Two rings of antennas about the first one: on the ground, where
    the array is, and upright.
    """
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    zero = np.zeros(12)
    ground = np.stack([np.cos(angle), np.sin(angle), zero], axis=1)
    upright = np.stack([np.cos(angle), zero, np.sin(angle)], axis=1)
    enu_m = np.concatenate([np.zeros((1, 3)), 2000 * ground, 2000 * upright])
    losses = []
    for centre in (site.zenith(MJD_S), (site.zenith(MJD_S)[0] + 0.8, 0.2)):
        edge = SkyCoord(*centre, unit="rad").directional_offset_by(
            np.linspace(0, 2 * np.pi, 8, endpoint=False) * u.rad, radius_deg * u.deg
        )
        directions = np.append(centre[0], edge.ra.rad), np.append(centre[1], edge.dec.rad)
        phasors = seen(geometry.enu_to_itrf_m(enu_m), directions)
        phasors = phasors[:, 1:] * phasors[:, :1].conj()  # relative to the phase centre
        baselines = phasors[..., 1:] * phasors[..., :1].conj()
        losses.append(1 - np.abs(baselines.mean(axis=0)).min())
    return max(losses)


@pytest.mark.parametrize("radius_deg", [2.56, 40])
def test_bandwidth_smearing_is_that_of_the_array(radius_deg):
    """Directly from antennas and directions: never worse than the formula, and nearly as bad."""
    bandwidth_hz = 40000 / np.deg2rad(radius_deg) * 0.3

    def seen(positions_m, directions):
        path_m = geometry.path_m(positions_m, *directions, MJD_S)
        fine_hz = 60e6 + FINE[:, None, None] * bandwidth_hz
        return np.exp(2j * np.pi * path_m * fine_hz / SPEED_OF_LIGHT_M_S)

    formula = averaging.smearing_loss(bandwidth_hz, 2000.0, np.deg2rad(radius_deg))
    assert 0.8 * formula < worst_baseline(radius_deg, seen) < 1.01 * formula


@pytest.mark.parametrize("radius_deg", [2.56, 40])
def test_time_smearing_is_that_of_the_turning_earth(radius_deg):
    """Likewise, with apparent directions over the time of an average."""
    interval_s, frequency_hz = 10 / np.deg2rad(radius_deg) * 0.4, 80e6

    def seen(positions_m, directions):
        paths_m = np.stack(
            [geometry.path_m(positions_m, *directions, MJD_S + x * interval_s) for x in FINE]
        )
        return np.exp(2j * np.pi * paths_m * frequency_hz / SPEED_OF_LIGHT_M_S)

    formula = averaging.time_smearing_loss(interval_s, frequency_hz, 2000.0, np.deg2rad(radius_deg))
    assert formula > 0.01
    assert 0.6 * formula < worst_baseline(radius_deg, seen) < 1.02 * formula


def test_an_integration_of_the_longest_baseline_loses_most_of_a_turn_at_the_horizon():
    """10 s at 2.4 km and 82 MHz: 0.68 turns; 20 arcmin from the phase centre next to nothing."""
    horizon = averaging.time_smearing_loss(10.0, 82e6, 2400.0, np.pi / 2)
    assert horizon == pytest.approx(1 - np.sinc(0.677), abs=0.002)
    assert averaging.time_smearing_loss(10.0, 82e6, 2400.0, np.deg2rad(1 / 3)) < 1e-4
    assert averaging.time_smearing_loss(100.0, 82e6, 2400.0, np.pi / 2) == 1


def test_no_loss_at_the_phase_centre_and_none_beyond_the_horizon():
    assert averaging.smearing_loss(1e6, 1000.0, 0.0) == 0
    at_horizon = averaging.smearing_loss(1e5, 1000.0, np.pi / 2)
    assert averaging.smearing_loss(1e5, 1000.0, 3.0) == at_horizon


def test_all_is_lost_beyond_the_first_turn_and_never_more_than_all():
    """The average over 1.5 turns is negative, by a fifth: no flux that could be corrected."""
    metres_per_turn = SPEED_OF_LIGHT_M_S / (1e6 * 2 * np.sin(np.pi / 4))
    for turns in (1.0, 1.5, 2.5):
        assert averaging.smearing_loss(1e6, turns * metres_per_turn, np.pi / 2) == pytest.approx(1)


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


def test_one_channel_is_lost_if_it_is_flagged_or_has_no_weight():
    data = np.full((1, 3, 4), 5 + 1j, np.complex64)
    weight, flag = np.full(data.shape, 2, np.float32), np.zeros(data.shape, bool)
    weight[0, 0], flag[0, 1] = 0, True
    mean, total, empty = averaging.average_channels(data, weight, flag, 1)
    assert empty[0, :, 0].tolist() == [True, True, False]
    assert mean[0, :, 0].tolist() == [0, 0, 5 + 1j]
    assert total[0, :, 0].tolist() == [0, 0, 2]


def test_average_of_two_channels_is_halfway_if_they_weigh_the_same():
    data = np.repeat(np.array([[1, 3, 10, 20]], np.complex64)[..., None], 4, axis=2)
    ones = np.ones(data.shape, np.float32)
    mean, total, _ = averaging.average_channels(data, ones, np.zeros(data.shape, bool), 2)
    assert mean[0, :, 0].tolist() == [2, 15]
    assert (total == 2).all()
