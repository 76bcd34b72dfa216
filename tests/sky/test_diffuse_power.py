"""The power of the diffuse sky, against skies and beams whose integrals are known."""

import numpy as np
import pytest

from lwacal.sky import diffuse_power
from lwacal.sky.galaxy import DiffuseSky
from lwacal.sky.galaxy_map import GalaxyMap, LogPolynomials, pixel_radec
from lwacal.telescope import geometry, site

C_M_S = 299792458.0
BOLTZMANN_JY = 1380.649  # W/K in units of 1e-26
MJD_S = site.mjd_seconds("2024-05-24T09:00:03")
SINE = {"model": "sine", "x_azimuth_deg": 0.0, "file": ""}
MEMO178 = {"model": "memo178", "x_azimuth_deg": 0.0, "file": ""}
FREQUENCY_HZ = site.band_frequencies_hz("41MHz", 8)
N_PIXELS = 12 * 32**2


def sky_of(ln_kelvin, dipole=SINE, n_antennas=60):
    """An array of antennas within 60 m, and a sky without a spectrum."""
    draw = np.random.default_rng(5)
    enu_m = np.column_stack([draw.uniform(-60, 60, (n_antennas, 2)), np.zeros(n_antennas)])
    spectra = LogPolynomials(40e6, np.zeros(1), np.stack([ln_kelvin, np.zeros(N_PIXELS)]))
    sky_map = GalaxyMap(pixel_radec(N_PIXELS, "icrs"), spectra)
    return DiffuseSky(sky_map, geometry.enu_to_itrf_m(enu_m), FREQUENCY_HZ, dipole, 20.0)


def test_solid_angle_of_a_sine():
    """The integral of sin(elevation)^1.6 over the upper half of the sphere is 2 pi / 2.6."""
    found = diffuse_power.beam_sr(FREQUENCY_HZ, SINE)
    assert found.shape == (2, 8)
    assert found == pytest.approx(2 * np.pi / 2.6, rel=2e-3)


def test_uniform_sky_gives_the_power_of_a_resistor():
    """k T per polarization: 2 k T over the effective area, whatever the beam."""
    area = (C_M_S / FREQUENCY_HZ) ** 2 / (2 * np.pi / 2.6)
    found = diffuse_power.antenna_jy(sky_of(np.full(N_PIXELS, np.log(7000.0))), MJD_S)
    assert found == pytest.approx(np.tile(2 * BOLTZMANN_JY * 7000 / area, (2, 1)), rel=5e-3)
    receiver = diffuse_power.receiver_jy(FREQUENCY_HZ, SINE)
    assert receiver == pytest.approx(np.tile(2 * BOLTZMANN_JY * 250 / area, (2, 1)), rel=5e-3)


def test_power_is_the_visibility_of_a_short_baseline():
    sky = sky_of(np.random.default_rng(6).normal(8, 1, N_PIXELS), MEMO178, n_antennas=1)
    both = np.repeat(sky.positions_m, 2, axis=0) + [[0, 0, 0], [1e-3, 0, 0]]
    near = DiffuseSky(sky.map, both, FREQUENCY_HZ, MEMO178, 20.0)
    found = near.at(MJD_S, site.zenith(MJD_S)).visibilities(np.array([0]), np.array([1]))[..., 0]
    power = diffuse_power.antenna_jy(near, MJD_S)
    assert found == pytest.approx(power, rel=5e-3)
    assert np.abs(power[0] / power[1] - 1).min() > 1e-3  # X and Y differ


def test_confusion_is_the_rms_by_length():
    """Pixels that vary at random have the same power on all baselines but the shortest."""
    sky = sky_of(np.random.default_rng(7).normal(8, 1, N_PIXELS))
    found = diffuse_power.confusion(sky, MJD_S)
    noise_jy = np.sqrt((sky.seen(MJD_S).flux_jy(FREQUENCY_HZ) ** 2).sum(axis=0).mean())
    length = np.array([6.0, 9.0, 13.0])
    assert found.at(length) == pytest.approx(noise_jy, rel=0.4)
    first, second = np.triu_indices(60, 1)
    far = np.linalg.norm(sky.positions_m[first] - sky.positions_m[second], axis=1)
    model = sky.at(MJD_S, site.zenith(MJD_S)).visibilities(first, second)
    near_9 = np.abs(far * FREQUENCY_HZ.mean() / C_M_S - 9) < 0.8
    rms = np.sqrt((np.abs(model[:, :, near_9]) ** 2).mean())
    assert found.at(np.array(9.0)) == pytest.approx(rms, rel=0.15)


def test_confusion_is_a_power_law_between_and_beyond_its_lengths():
    steep = diffuse_power.Confusion(np.array([1.0, 4.0, 16.0]), np.array([800.0, 80.0, 20.0]))
    wanted = np.array([[0.0, 1.0, 2.0], [8.0, 16.0, 64.0]])
    expected = [[800, 800, np.sqrt(800 * 80)], [40, 20, 5]]
    assert steep.at(wanted) == pytest.approx(np.array(expected))


def test_confusion_needs_short_baselines():
    with pytest.raises(ValueError, match="too few short baselines"):
        diffuse_power.confusion(sky_of(np.full(N_PIXELS, 8.0), n_antennas=3), MJD_S)
