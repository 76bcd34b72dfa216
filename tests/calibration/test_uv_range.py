"""Which baselines the solvers use: both limits count when an antenna's baselines are numbered."""

import numpy as np
import pytest

import solver_case
from lwacal.calibration import uv_range
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.telescope import geometry, site

SETTINGS = Bandpass(uv_min_lambda=8, uv_max_lambda=100, uv_max_lambda_vir_a=50)
NO_SOURCES = {"sources": [], "bands": {}}


def usable(lengths: dict[str, float]) -> tuple[float, float, str]:
    """Return the limits for two groups of five antennas each.

    ``lengths`` in wavelengths of baselines ``within`` a group and ``between`` the two.
    """
    antenna1, antenna2 = np.triu_indices(10, 1)
    together = (antenna1 < 5) == (antenna2 < 5)
    length = np.where(together, lengths["within"], lengths["between"])
    return uv_range.usable(antenna1, antenna2, length, NO_SOURCES, SETTINGS)


def test_limits_stay_where_antennas_have_enough_baselines():
    assert usable({"within": 10.0, "between": 500.0}) == (8.0, 100.0, "")


def test_baselines_above_the_upper_limit_do_not_count_as_enough():
    """Each antenna has five baselines of 500 wavelengths, and four of 3: only those can be used."""
    low, high, message = usable({"within": 3.0, "between": 500.0})
    assert (low, high) == (2.0, 100.0)  # 8 is halved twice
    assert "bandpass.uv_min_lambda is 8" in message


@pytest.mark.parametrize(("between", "low"), [(100.0, 8.0), (100.1, 2.0)])
def test_the_upper_limit_itself_is_within(between, low):
    assert usable({"within": 3.0, "between": between})[0] == low


def test_the_lower_limit_is_halved_to_a_wavelength_and_no_further():
    assert usable({"within": 0.1, "between": 500.0})[:2] == (1.0, 100.0)


@pytest.mark.parametrize("limits", [(6.0, 15.0), (0.0, 8.0)])
def test_matrix_of_the_baselines_in_range_is_that_of_their_projected_lengths(limits):
    """As the source sees them: what of a baseline is across the direction of the phase centre."""
    enu_m = np.array([[0.0, 0, 0], [40, 20, 3], [120, -60, -2]])
    positions_m = geometry.enu_to_itrf_m(enu_m)
    mjd_s = 5223956400.0
    ra_rad, dec_rad = site.zenith(mjd_s + 3 * 3600)
    manifest = {
        "observation": {"mid_mjd_s": mjd_s},
        "phase_centre": {"ra_rad": ra_rad, "dec_rad": dec_rad},
        "antennas": {"names": ["A", "B", "C"], "positions_m": positions_m.tolist()},
        "bands": {"40MHz": {"frequency_hz": [39e6, 40e6, 41e6]}},
    }
    between_m = positions_m[:, None] - positions_m
    along_m = between_m @ geometry.itrf_direction(ra_rad, dec_rad, mjd_s)
    length = np.sqrt((between_m**2).sum(axis=2) - along_m**2) * 40e6 / 299792458.0
    antenna1, antenna2, found = uv_range.baselines_of_array(manifest, "40MHz")
    assert found == pytest.approx(length[antenna1, antenna2], rel=1e-6)
    expected = (length >= limits[0]) & (length <= limits[1]) & ~np.eye(3, dtype=bool)
    assert 0 < expected.sum() < 6
    assert np.array_equal(uv_range.matrix_in_range(manifest, "40MHz", limits), expected)


def test_baselines_of_a_set_are_those_of_its_array(tmp_path):
    """Each once, though there are two integrations, in which they turn by some 1e-3."""
    case = solver_case.make(tmp_path, 6, n_channels=4)
    antenna1, antenna2, length = uv_range.baselines_of_set(case.concat["73MHz"])
    cross = antenna1 != antenna2
    expected = uv_range.baselines_of_array(case.manifest, "73MHz")
    assert antenna1[cross].tolist() == expected[0].tolist()
    assert antenna2[cross].tolist() == expected[1].tolist()
    assert length[cross] == pytest.approx(expected[2], rel=3e-3)


def test_without_baselines_the_limits_stay():
    none = np.zeros(0, int)
    found = uv_range.usable(none, none, np.zeros(0), NO_SOURCES, SETTINGS)
    assert found == (8.0, 100.0, "")
