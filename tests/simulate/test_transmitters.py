"""Interference is where, when and at the frequencies it should be."""

import numpy as np
import pytest

from lwacal.simulate import drawn
from lwacal.telescope import site
from seen_sources import effects, exposure, observation


def flux(words, band, integration=1, **options):
    """Return the flux densities of X and Y together, (channel,), and frequencies."""
    night = observation(effects=effects(words), n_channels=192, **options)
    shot = exposure(night, band, integration)
    found = drawn.draw(night).transmitters(shot)
    total = sum((one.flux_jy.sum(axis=1) for one in found), np.zeros(192))
    return total, shot.frequency_hz


def test_television_pilots_are_in_one_channel_each():
    total, hz = flux("tv:300", "64MHz")
    assert np.flatnonzero(total).tolist() == [int(np.abs(hz - 66.30944e6).argmin())]
    assert total.max() == pytest.approx(300e3, rel=1e-6)
    assert not flux("tv", "41MHz")[0].any()
    assert flux("tv", "82MHz")[0].any()


def test_coarse_channels_dilute_a_pilot():
    night = observation(effects=effects("tv:300"), n_channels=12)
    found = drawn.draw(night).transmitters(exposure(night, "64MHz"))
    assert found[0].flux_jy.sum() == pytest.approx(300e3 / 16)


def test_fm_rises_towards_88_mhz():
    total, hz = flux("fm:1000", "82MHz")
    assert (np.diff(total) > 0).all()
    assert total[-1] == pytest.approx(1e6 * np.exp((hz[-1] - 88e6) / 0.5e6), rel=1e-5)
    assert flux("fm", "50MHz")[0].max() < 1


def test_short_waves_are_in_their_bands_and_change():
    total, hz = flux("hf", "13MHz", n_integrations=2)
    inside = ((hz > 13.55e6) & (hz < 13.9e6)) | ((hz > 15.05e6) & (hz < 15.9e6))
    inside |= (hz > 17.4e6) & (hz < 18e6)
    assert total[inside].any()
    assert not total[~inside].any()
    assert not np.array_equal(total, flux("hf", "13MHz", 2, n_integrations=2)[0])
    assert not flux("hf", "36MHz")[0].any()


def test_a_meteor_is_seen_once():
    bright = [flux("meteor:30", "59MHz", n, n_integrations=4)[0] for n in (1, 2, 3, 4)]
    assert sum(one.any() for one in bright) == 1
    hz = site.band_frequencies_hz("59MHz", 192)
    total = sum(bright)
    assert not total[hz < 59.9e6].any()
    assert total[hz > 60.1e6] == pytest.approx(30e3)


def test_a_satellite_moves():
    night = observation(effects=effects("satellite"), n_integrations=2, n_channels=192)
    waves = drawn.draw(night)
    one, two = (waves.transmitters(exposure(night, "59MHz", n))[0] for n in (1, 2))
    phase = [np.angle(seen.phasors[:, 0] * seen.phasors[:1, 0].conj()) for seen in (one, two)]
    assert np.abs(phase[0] - phase[1]).max() > 0.5


def arrival(night, band="50MHz"):
    """Return the azimuth (radians) of a transmitter from the phases of the core antennas."""
    shot = exposure(night, band)
    (seen,) = drawn.draw(night).transmitters(shot)
    enu = night.enu_m
    core = np.linalg.norm(enu[:, :2], axis=1) < 120
    wave = 2 * np.pi * shot.frequency_hz[0] / 2.99792458e8
    grid = np.deg2rad(np.arange(0, 360, 0.5))
    steering = np.exp(-1j * wave * (np.outer(np.sin(grid), enu[core, 0])))
    steering *= np.exp(-1j * wave * (np.outer(np.cos(grid), enu[core, 1])))
    return grid[np.abs(steering @ seen.phasors[core, 0]).argmax()], seen


def test_a_power_line_is_on_the_horizon_at_its_azimuth():
    night = observation(effects=effects("power_line:5:250"), n_antennas=64)
    azimuth, seen = arrival(night)
    assert np.rad2deg(azimuth) == pytest.approx(250, abs=1.5)
    shot = exposure(night, "50MHz")
    expected = 5e3 * 50e6 / shot.frequency_hz
    assert seen.flux_jy.sum(axis=1) == pytest.approx(expected, rel=1e-5)


def test_a_near_source_has_spherical_waves():
    """Steered at a point 300 m away the core is in phase, steered at infinity it is not."""
    night = observation(effects=effects("near_field:20:300"), n_antennas=64)
    azimuth, seen = arrival(night)
    shot = exposure(night, "50MHz")
    wave = 2 * np.pi * shot.frequency_hz[0] / 2.99792458e8
    core = np.linalg.norm(night.enu_m[:, :2], axis=1) < 120
    phasors = seen.phasors[core, 0] / np.abs(seen.phasors[core, 0])
    phasors = phasors * np.exp(1j * wave * night.enu_m[core, 2])  # the phase centre is the zenith
    towards = azimuth + np.deg2rad(np.arange(-60, 60, 0.25))
    places = 300 * np.column_stack([np.sin(towards), np.cos(towards), np.zeros(len(towards))])
    away_m = np.linalg.norm(night.enu_m - places[:, None], axis=-1)
    near = np.abs(np.exp(1j * wave * away_m[:, core]) @ phasors) / core.sum()
    far = np.abs(np.exp(-1j * wave * places @ night.enu_m[core].T / 300) @ phasors) / core.sum()
    assert near.max() > 0.99
    assert far.max() < 0.8
    amplitude = np.abs(seen.phasors[:, 0])
    assert amplitude == pytest.approx(300 / away_m[near.argmax()], rel=0.02)


def test_waves_are_fully_polarized():
    night = observation(effects=effects("tv"), n_channels=192)
    (seen,) = drawn.draw(night).transmitters(exposure(night, "64MHz"))
    assert seen.cross_jy**2 == pytest.approx(seen.flux_jy.prod(axis=1), rel=1e-5)
