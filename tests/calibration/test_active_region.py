"""The width of an active region that outshines the calibrators."""

from dataclasses import replace

import numpy as np
import pytest

from lwacal.calibration import active_region, sky_search
from lwacal.calibration.active_region import ActiveRegion
from lwacal.calibration.sky_state import N_KINDS, RATIO
from lwacal.simulate import layout
from lwacal.sky import sources
from lwacal.sky.widened_shape import WidenedShape
from sky_sample_case import NAMES, make

N_ANTENNAS = 32
RADEC = sources.POSITIONS["CasA"].ra_rad, sources.POSITIONS["CasA"].dec_rad
SIGMA, SHIFT_SIGMA = np.array([1.0, 1e5]), np.deg2rad([0.1, 0.3])


def test_shape_is_that_of_a_gaussian():
    """By its FWHM: exp(-(pi fwhm u)^2 / (4 ln 2)), at 70 MHz."""
    uv_m = np.array([[0.0, 0.0], [300.0, 400.0], [-900.0, 1200.0]])
    found = WidenedShape(6.0, np.array([70e6])).at(uv_m)[:, 0]
    lambdas = np.hypot(*uv_m.T) / (299792458.0 / 70e6)
    expected = np.exp(-((np.pi * np.deg2rad(0.1) * lambdas) ** 2) / (4 * np.log(2)))
    assert found == pytest.approx(expected, rel=1e-4)
    assert expected[2] < 0.3


@pytest.mark.parametrize("best", [0.0, 1.3, 5.4, 9.9])
def test_width_of_least_cost(best):
    found = active_region.best_width(lambda width: 7 + (width**2 - best**2) ** 2)
    assert found == pytest.approx(best, abs=0.3 if best else 1.0)


def with_region(fwhm_arcmin, ratio, seed=3):
    """Return a sample in which CasA, of unknown flux, has a width, and the antennas' places."""
    values = np.zeros((2, N_KINDS, 2))
    values[:, RATIO] = [1.0, ratio]
    case = make(seed, N_ANTENNAS, values=values, middle_hz=70e6)
    sample = replace(case.sample, known=np.array([True, False]))
    positions_m = layout.built_in(N_ANTENNAS).antennas.positions_m
    wide = ActiveRegion(1, RADEC, fwhm_arcmin).widened(sample, positions_m)
    pairs = sample.pairs(case.gain)
    for number, (one, wider) in enumerate(zip(sample.integrations, wide.integrations)):
        change = wide.visibilities(wider, case.truth, number)
        change = change - sample.visibilities(one, case.truth, number)
        one.data += (pairs * change).astype(np.complex64)
    return sample, positions_m


def find(sample, positions_m):
    source = {"name": "CasA", "ra_rad": RADEC[0], "dec_rad": RADEC[1]}
    state, _ = sky_search.search(sample, list(NAMES))
    usual = SIGMA, SHIFT_SIGMA, list(NAMES)
    return active_region.find(sample, source, positions_m, state, *usual)


@pytest.mark.parametrize("fwhm_arcmin", [3.0, 6.0])
def test_width_of_a_bright_region_is_found(fwhm_arcmin):
    found = find(*with_region(fwhm_arcmin, ratio=20.0))
    assert found.fwhm_arcmin == pytest.approx(fwhm_arcmin, abs=0.2)


def test_a_region_fainter_than_the_calibrators_is_left_a_point():
    assert find(*with_region(6.0, ratio=0.3)) is None


def test_model_of_the_array_has_the_same_width():
    sample, positions_m = with_region(6.0, ratio=20.0)
    region = ActiveRegion(1, RADEC, 6.0)
    one = sample.integrations[0]
    first, second = sample.baselines.antenna1, sample.baselines.antenna2
    whole = region.widen(one.seen, positions_m, sample.frequency_hz, one.mjd_s)
    wide = region.widened(sample, positions_m)
    expected = wide.visibilities(wide.integrations[0], sample.of_model(), 0)
    found = whole.visibilities(first, second)
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    assert (
        np.abs(one.seen.visibilities(first, second) - expected).max() > 0.2 * np.abs(expected).max()
    )
