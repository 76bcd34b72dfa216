"""Clock-TEC separation against drawn instruments and the simulated ionosphere."""

from dataclasses import replace

import numpy as np
import pytest

import drawn_gains
from lwacal.calibration import antpol_columns, tec_screen
from lwacal.calibration.antpol_columns import Phases
from lwacal.calibration.tec_screen import Screen
from lwacal.simulate import drawn
from lwacal.telescope import geometry
from lwacal.telescope.antennas import on_fibre
from seen_sources import effects, observation, seen

GRADIENT = np.array([0.004, -0.007])  # TECU/km: 7 arcmin at 40 MHz
CURVATURE = np.array([2e-3, -1.2e-3, 1.6e-3])  # TECU/km^2
FLAT = np.append(GRADIENT, np.zeros(3))
CURVED = np.append(GRADIENT, CURVATURE)


def separated(bandpass):
    place_km = drawn_gains.array(bandpass.n_antennas)[1]
    phases = Phases.average(bandpass, drawn_gains.errors(bandpass))
    return tec_screen.separate(phases, place_km, bandpass.antenna_names)


def with_screen(seed, screen=FLAT, **options):
    bandpass = drawn_gains.instrument(seed, **options)
    place_km = drawn_gains.array(bandpass.n_antennas)[1]
    drawn_gains.add_column(bandpass, tec_screen.column(place_km, screen))
    return bandpass


def pulls(many, truth):
    """Return (found - truth) / error of each screen, (screen, 5)."""
    return np.array([(one.value - truth) / one.error for one in many])


@pytest.mark.parametrize("screen", [np.zeros(5), FLAT, CURVED], ids=["none", "flat", "curved"])
def test_screens_come_back_within_their_errors(screen):
    """Also a curvature of zero: it is fitted always."""
    many = [separated(with_screen(seed, screen))[0] for seed in range(40)]
    found = pulls(many, screen)
    assert np.sqrt((found**2).mean()) == pytest.approx(1, abs=0.3)  # 200 values, t distributed
    assert np.abs(found.mean(axis=0)).max() < 4 / np.sqrt(40)
    errors = np.sqrt(np.mean([one.error**2 for one in many], axis=0))
    assert (3 * errors < np.abs(CURVED)).all()  # else nothing could be missed


def test_a_flat_fit_has_no_curvature():
    bandpass = with_screen(1)
    names, place_km = drawn_gains.array(bandpass.n_antennas)
    phases = Phases.average(bandpass, drawn_gains.errors(bandpass))
    fibre = np.array([on_fibre(name) for name in names])
    one = tec_screen.fit(antpol_columns.fit(phases), place_km, fibre, curved=False)
    assert one.value[2:].tolist() == one.error[2:].tolist() == [0, 0, 0]
    assert (np.abs(one.gradient - GRADIENT) < 4 * one.error[:2]).all()


def test_large_planes_do_not_lose_a_turn():
    """An arc minute is 0.06 turns at 27 MHz and 1.6 km; half a degree is 2 turns."""
    strong = np.array([0.03, 0.02, 0, 0, 0])
    found = pulls([separated(with_screen(seed, strong))[0] for seed in range(10)], strong)
    assert np.abs(found).max() < 5


def test_dispersion_of_cables_is_not_taken_for_ionosphere():
    """Coax that grows to the east by 1 ns a metre, with a skin effect of 1 rad per 500 ns."""
    options = {"dispersion_rad": 1.0, "sloping": True}
    found = pulls([separated(with_screen(seed, **options))[0] for seed in range(10)], FLAT)
    assert np.sqrt((found**2).mean(axis=0)).max() < 1.6


def test_x_and_y_agree():
    _, x, y = separated(with_screen(3))
    apart = (x.value - y.value) / np.hypot(x.error, y.error)
    assert np.abs(apart).max() < 4
    assert (x.value != y.value).all()


def test_bad_antennas_do_not_matter():
    bandpass = with_screen(5)
    usual = separated(bandpass)[0]
    draw = np.random.default_rng(1)
    shape = bandpass.gain[:4].shape
    bandpass.gain[:4] *= np.exp(1j * draw.uniform(-3, 3, shape))  # noise
    bandpass.gain[4:6] *= np.exp(1j * 0.5 * (30e6 / bandpass.frequency_hz))[None, :, None]
    found = separated(bandpass)[0]
    assert np.abs((found.value - usual.value) / usual.error).max() < 4


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
    error = found.error[:2] * tec_screen.SHIFT_ARCMIN
    assert (
        np.abs(found.gradient * tec_screen.SHIFT_ARCMIN - expected).max() < 0.05 + 4 * error.max()
    )


def test_uncertain_screens_are_expected_to_be_smaller():
    """With an error of the usual rms half of it is to be expected, with a small one all."""
    one = separated(with_screen(2, CURVED))[0]
    usual = np.array([0.0035, 0.0035, 1e-3, 1e-3, 1e-3])
    half = replace(one, covariance=np.diag(usual**2)).expected(usual)
    assert half.value == pytest.approx(one.value / 2)
    assert half.covariance == pytest.approx(np.diag(usual**2 / 2))
    certain = replace(one, covariance=one.covariance * 1e-6).expected(usual)
    assert certain.value == pytest.approx(one.value, rel=1e-4)
    more = one.with_covariance(np.diag([1e-6, 4e-6, 1e-8, 0, 0]))
    assert more.error**2 == pytest.approx(one.error**2 + [1e-6, 4e-6, 1e-8, 0, 0])


def test_a_curvature_that_is_not_expected_leaves_the_gradient_of_a_flat_fit():
    """Regression of the gradient's error on that of the curvature."""
    one = separated(with_screen(2, CURVED))[0]
    without = one.expected(np.array([1.0, 1.0, 1e-9, 1e-9, 1e-9]))
    assert np.abs(without.value[2:]).max() < 1e-4 * np.abs(one.value[2:]).min()
    coupling, own = one.covariance[:2, 2:], one.covariance[2:, 2:]
    expected = one.gradient - coupling @ np.linalg.solve(own, one.value[2:])
    assert np.abs(expected - one.gradient).max() > 0.1 * one.error[:2].min()
    assert without.gradient == pytest.approx(expected, rel=1e-3)


def test_draws_are_nearer_to_what_is_expected_than_to_what_is_measured():
    """Screens of the usual rms, measured with errors as large: the error falls by sqrt(2)."""
    draw = np.random.default_rng(1)
    usual = np.array([0.003, 0.003, 6e-4, 6e-4, 6e-4])
    true = usual * draw.normal(size=(400, 5))
    measured = true + usual * draw.normal(size=true.shape)
    covariance = np.diag(usual**2)
    found = np.array([Screen(one, covariance, 0, 9).expected(usual).value for one in measured])
    rms = np.sqrt((((found - true) / usual) ** 2).mean())
    assert rms == pytest.approx(1 / np.sqrt(2), rel=4 / np.sqrt(2 * true.size))
