"""Diffuse emission is that of the pixels of the map, and gives its noise."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from astropy import constants, units
from astropy.coordinates import AltAz, SkyCoord
from scipy.spatial import cKDTree

from lwacal.io import ms_reader
from lwacal.runtime import products
from lwacal.simulate import Simulation, diffuse, drawn, simulate, visibilities
from lwacal.sky import beam
from lwacal.sky.galaxy_map import GalaxyMap, pixel_radec
from lwacal.sky.predict import factor_by_antenna
from lwacal.telescope import site
from seen_sources import effects, exposure, observation


@dataclass(frozen=True)
class Uniform:
    """A spectrum 5000 K (nu / 50 MHz)^-2.5 times a factor of each pixel."""

    factor: np.ndarray

    def temperature_k(self, frequency_hz):
        return 5000 * np.outer(self.factor, (np.asarray(frequency_hz) / 50e6) ** -2.5)


def sky_with(night, factor):
    """Return a map of coarse pixels whose emission is kept on all baselines."""
    sky = diffuse.SkyMap(night.options)
    sky._map = GalaxyMap(pixel_radec(len(factor), "galactic"), Uniform(factor))
    sky._vectors = diffuse.derive_galaxy_map.unit_vectors(sky._map.radec)
    sky._hole = np.zeros(len(factor), bool)
    sky._factor = np.ones(len(factor))
    return sky


@pytest.mark.parametrize(("band", "channels"), [("27MHz", 4), ("78MHz", 96)])
def test_pixels_are_points(monkeypatch, band, channels):
    """Against the prediction of points of 2 k T / lambda^2 times the solid angle."""
    monkeypatch.setattr(diffuse, "GONE", 1e4)
    monkeypatch.setattr(diffuse, "WHOLE", 1e3)
    monkeypatch.setattr(
        diffuse, "nodes", lambda hz, _, of=diffuse.nodes: of(hz, 1500 * hz[0] / 3e8)
    )
    night = observation(n_channels=channels, n_antennas=10)
    sky = sky_with(night, np.random.default_rng(2).uniform(0.5, 2, 12 * 8**2))
    shot = exposure(night, band)
    first, second = np.triu_indices(10)
    found = diffuse.visibilities(sky, night, shot)(first, second)
    ra, dec = sky._map.radec.T
    altitude, azimuth = site.altitude_azimuth(ra, dec, shot.mid_mjd_s)
    hz = shot.frequency_hz
    wavelength = constants.c / (hz * units.Hz)
    kelvin = sky._map.temperature_k(hz) * units.K
    flux = (2 * constants.k_B * kelvin / wavelength**2 * sky._map.pixel_sr).to_value(units.Jy)
    xx, yy = beam.power("memo178", hz, altitude, azimuth)
    expected = factor_by_antenna(
        night.positions_m,
        hz,
        shot.mid_mjd_s,
        sky._map.radec,
        flux * xx,
        flux * yy,
        [None] * len(ra),
        shot.field_radec,
    ).rows(first, second)
    expected[first == second] = 0
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


def test_a_node_less_than_the_channels_are_enough():
    hz = site.band_frequencies_hz("78MHz", 192)
    at_hz, matrix = diffuse.nodes(hz, 31.0)
    assert len(at_hz) < 40
    delay_s = 31.0 / hz.min()  # the longest baseline, source on the horizon
    wave = np.exp(2j * np.pi * delay_s * (at_hz - hz[0]))
    assert np.abs(matrix @ wave - np.exp(2j * np.pi * delay_s * (hz - hz[0]))).max() < 1e-4


def test_emission_ends_where_a_baseline_sees_the_pixels():
    night = observation(effects=effects("galaxy"), n_antennas=64)
    shot = exposure(night, "73MHz")
    first, second = np.triu_indices(64)
    rows = drawn.draw(night).emission(shot)(first, second)
    metres = np.linalg.norm(night.enu_m[first] - night.enu_m[second], axis=1)
    length = metres * shot.frequency_hz[0] / 2.998e8 * np.sqrt(4 * np.pi / 49152)
    assert not rows[length > 0.51].any()
    assert not rows[first == second].any()
    power = np.abs(rows[:, 0, 0])
    assert np.median(power[(length > 0) & (length < 0.15)]) > 3 * np.median(
        power[(length > 0.3) & (length < 0.5)]
    )


def test_the_factor_scales_the_map_and_the_error_has_its_rms():
    def temperatures(*words):
        sky = diffuse.SkyMap(Simulation(effects=effects(*words)))
        return sky.temperature_k(np.arange(49152), np.array([50e6]))[:, 0]

    plain = temperatures()
    assert temperatures("galaxy:1.3:0") == pytest.approx(1.3 * plain)
    relative = temperatures("galaxy:1:0.1") / plain - 1
    # some thirty waves of 60 degrees: the rms over one sky is known to 20 %
    assert relative.std() == pytest.approx(0.1, rel=0.5)
    assert np.abs(relative).max() < 0.45


def test_the_a_team_is_cut_out_of_a_full_map(tmp_path):
    """A full map with a bright spot at Cyg A has none in the simulation."""
    radec = pixel_radec(12 * 32**2, "galactic")
    maps = np.ones((len(radec), 1))
    place = (5.2336866, 0.7109409)  # Cyg A
    vectors = diffuse.derive_galaxy_map.unit_vectors(np.array([place, *radec]))
    near = vectors[1:] @ vectors[0] > np.cos(np.deg2rad(2))
    maps[near] = 50
    np.savez(
        tmp_path / "map.npz",
        ra=radec[:, 0],
        dec=radec[:, 1],
        freqs=np.array([10.0, 30, 60, 100]),
        sigmas=np.ones(4) * 1e3,
        comps=np.ones((4, 1)),
        maps=maps,
    )
    sky = diffuse.SkyMap(Simulation(sky_map=Path(tmp_path / "map.npz")))
    kelvin = sky.temperature_k(np.arange(len(radec)), np.array([50e6]))
    assert near.sum() > 3
    assert kelvin == pytest.approx(1e3)


def test_noise_of_the_sky_follows_the_radiometer_equation(tmp_path):
    """A sky of one temperature: P = 2 k (T + 250 K) / A, with A = lambda^2 / beam."""
    options = Simulation(
        n_antennas=32,
        bands=("41MHz",),
        n_channels=12,
        n_integrations=1,
        sources=(),
        n_faint=0,
        effects=effects("noise:sky:0"),
    )
    place = simulate(options, tmp_path / "raw")
    with np.load(place / "truth.npz") as archive:
        arrays = dict(archive)
    truth = products.read_json(place / "truth.json")
    path = next((tmp_path / "raw").iterdir())
    item = next(ms_reader.iterate_integrations(path))
    gain = arrays["gain_41MHz"]
    first, second = item.antenna1, item.antenna2
    autos = first == second
    calibrated = item.columns["DATA"][..., [0, 3]] / (gain[first] * gain[second].conj())
    power = arrays["power_41MHz"]
    hz = np.array(truth["bands"]["41MHz"]["frequency_hz"])
    width_s = 16 * site.CHANNEL_WIDTH_HZ * options.interval_s
    # autocorrelations: 32 samples of relative error 1 / sqrt(width x time)
    assert calibrated[autos].real.mean(axis=0) == pytest.approx(
        power.mean(axis=0), rel=5 / np.sqrt(width_s * 32)
    )
    rms = np.sqrt((np.abs(calibrated[~autos]) ** 2).mean(axis=0))
    # 496 complex samples: the rms is known to 1 / sqrt(2 x 496)
    assert rms == pytest.approx(power.mean(axis=0) / np.sqrt(width_s), rel=4.5 / np.sqrt(992))
    assert rms.mean(axis=1) == pytest.approx(truth["bands"]["41MHz"]["noise_jy"], rel=0.1)
    # the beam's solid angle times temperatures, integrated in rings of altitude and azimuth
    mjd_s = truth["integrations"][0]["mid_mjd_s"]
    assert power[0, 0] == pytest.approx(integral_jy(hz[0], mjd_s), rel=0.01)


def integral_jy(hz, mjd_s):
    """Return the power of X and Y from an integral over altitude and azimuth."""
    step = np.deg2rad(0.5)
    altitude, azimuth = np.meshgrid(
        np.arange(step / 2, np.pi / 2, step), np.arange(step / 2, 2 * np.pi, step)
    )
    altitude, azimuth = altitude.ravel(), azimuth.ravel()
    solid_sr = step**2 * np.cos(altitude)
    kelvin = nearest_k(altitude, azimuth, hz, mjd_s)
    wavelength_m = constants.c.value / hz
    powers = []
    for pattern in beam.power("memo178", np.array([hz]), altitude, azimuth):
        total = ((kelvin + 250) * pattern[:, 0] * solid_sr).sum()
        powers.append(2 * constants.k_B.value * total / wavelength_m**2 / 1e-26)
    return np.array(powers)


def nearest_k(altitude, azimuth, hz, mjd_s):
    """Return temperatures of the shipped map in directions of the sky."""
    frame = AltAz(obstime=site.astropy_time(mjd_s), location=site.location())
    sky = SkyCoord(az=azimuth, alt=altitude, unit="rad", frame=frame).icrs
    full = GalaxyMap.read()
    tree = cKDTree(diffuse.derive_galaxy_map.unit_vectors(full.radec))
    wanted = diffuse.derive_galaxy_map.unit_vectors(np.stack([sky.ra.rad, sky.dec.rad], axis=1))
    return full.temperature_k(np.array([hz]))[tree.query(wanted)[1], 0]


def test_receivers_differ_and_sources_add_to_the_noise():
    night = observation(effects=effects("noise:sky:0.03", "sun:active"), start="20240612_194500")
    shot = exposure(night, "78MHz")
    noise = drawn.draw(night).noise
    quiet = noise.power_jy(shot, [])
    spread = quiet[:, 0, 0].std() / quiet[:, 0, 0].mean()
    # 3 % of the receiver's 8 % of the power
    assert 0 < spread < 0.01
    bright = noise.power_jy(shot, visibilities.sources(night, shot))
    assert bright.mean() - quiet.mean() > 80e3
