"""Beams that differ, leakage and coupling: against statistics, geometry and matrices."""

import numpy as np
import pytest

from lwacal.io import ms_reader
from lwacal.simulate import Simulation, drawn, simulate
from lwacal.telescope import boards
from seen_sources import effects, exposure, observation, seen


def test_beam_errors_have_their_rms_in_amplitude_and_phase():
    night = observation(effects=effects("beams:0.1", "3c"), n_antennas=64)
    factor = drawn.draw(night).truth()["beam_factor"]
    # 64 antennas of two polarizations are independent
    assert np.abs(factor - 1).std(axis=1).mean() > 0
    assert factor.real.std() == pytest.approx(0.1, rel=0.1)
    assert factor.imag.std() == pytest.approx(0.1, rel=0.1)
    assert factor.mean() == pytest.approx(1, abs=0.03)


def test_beam_errors_are_smooth_over_the_sky_and_differ_between_dipoles():
    night = observation(effects=effects("beams:0.1"), sources=("CygA", "CasA"))
    beams = drawn.draw(night).on_sources[0]
    north = np.array([0, 0.5, np.sqrt(0.75)])
    near = np.array([0, 0.53, np.sqrt(1 - 0.53**2)])
    far = np.array([0, -0.9, np.sqrt(1 - 0.81)])
    assert np.abs(beams.towards(north) - beams.towards(near)).max() < 0.05
    assert np.abs(beams.towards(north) - beams.towards(far)).mean() > 0.08
    one = seen(night)["CygA"]
    assert one.phasors.shape == (24, 4, 2)
    plain = seen(observation(sources=("CygA", "CasA")))["CygA"]
    factor = drawn.draw(night).truth()["beam_factor"][night.sky.names.index("CygA")]
    assert one.phasors == pytest.approx(plain.phasors[..., None] * factor[:, None, :], abs=1e-5)


@pytest.mark.parametrize(("altitude", "azimuth"), [(50, 45), (20, 130), (70, 300), (90, 0)])
def test_leakage_of_crossed_dipoles(altitude, azimuth):
    """Against the mean of waves with random polarization that two dipoles receive."""
    altitude, azimuth = np.deg2rad([altitude, azimuth])
    direction = np.array(
        [np.cos(altitude) * np.sin(azimuth), np.cos(altitude) * np.cos(azimuth), np.sin(altitude)]
    )
    # two directions at right angles to the line of sight
    across = np.array([np.cos(azimuth), -np.sin(azimuth), 0])
    upward = np.cross(direction, across)
    north, east = np.array([0, 1.0, 0]), np.array([1.0, 0, 0])  # X and Y
    xx, yy, xy = (
        (a @ across) * (b @ across) + (a @ upward) * (b @ upward)
        for a, b in ((north, north), (east, east), (north, east))
    )
    night = observation(effects=effects("leakage"))
    found = drawn.draw(night).on_sources[0].correlation(direction)
    assert found == pytest.approx(xy / np.sqrt(xx * yy), abs=1e-9)


def test_leakage_appears_in_the_data(tmp_path):
    place = tmp_path / "raw"
    simulate(
        Simulation(
            n_antennas=6,
            bands=("41MHz",),
            n_channels=2,
            n_integrations=1,
            noise_scale=0,
            gain_spread=0,
            n_faint=0,
            effects=effects("leakage"),
        ),
        place,
    )
    item = next(ms_reader.iterate_integrations(next(place.iterdir())))
    cross = item.antenna1 != item.antenna2
    power = np.abs(item.columns["DATA"][cross]).mean(axis=(0, 1))
    assert 0.01 < power[1] / power[0] < 0.5
    assert power[1] == pytest.approx(power[2], rel=0.5)


def test_coupling_is_a_matrix_of_voltages():
    """V' = (1 + C) V (1 + C)^H for the sum of all sources."""
    night = observation(effects=effects("coupling:0.08"), n_antennas=64)
    coupling = drawn.draw(night).on_sources[0]
    shot = exposure(night)
    matrix = coupling.matrix(float(shot.frequency_hz[1])).toarray()
    enu_m = night.enu_m
    apart_m = np.linalg.norm(enu_m[:, None] - enu_m[None], axis=-1)
    assert not matrix[(apart_m > 30) | (apart_m == 0)].any()
    near = (apart_m > 0) & (apart_m < 30)
    assert near.sum() > 50
    strength = np.abs(matrix[near]) * apart_m[near] / 5
    assert strength.mean() == pytest.approx(0.08, rel=0.15)
    assert np.allclose(matrix, matrix.T)
    first, second = np.triu_indices(64)

    def visibilities(sources):
        data = np.zeros((len(first), 4, 4), np.complex64)
        for one in sources.values():
            one.add(data, first, second)
        full = np.zeros((64, 64), complex)
        full[first, second] = data[:, 1, 0]
        full[second, first] = data[:, 1, 0].conj()
        return full

    plain = visibilities(seen(observation(n_antennas=64)))
    mixed = np.eye(64) + matrix
    expected = mixed @ plain @ mixed.conj().T
    found = visibilities(seen(night))
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    assert np.abs(found - plain).max() > 0.01 * np.abs(plain).max()


def test_crosstalk_is_between_adjacent_antennas_of_a_board_and_correlates_noise(tmp_path):
    options = Simulation(
        n_antennas=96,
        bands=("41MHz",),
        n_channels=4,
        n_integrations=1,
        sources=(),
        n_faint=0,
        effects=effects("crosstalk:0.02"),
    )
    place = simulate(options, tmp_path / "raw")
    with np.load(place / "truth.npz") as archive:
        arrays = dict(archive)
    night = observation(n_antennas=96)
    pairs = arrays["crosstalk_pairs"]
    assert len(pairs) > 10
    for to, origin in pairs:
        assert boards.arx(night.names[to]) == boards.arx(night.names[origin])
    item = next(ms_reader.iterate_integrations(next((tmp_path / "raw").iterdir())))
    first, second, gain = item.antenna1, item.antenna2, arrays["gain_41MHz"]
    data = item.columns["DATA"][..., [0, 3]] / (gain[first] * gain[second].conj())
    sefd = np.median(data[first == second].real, axis=(0, 2))
    mean = data.mean(axis=(1, 2)) / sefd.mean()
    volt = np.zeros((96, 96), complex)
    volt[pairs[:, 0], pairs[:, 1]] = arrays["crosstalk_volt"]
    expected = volt[first, second] + volt[second, first].conj()
    cross = first != second
    # noise of a mean over 4 channels and 2 polarizations
    rms = 1 / np.sqrt(48 * 23926 * 10.03 * 8)
    assert np.abs(mean - expected)[cross].max() < 6 * rms
    assert np.abs(expected).max() > 20 * rms
