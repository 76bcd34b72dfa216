"""Clock-TEC separation against drawn instruments and the simulated ionosphere."""

from dataclasses import replace

import numpy as np
import pytest

import drawn_gains
from lwacal.calibration import tec_screen
from lwacal.calibration.antpol_columns import Phases
from lwacal.simulate import drawn
from lwacal.telescope import geometry
from seen_sources import effects, observation, seen

GRADIENT = np.array([0.004, -0.007])  # TECU/km: 7 arcmin at 40 MHz
CURVATURE = np.array([2e-3, -1.2e-3, 1.6e-3])


def separated(bandpass):
    place_km = drawn_gains.array(bandpass.n_antennas)[1]
    phases = Phases.average(bandpass, drawn_gains.errors(bandpass))
    return tec_screen.separate(phases, place_km, bandpass.antenna_names)


def with_screen(seed, gradient=GRADIENT, curvature=(0, 0, 0), **options):
    bandpass = drawn_gains.instrument(seed, **options)
    place_km = drawn_gains.array(bandpass.n_antennas)[1]
    column = tec_screen.column(place_km, np.array(gradient), np.array(curvature))
    drawn_gains.add_column(bandpass, column)
    return bandpass


def pulls(many, truth):
    """Return (found - truth) / error of each screen and direction."""
    return np.array([(one.gradient - truth) / one.error for one in many])


def test_planes_come_back_within_their_errors():
    many = [separated(with_screen(seed))[0] for seed in range(40)]
    found = pulls(many, GRADIENT)
    assert np.sqrt((found**2).mean()) == pytest.approx(1, abs=0.3)  # 80 values, t distributed
    assert np.abs(found.mean(axis=0)).max() < 4 / np.sqrt(40)
    assert sum(one.curved for one in many) <= 2
    assert max(one.error.max() for one in many) * tec_screen.SHIFT_ARCMIN < 0.3


def test_nothing_is_found_where_nothing_is():
    found = pulls([separated(with_screen(seed, (0, 0)))[0] for seed in range(20)], 0)
    assert np.sqrt((found**2).mean()) == pytest.approx(1, abs=0.4)


def test_large_planes_do_not_lose_a_turn():
    """An arc minute is 0.06 turns at 27 MHz and 1.6 km; half a degree is 2 turns."""
    strong = np.array([0.03, 0.02])
    found = pulls([separated(with_screen(seed, strong))[0] for seed in range(10)], strong)
    assert np.abs(found).max() < 5


def test_curvature_comes_back_within_its_errors():
    many = [separated(with_screen(seed, curvature=CURVATURE))[0] for seed in range(20)]
    assert all(one.curved for one in many)
    found = np.array([(one.curvature - CURVATURE) / one.curvature_error for one in many])
    assert np.sqrt((found**2).mean()) == pytest.approx(1, abs=0.4)
    found = pulls(many, GRADIENT)
    assert np.sqrt((found**2).mean()) == pytest.approx(1, abs=0.4)


def test_dispersion_of_cables_is_not_taken_for_ionosphere():
    """Coax that grows to the east by 1 ns a metre, with a skin effect of 1 rad per 500 ns."""
    options = {"dispersion_rad": 1.0, "sloping": True}
    found = pulls([separated(with_screen(seed, **options))[0] for seed in range(10)], GRADIENT)
    assert np.sqrt((found**2).mean()) < 1.6


def test_x_and_y_agree():
    _, x, y = separated(with_screen(3))
    apart = (x.gradient - y.gradient) / np.hypot(x.error, y.error)
    assert np.abs(apart).max() < 4
    assert not np.array_equal(x.gradient, y.gradient)


def test_bad_antennas_do_not_matter():
    bandpass = with_screen(5)
    usual = separated(bandpass)[0]
    draw = np.random.default_rng(1)
    shape = bandpass.gain[:4].shape
    bandpass.gain[:4] *= np.exp(1j * draw.uniform(-3, 3, shape))  # noise
    bandpass.gain[4:6] *= np.exp(1j * 0.5 * (30e6 / bandpass.frequency_hz))[None, :, None]
    found = separated(bandpass)[0]
    assert np.abs((found.gradient - usual.gradient) / usual.error).max() < 4


def test_few_antennas_are_not_separated():
    assert separated(with_screen(1, n_antennas=7)) == [None, None, None]


def test_signs_are_those_of_the_simulated_ionosphere():
    """Gains that take up the refraction of a source: the shift that the simulator drew."""
    bands = ("27MHz", "50MHz", "78MHz")
    options = {"sources": ("CygA",), "n_antennas": 40, "n_channels": 24, "bands": bands}
    night = observation(effects=effects("refraction:5"), **options)
    still = observation(**options)
    bandpass = drawn_gains.instrument(2, bands, n_antennas=40, ripple_rad=0.0)
    for band, channels in zip(bands, bandpass.channels()):
        moved, fixed = (seen(one, band)["CygA"].phasors for one in (night, still))
        bandpass.gain[:, channels] *= (moved * fixed.conj())[..., None]
    shift = drawn.draw(night).on_sources[0].shift_arcmin[0, 0]
    axes = geometry.uvw_axes(*night.sky.radec[0], night.mid_mjd_s[0])[:2] @ geometry.enu_axes().T
    expected = (shift @ axes)[:2]
    assert np.hypot(*expected) > 1
    found = separated(bandpass)[0]
    error = found.error * tec_screen.SHIFT_ARCMIN
    assert (
        np.abs(found.gradient * tec_screen.SHIFT_ARCMIN - expected).max() < 0.05 + 4 * error.max()
    )


def test_uncertain_planes_are_expected_to_be_smaller():
    """With an error of the usual rms half of the plane is to be expected, with a small one all."""
    one = separated(with_screen(2))[0]
    usual = 0.0035
    half = replace(one, covariance=usual**2 * np.eye(2)).expected(usual)
    assert half.gradient == pytest.approx(one.gradient / 2)
    assert half.covariance == pytest.approx(usual**2 / 2 * np.eye(2))
    assert one.expected(usual).gradient == pytest.approx(one.gradient, rel=0.02)
    more = one.with_covariance(np.diag([1e-6, 4e-6]))
    assert more.error**2 == pytest.approx(one.error**2 + [1e-6, 4e-6])
