"""The ionosphere against geometry, published constants and statistics of turbulence."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord

from lwacal.simulate import drawn, ionosphere
from lwacal.sky.predict import factor_by_antenna
from lwacal.telescope import site
from seen_sources import effects, exposure, observation, seen


def test_phase_of_an_electron_column():
    """1.3445 cycles at 1 GHz per TECU (Thompson, Moran & Swenson: 40.3 m^3/s^2 TEC / (c nu))."""
    assert ionosphere.TECU_RAD_HZ / 1e9 / (2 * np.pi) == pytest.approx(1.3445, rel=2e-4)


def test_refraction_moves_a_source_by_the_drawn_angle():
    """The visibilities are those of a source at the drawn place, with its angle ~ nu^-2."""
    night = observation(effects=effects("refraction:20"), sources=("CygA",))
    shift_arcmin = drawn.draw(night).on_sources[0].shift_arcmin[0, 0]
    assert np.hypot(*shift_arcmin) > 1
    place = SkyCoord(*night.sky.radec[0], unit="rad")
    for band in ("27MHz", "78MHz"):
        shot = exposure(night, band)
        for channel in (0, 3):
            at = shift_arcmin * (40e6 / shot.frequency_hz[channel]) ** 2
            moved = place.directional_offset_by(
                np.arctan2(at[0], at[1]) * units.rad, np.hypot(*at) * units.arcmin
            )
            expected = factor_by_antenna(
                night.positions_m,
                shot.frequency_hz[channel : channel + 1],
                shot.mid_mjd_s,
                np.array([[moved.ra.rad, moved.dec.rad]]),
                np.ones((1, 1)),
                np.ones((1, 1)),
                [None],
                shot.field_radec,
            ).phasors[0, 0]
            found = seen(night, band)["CygA"].phasors[:, channel]
            ratio = found * expected.conj()
            # the curvature of the sky over 45 arcmin and 1.6 km is 0.03 of a wavelength
            assert np.abs(np.angle(ratio * np.mean(ratio).conj())).max() < 0.2
            still = seen(observation(sources=("CygA",)), band)["CygA"].phasors[:, channel]
            assert np.abs(np.angle(still * expected.conj())).max() > 0.5


def test_refraction_has_its_rms_and_drifts_slowly():
    night = observation(effects=effects("refraction:3", "3c"), n_integrations=3)
    shift = drawn.draw(night).on_sources[0].shift_arcmin
    number = shift.shape[1]
    assert number > 35
    # the mean of the squares of 2 n normal numbers has a relative error of 1 / sqrt(n)
    assert (shift[0] ** 2).sum(axis=1).mean() == pytest.approx(9, rel=4.5 / np.sqrt(number))
    change = np.sqrt((np.diff(shift, axis=0) ** 2).sum(axis=2).mean())
    # exp(-10 s / 600 s) correlated: sqrt(2 (1 - 0.983)) = 0.18 of the rms
    assert change == pytest.approx(0.18 * 3, rel=0.5)


def test_turbulence_has_the_structure_function_of_kolmogorov():
    """1 rad^2 at 150 MHz at the diffractive scale, growing as r^(5/3)."""
    draw = np.random.default_rng(3)
    scale_m, lengths_m = 10e3, np.array([2e3, 10e3, 40e3])
    squares = []
    for _ in range(150):
        screen = ionosphere.turbulence(draw, scale_m)
        start = draw.uniform(-1e6, 1e6, (1, 2))
        angle = draw.uniform(0, 2 * np.pi)
        there = start + lengths_m[:, None] * np.array([np.cos(angle), np.sin(angle)])
        tecu = screen.tecu(np.concatenate([start, there]), 0.0)
        squares.append(((tecu[1:] - tecu[0]) * ionosphere.TECU_RAD_HZ / 150e6) ** 2)
    # the mean of 150 squares has an error of sqrt(2 / 150) = 12 %
    assert np.mean(squares, axis=0) == pytest.approx((lengths_m / scale_m) ** (5 / 3), rel=0.4)


def test_lines_of_sight_pierce_the_screen_where_they_meet_a_sphere():
    altitude, azimuth = np.deg2rad(30), np.deg2rad(70)
    direction = np.array(
        [
            np.cos(altitude) * np.sin(azimuth),
            np.cos(altitude) * np.cos(azimuth),
            np.sin(altitude),
        ]
    )
    place, slant = ionosphere.pierce_m(np.zeros((1, 3)), direction)
    # solve |R up + t direction| = R + h for t
    radius, shell = ionosphere.EARTH_M, ionosphere.EARTH_M + ionosphere.SCREEN_M
    up = radius * np.array([0, 0, 1.0])
    along = direction @ up
    t = -along + np.sqrt(along**2 - radius**2 + shell**2)
    point = (up + t * direction) / shell
    ground = radius * np.arccos(point[2])
    assert place[0] == pytest.approx(ground * np.array([np.sin(azimuth), np.cos(azimuth)]))
    assert slant == pytest.approx(1 / (point @ direction))
    zenith, vertical = ionosphere.pierce_m(np.zeros((1, 3)), np.array([0, 0, 1.0]))
    assert zenith == pytest.approx(np.zeros((1, 2)))
    assert vertical == 1


def test_a_disturbance_advances_phases_and_travels():
    night = observation(effects=effects("tid:0.5:200:1e9"), n_integrations=2, sources=("CygA",))
    tec = drawn.draw(night).on_sources[0].tec_tecu[:, 0]
    assert np.abs(tec).max() <= 0.5 * 3
    # 200 m/s over a wave of 200 km: a turn in 1000 s, at most 6 % of the amplitude in 10 s
    assert 0 < np.abs(tec[1] - tec[0]).max() < 0.5 * 1.5 * 2 * np.pi * 10.1 / 1000
    for band in ("27MHz", "78MHz"):
        still = seen(observation(sources=("CygA",)), band)["CygA"].phasors
        moved = seen(night, band)["CygA"].phasors
        hz = exposure(night, band).frequency_hz
        phase = np.angle(moved * still.conj() * (moved * still.conj())[:1].conj())
        expected = np.outer(tec[0] - tec[0, 0], 2 * np.pi * 1.3445 * 1e9 / hz)
        assert np.abs(np.exp(1j * phase) - np.exp(1j * expected)).max() < 1e-3


def test_columns_of_the_truth_are_those_of_the_antennas():
    night = observation(effects=effects("tid", "3c"), n_integrations=2)
    tec = drawn.draw(night).truth()["tec_tecu"]
    assert tec.shape == (2, len(night.sky.names), 24)
    altitude, _ = site.altitude_azimuth(*night.sky.radec.T, night.mid_mjd_s[0])
    assert ((tec[0] != 0).all(axis=1) == (altitude > 0)).all()
