"""Figures of merit of tables whose errors are known."""

import numpy as np
import pytest

from lwacal.simulate import layout
from lwacal.simulate.figures_of_merit import figures
from lwacal.telescope import geometry

HZ = np.array([27e6, 50e6, 80e6])


def array(number=128, seed=1):
    """Return ITRF positions and random gains (antenna, channel)."""
    draw = np.random.default_rng(seed)
    positions_m = layout.built_in(number).antennas.positions_m
    gain = draw.uniform(0.5, 2, (number, 3)) * np.exp(2j * np.pi * draw.random((number, 3)))
    return positions_m, gain, np.ones(number, bool)


def test_a_perfect_table_loses_nothing():
    positions_m, gain, used = array()
    found = figures(gain, gain, used, positions_m, HZ)
    assert found.eta == pytest.approx(1)
    assert found.eta_on_beam == pytest.approx(1)
    assert found.shift_arcmin == pytest.approx(np.zeros((3, 2)), abs=1e-6)
    assert found.scale == pytest.approx(1)


def test_a_constant_factor_and_phase_is_a_scale_only():
    positions_m, gain, used = array()
    found = figures(gain, 0.8 * np.exp(1.3j) * gain, used, positions_m, HZ)
    assert found.eta == pytest.approx(1)
    assert found.scale == pytest.approx(0.8)


def test_random_phases_lose_exp_minus_sigma_squared():
    positions_m, gain, used = array(352)
    error = np.random.default_rng(5).normal(0, 0.6, gain.shape)
    found = figures(gain, gain * np.exp(1j * error), used, positions_m, HZ)
    # Ruze's formula with its scatter over 352 antennas
    assert found.eta == pytest.approx(np.exp(-(0.6**2)), abs=0.07)


def beam_power(gain, table, positions_m, hz, target, source):
    """Return the power of a beam at direction cosines (2,) for a source at others."""
    place = geometry.local_enu_m(positions_m)[:, :2] * 2 * np.pi * hz / 2.99792458e8
    voltage = gain * np.exp(1j * place @ source)
    return np.abs((voltage / table * np.exp(-1j * place @ target)).sum())


@pytest.mark.parametrize("shift_arcmin", [(3.0, -2.0), (40.0, 25.0), (1800.0, -900.0)])
def test_the_shift_is_where_the_beam_is_brightest(shift_arcmin):
    """Also 35 degrees off, as when two sources are confused."""
    positions_m, gain, used = array()
    shift = np.deg2rad(np.array(shift_arcmin) / 60)
    enu_m = geometry.local_enu_m(positions_m)[:, :2]
    table = gain * np.exp(2j * np.pi * HZ / 2.99792458e8 * (enu_m @ shift)[:, None])
    found = figures(gain, table, used, positions_m, HZ)
    assert found.shift_arcmin == pytest.approx(np.tile(shift_arcmin, (3, 1)), abs=1e-3)
    assert found.eta_on_beam == pytest.approx(1)
    target = np.array([0.1, 0.05])
    peak = beam_power(gain[:, 2], table[:, 2], positions_m, HZ[2], target, target + shift)
    for away in ([0.002, 0], [0, 0.002], [-0.002, 0], [0, -0.002]):
        assert peak > beam_power(
            gain[:, 2], table[:, 2], positions_m, HZ[2], target, target + shift + away
        )


def test_flagged_antennas_do_not_count():
    positions_m, gain, used = array()
    table = gain.copy()
    table[:20] = 0
    table[20:30] *= np.exp(2j)
    used[20:30] = False
    assert figures(gain, table, used, positions_m, HZ).eta == pytest.approx(1)
    flags = np.tile(used[:, None], 3)
    flags[2:, 1] = False
    found = figures(gain, table, flags, positions_m, HZ)
    assert np.isnan(found.eta[1])
    assert found.eta[[0, 2]] == pytest.approx(1)


def test_no_other_plane_keeps_more():
    """Also with half of the antennas out of phase."""
    positions_m, gain, used = array(96, seed=3)
    draw = np.random.default_rng(8)
    error = draw.normal(0, 0.3, gain.shape)
    error[::2] = draw.uniform(-np.pi, np.pi, error[::2].shape)
    enu_m = geometry.local_enu_m(positions_m)[:, :2]
    table = gain * np.exp(1j * error)
    found = figures(gain, table, used, positions_m, HZ)
    assert (found.eta_on_beam >= found.eta).all()
    for channel, hz in enumerate(HZ):
        ratio = (gain / table)[:, channel]
        for step_arcmin in ([3, 0], [-3, 0], [0, 3], [0, -3], [1, 1], [-2, 1]):
            shift = np.deg2rad((found.shift_arcmin[channel] + step_arcmin) / 60)
            turned = ratio * np.exp(2j * np.pi * hz / 2.99792458e8 * enu_m @ shift)
            other = np.abs(turned.sum()) ** 2 / (96 * (np.abs(ratio) ** 2).sum())
            assert other < found.eta_on_beam[channel] + 1e-6
