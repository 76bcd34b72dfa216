"""A bright integration is the sky's if the model explains it, and interference if not."""

from dataclasses import replace

import numpy as np
import pytest

import sky_sample_case
from lwacal.calibration import bright_integrations, sky_search
from lwacal.calibration.bright_integrations import MOST_LEFT, Level, limit
from lwacal.calibration.sky_state import N_KINDS, RATIO
from sky_sample_case import make

SIGMA, SHIFT_SIGMA = np.ones(2), np.full(2, np.deg2rad(15 / 60))
NAMES = list(sky_sample_case.NAMES)
NOISE = Level(1000.0, 1e5, 1000.0, 1000)


def suspected(case, scans, known_noise=True):
    """Leave integrations out of the sample as rule flag does; return the others' fit too."""
    sample = case.sample
    for one in sample.integrations:
        one.thermal = 1 / one.weight if known_noise else None
    sample.suspects = [one for one in sample.integrations if one.scan in scans]
    sample.integrations = [one for one in sample.integrations if one.scan not in scans]
    return sky_search.best_fit(sample, SIGMA, SHIFT_SIGMA, NAMES)[0]


def explained(case, found):
    return bright_integrations.explained(case.sample, found, SIGMA, SHIFT_SIGMA, NAMES)


def scintillating(seed, ratios, **options):
    """Return a case of which each source has these ratios, (integration, source)."""
    values = np.zeros((len(ratios), N_KINDS, 2))
    values[:, RATIO] = ratios
    return make(seed, values=values, n_integrations=len(ratios), **options)


def add_interference(case, one, jy):
    """Add a transmitter near the array: coherent, with a random phase at each antenna."""
    draw = np.random.default_rng(one.scan)
    phase = np.exp(2j * np.pi * draw.random(case.gain.shape[-1]))
    first, second = case.sample.baselines.antenna1, case.sample.baselines.antenna2
    pairs = case.sample.pairs(case.gain)
    one.data += (jy * pairs * phase[first] * phase[second].conj()).astype(np.complex64)


BRIGHT = [[1.0, 0.8], [0.7, 1.1], [3.5, 0.6], [0.9, 1.0]]


@pytest.mark.parametrize("known_noise", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_a_scintillating_source_is_no_interference(seed, known_noise):
    case = scintillating(seed, BRIGHT)
    assert explained(case, suspected(case, [3], known_noise)) == [3]


@pytest.mark.parametrize("jy", [10e3, 100e3, 3e6])
def test_interference_stays_flagged(jy):
    """The sky is 20 kJy: the weakest of these makes an integration hardly brighter."""
    case = scintillating(1, [[1.0, 0.8], [0.7, 1.1], [0.8, 0.9], [0.9, 1.0]])
    add_interference(case, case.sample.integrations[1], jy)
    assert explained(case, suspected(case, [2])) == []


def test_each_bright_integration_is_judged_by_itself():
    case = scintillating(2, [*BRIGHT, [0.9, 4.0]])
    add_interference(case, case.sample.integrations[1], 60e3)
    add_interference(case, case.sample.integrations[4], 60e3)
    assert explained(case, suspected(case, [2, 3, 5])) == [3]


def test_a_source_that_is_not_in_the_model_is_interference():
    case = scintillating(3, BRIGHT)
    bright = case.sample.integrations[2]
    unit = next(case.sample.units(bright))
    bright.data += 3 * case.sample.pairs(case.gain) * unit[:, :, ::-1]  # of other baselines
    assert explained(case, suspected(case, [3])) == []


@pytest.mark.parametrize("seed", range(3))
def test_gains_of_a_false_minimum_do_not_cost_the_bright_integration(seed):
    """Gains may hold the plane from one source to the other; all data together tell."""
    case = scintillating(seed, [[0.8, 1.0], [5.0, 5.0]])
    found = suspected(case, [2])
    found.gain *= sky_search.plane(case.sample, 0, 1)
    found.state.values[:, RATIO] = found.state.values[:, RATIO, ::-1]
    assert explained(case, found) == [2]


@pytest.mark.parametrize("seed", range(3))
def test_interference_is_not_explained_together_with_a_single_other(seed):
    case = scintillating(seed, [[0.8, 1.0], [1.1, 0.9]])
    add_interference(case, case.sample.integrations[1], 60e3)
    assert explained(case, suspected(case, [2])) == []


def test_restored_integrations_take_part_as_if_they_had_never_been_flagged():
    case = scintillating(1, BRIGHT)
    suspected(case, [2, 3])
    sample = case.sample.restored([3])
    assert [one.scan for one in sample.integrations] == [1, 3, 4]
    sample.weigh(np.zeros(sample.baselines.antenna1.shape))
    assert all(one.weight.any() for one in [*case.sample.integrations, *case.sample.suspects])


@pytest.mark.parametrize("interference", [False, True])
def test_an_integration_is_judged_by_the_channels_in_which_it_is_bright(interference):
    case = scintillating(1, BRIGHT)
    one, clean = case.sample.integrations[2], case.sample.integrations[2].data.copy()
    add_interference(case, one, 40e3)
    one.data[:, 1:] = clean[:, 1:]
    if not interference:
        one.data = clean
    found = suspected(case, [3])
    others = one.weight.copy()
    others[:, 0] = 0
    case.sample.integrations.append(replace(one, weight=others))
    part = bright_integrations._bright_part(case.sample, one)
    assert [part.weight[:, channel].any() for channel in range(4)] == [True, False, False, False]
    assert explained(case, found) == ([] if interference else [3])


def test_noise_alone_is_within_the_limit_and_twice_the_noise_is_not():
    one = Level(0.0, 0.0, 10000.0, 10000)
    assert 10100 < limit([NOISE] * 3, one, 0) < 10500  # 3.1 sigma of 10000 visibilities: 310


def test_errors_of_gains_and_model_grow_with_the_flux():
    bright = Level(0.0, 1e6, 1000.0, 1000)
    noise_alone, with_gains = (limit([NOISE] * 3, bright, number) for number in (0, 10))
    assert with_gains - noise_alone > 1e6 * 10 / 3e5
    poor = Level(3000.0, 1e5, 1000.0, 1000)
    faint = Level(0.0, 1e5, 1000.0, 1000)
    errors = [limit([poor] * 3, one, 0) - 1000 for one in (faint, bright)]
    assert errors[1] == pytest.approx(10 * errors[0], rel=0.05)
    assert errors[0] > 2000


def test_what_the_model_leaves_is_at_most_a_share_of_its_power():
    poor, bright = Level(1e5, 1e5, 1000.0, 1000), Level(0.0, 1e6, 1000.0, 1000)
    assert limit([poor], bright, 10) == pytest.approx(MOST_LEFT * 1e6, rel=0.01)


def test_without_thermal_noise_residuals_may_be_noise_or_errors():
    unknown = [Level(1000.0, 1e5, None, 1000)] * 3
    one = Level(0.0, 2e5, None, 1000)
    assert limit(unknown, one, 0) > limit([NOISE] * 3, one, 0) * 0.99 > 1000
