"""Scintillation: index, mean, dependence on frequency, and where it is alike."""

import numpy as np
import pytest

from lwacal.simulate import drawn, scintillation
from seen_sources import effects, exposure, observation, seen


def drawn_factors(index, band, number=60):
    """Return flux factors of many sources and integrations, (source, channel)."""
    found = []
    for seed in range(number):
        night = observation(
            effects=effects(f"scintillation:{index}", "3c"), n_integrations=1, seed=seed + 1
        )
        hz = exposure(night, band).frequency_hz
        found.append(drawn.draw(night).on_sources[0].factors(1, hz))
    return np.concatenate(found)


@pytest.mark.parametrize(("index", "band", "mhz"), [(0.7, "41MHz", 43.7), (0.3, "27MHz", 29.9)])
def test_scintillation_index(index, band, mhz):
    factors = drawn_factors(index, band)
    expected = index * (mhz / 30) ** -1.5
    error = 1 / np.sqrt(len(factors))  # of the mean, over the index; there are 2000 and more
    assert factors[:, 0].mean() == pytest.approx(1, abs=4.5 * expected * error)
    assert factors.std(axis=0).mean() == pytest.approx(expected, rel=0.1)


def test_the_index_is_one_at_most():
    factors = scintillation.intensity(np.random.default_rng(1).normal(size=20000), np.array(1.0))
    assert factors.std() == pytest.approx(1, abs=0.05)  # exponential
    assert (factors < np.log(2)).mean() == pytest.approx(0.5, abs=0.02)
    assert scintillation.index_at(2.0, np.array([15e6])) == 1


def test_intensities_are_smooth_in_frequency():
    factors = drawn_factors(0.7, "27MHz", 10)
    step = np.abs(np.diff(factors, axis=1)).mean()
    assert step < 0.1 * factors.std()


def test_all_antennas_see_the_same_intensity_and_the_field_of_antennas_varies():
    night = observation(effects=effects("scintillation:0.7"), sources=("CygA",))
    still = seen(observation(sources=("CygA",)))["CygA"]
    bright = seen(night)["CygA"]
    assert np.array_equal(bright.phasors, still.phasors)
    assert not np.allclose(bright.flux_jy, still.flux_jy, rtol=1e-3)
    truth = drawn.draw(night).truth()["scintillation_41MHz"]
    number = night.sky.names.index("CygA")
    assert bright.flux_jy == pytest.approx(still.flux_jy * truth[0, number][:, None], rel=1e-5)
    varied = observation(
        effects=effects("scintillation_antennas:0.5"), sources=("CygA",), n_antennas=64
    )
    power = np.abs(seen(varied, "27MHz")["CygA"].phasors[:, 0]) ** 2
    enu = varied.enu_m[:, :2]
    apart = np.linalg.norm(enu[:, None] - enu[None], axis=-1)
    difference = np.abs(power[:, None] - power[None])
    assert difference[apart < 50].max() < 0.2 * difference.max()
    assert difference[apart > 700].mean() > 3 * difference[apart < 100].mean()
