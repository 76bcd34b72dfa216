"""Visibilities of the diffuse sky against the sum over pixels, each predicted as a point source."""

import numpy as np
import pytest

from lwacal.sky import beam, predict
from lwacal.sky.galaxy import DiffuseSky
from lwacal.sky.galaxy_map import GalaxyMap, LogPolynomials, pixel_radec
from lwacal.telescope import geometry, site

C_M_S = 299792458.0
BOLTZMANN = 1.380649e-23
N_PIXELS = 12 * 8**2
MJD_S = site.mjd_seconds("2024-05-24T09:00:03")
MEMO178 = {"model": "memo178", "x_azimuth_deg": 0.0, "file": ""}
TURNED_SINE = {"model": "sine", "x_azimuth_deg": 30.0, "file": ""}
ZENITH, ASIDE = site.zenith(MJD_S), (5.0, 0.9)  # ICRS radians
PAIRS = np.triu_indices(24, 1)


@pytest.fixture(scope="module")
def sky_map():
    """A sky of few pixels with a bright plane and spectra that differ."""
    draw = np.random.default_rng(3)
    deviation = np.stack([draw.normal(0, 1, N_PIXELS), draw.normal(0, 0.1, N_PIXELS)])
    mean = np.array([9.0, -2.5, -0.05])
    return GalaxyMap(pixel_radec(N_PIXELS, "galactic"), LogPolynomials(40e6, mean, deviation))


@pytest.fixture(scope="module")
def positions_m():
    """Eighteen antennas in a core, two of them one metre apart, and six at greater heights."""
    draw = np.random.default_rng(4)
    enu_m = np.concatenate(
        [
            np.column_stack([draw.uniform(-80, 80, (18, 2)), draw.normal(0, 0.3, 18)]),
            np.column_stack([draw.uniform(-300, 300, (6, 2)), draw.uniform(-9, 9, 6)]),
        ]
    )
    enu_m[1] = enu_m[0] + [0.6, -0.8, 0.0]
    return geometry.enu_to_itrf_m(enu_m)


def by_points(sky, rows, centre):
    """The sum over pixels, each a point source of 2 k T B nu^2 / c^2 dOmega, (2, channel, row)."""
    radec, frequency_hz = sky.map.radec, sky.frequency_hz
    altitude, azimuth = site.altitude_azimuth(radec[:, 0], radec[:, 1], MJD_S)
    up = altitude > 0
    dipole = sky.dipole["model"], frequency_hz, altitude[up], azimuth[up]
    beams = beam.power(*dipole, sky.dipole["x_azimuth_deg"])
    kelvin = sky.map.temperature_k(frequency_hz)[up]
    flux_jy = 2 * BOLTZMANN * kelvin * (frequency_hz / C_M_S) ** 2 * 1e26 * sky.map.pixel_sr
    points = predict.factor_by_antenna(
        sky.positions_m,
        frequency_hz,
        MJD_S,
        radec[up],
        flux_jy * beams[0],
        flux_jy * beams[1],
        [None] * int(up.sum()),
        centre,
    )
    return points.visibilities(*rows)


def lengths_lambda(positions_m, rows, frequency_hz):
    baselines = np.linalg.norm(positions_m[rows[0]] - positions_m[rows[1]], axis=1)
    return baselines * (frequency_hz[0] + frequency_hz[-1]) / 2 / C_M_S


@pytest.mark.parametrize("centre", [ZENITH, ASIDE])
@pytest.mark.parametrize("dipole", [MEMO178, TURNED_SINE])
@pytest.mark.parametrize("band", ["18MHz", "41MHz", "82MHz"])
def test_visibilities_are_the_sum_over_pixels(sky_map, positions_m, band, dipole, centre):
    """Within 2 % of the rms at their length; heights of up to 18 m are up to 5 wavelengths."""
    frequency_hz = site.band_frequencies_hz(band, 12)
    sky = DiffuseSky(sky_map, positions_m, frequency_hz, dipole, 30.0)
    length = lengths_lambda(positions_m, PAIRS, frequency_hz)
    found = sky.at(MJD_S, centre).visibilities(*PAIRS)
    expected = by_points(sky, PAIRS, centre)
    assert found.shape == expected.shape == (2, 12, len(PAIRS[0]))
    assert found.dtype == np.complex64
    assert not found[:, :, length > 30].any()
    for low, high in ((0, 2), (2, 10), (10, 20), (20, 30)):
        here = (length >= low) & (length < high)
        assert here.any()
        rms = np.sqrt((np.abs(expected[:, :, here]) ** 2).mean(axis=2))
        error = np.sqrt((np.abs(found - expected)[:, :, here] ** 2).mean(axis=2))
        assert (error < 0.02 * rms).all()


def test_rows_in_any_order(sky_map, positions_m):
    frequency_hz = site.band_frequencies_hz("55MHz", 4)
    model = DiffuseSky(sky_map, positions_m, frequency_hz, MEMO178, 20.0).at(MJD_S, ASIDE)
    whole = model.visibilities(*PAIRS)
    turned = model.visibilities(PAIRS[1], PAIRS[0])
    assert turned == pytest.approx(whole.conj(), rel=1e-5, abs=1e-3)
    some = np.array([200, 3, 77])
    assert model.visibilities(PAIRS[0][some], PAIRS[1][some]) == pytest.approx(whole[:, :, some])
    same = np.arange(5)
    assert not model.visibilities(same, same).any()
    assert model.visibilities(same[:0], same[:0]).shape == (2, 4, 0)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_few_channels(sky_map, positions_m, n_channels):
    frequency_hz = np.array([30e6, 31e6])[:n_channels]
    sky = DiffuseSky(sky_map, positions_m, frequency_hz, MEMO178, 10.0)
    length = lengths_lambda(positions_m, PAIRS, frequency_hz)
    near = tuple(side[length < 10] for side in PAIRS)
    expected = by_points(sky, near, ZENITH)
    error = sky.at(MJD_S, ZENITH).visibilities(*near) - expected
    assert np.abs(error).max() < 0.02 * np.sqrt((np.abs(expected) ** 2).mean())


def test_an_array_without_short_baselines_sees_nothing(sky_map):
    positions_m = geometry.enu_to_itrf_m(np.array([[0.0, 0, 0], [500, 0, 0], [0, 500, 1]]))
    sky = DiffuseSky(sky_map, positions_m, np.array([50e6, 52e6]), MEMO178, 30.0)
    rows = np.triu_indices(3, 1)
    assert not sky.at(MJD_S, ZENITH).visibilities(*rows).any()
