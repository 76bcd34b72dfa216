"""Masked medians and robust standard deviations, compared with numpy on the unmasked values."""

import numpy as np
import pytest

from lwacal.runtime import robust


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_masked_median_is_that_of_the_unmasked_values(axis):
    draw = np.random.default_rng(1)
    values, mask = draw.normal(size=(7, 8, 9)), draw.random((7, 8, 9)) < 0.4
    values[mask] = draw.choice([np.nan, np.inf, -np.inf, 1e9], mask.sum())
    unmasked = np.where(mask, np.nan, values)
    expected = np.nanmedian(unmasked, axis=axis)
    assert robust.masked_median(values, mask, axis) == pytest.approx(expected)


def test_median_of_nothing_is_nan():
    mask = np.array([[True, True], [False, True]])
    found = robust.masked_median(np.ones((2, 2)), mask, axis=1)
    assert np.isnan(found[0])
    assert found[1] == 1
    assert np.isnan(robust.masked_median(np.ones((3, 0)), np.ones((3, 0), bool), axis=1)).all()
    assert robust.masked_median(np.ones((3, 0)), np.ones((3, 0), bool), axis=0).shape == (0,)


@pytest.mark.parametrize(("count", "median"), [(1, 1.0), (2, 1.5), (3, 2.0), (4, 3.0), (0, np.nan)])
def test_median_of_the_first_of_sorted_values(count, median):
    ordered = np.array([[1.0, 2.0, 4.0, 8.0]])
    found = robust.median_of_sorted(ordered, np.array([count]))
    assert found == pytest.approx([median], nan_ok=True)


def test_sigma_of_gaussian_values_hardly_depends_on_outliers():
    """A standard deviation from the MAD of 20 000 values scatters by 0.8 %."""
    values = 3.0 + 2.0 * np.random.default_rng(2).normal(size=(2, 20_000))
    values[0, :200] = 1e6
    middle, sigma = robust.median_and_sigma(values, np.zeros(values.shape, bool), axis=1)
    assert middle.shape == sigma.shape == (2, 1)
    assert middle == pytest.approx(3, abs=0.08)
    assert sigma == pytest.approx(2, rel=0.04)
