"""Which baselines the solvers use: both limits count when an antenna's baselines are numbered."""

import numpy as np
import pytest

from lwacal.calibration import uv_range
from lwacal.records.configuration.bandpass import Bandpass

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
