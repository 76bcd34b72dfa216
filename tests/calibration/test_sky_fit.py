"""Fluxes and places of sources, solved together with the gains: against the truth and the limit."""

from dataclasses import replace

import numpy as np
import pytest

import sky_sample_case
from lwacal.calibration import sky_fit, sky_search
from lwacal.calibration.sky_state import (
    BEND,
    EAST,
    N_KINDS,
    NORTH,
    PATHS,
    RATIO,
    SLOPE,
)
from sky_sample_case import FLUX_JY, HALF, differences, make

SIGMA, SHIFT_SIGMA = np.ones(2), np.full(2, np.deg2rad(15 / 60))


def fitted(case):
    found, _ = sky_search.best_fit(case.sample, SIGMA, SHIFT_SIGMA, list(sky_sample_case.NAMES))
    return found


def in_errors(case, found):
    """Return errors of what gains cannot take up over stated ones, (integration, kind, source)."""
    errors, _ = found.split_errors()
    return (differences(found.state) - differences(case.truth)) / errors


def test_errors_are_those_that_the_fit_states():
    kinds = {RATIO: "ratio", EAST: "east", NORTH: "north"}
    found = [
        in_errors(case, fitted(case))
        for case in (make(seed, index=0.4, shift_arcmin=4) for seed in range(40))
    ]
    for kind in kinds:
        rms = np.sqrt(np.mean(np.square([item[:, kind] for item in found])))
        assert 0.75 < rms < 1.25, kinds[
            kind
        ]  # twice the error of 40 cases with three free differences


def test_bends_of_sources_are_found_within_their_errors():
    """Of the rms that the prior expects; two sources and integrations have three differences."""
    cases = [make(seed, shift_arcmin=4, bend_arcmin_per_km=0.8) for seed in range(40)]
    found = [fitted(case) for case in cases]
    pulls = np.array([in_errors(case, one) for case, one in zip(cases, found)])[:, :, BEND]
    rms = np.sqrt(np.mean(pulls**2, axis=(0, 1, 3)))
    assert rms == pytest.approx(np.ones(3), abs=4 / np.sqrt(2 * 40 * 3))
    true = np.array([differences(case.truth)[:, BEND] for case in cases])
    errors = np.array([one.split_errors()[0][:, BEND] for one in found])
    assert (true**2).mean() > 9 * (errors**2).mean()  # they are seen, not only allowed for


def test_slope_of_a_flux_over_the_sub_band_is_found():
    values = np.zeros((2, N_KINDS, 2))
    values[:, RATIO] = [[0.5, 1.4], [1.2, 0.9]]
    values[:, SLOPE] = np.array([[0.4, -0.5], [0.0, 0.1]]) * HALF
    case = make(3, values=values)
    found = fitted(case)
    assert np.abs(in_errors(case, found)[:, SLOPE]).max() < 4
    errors = found.split_errors()[0][:, SLOPE]
    assert errors.max() < 0.1 * HALF  # the slopes above are far from zero


@pytest.mark.parametrize("kind", PATHS)
def test_what_is_common_to_all_sources_is_left_to_the_gains(kind):
    """A shift of 3 arcmin, or a bend of 3 arcmin/km."""
    common = np.deg2rad(3 / 60)
    values = np.zeros((2, N_KINDS, 2))
    values[:, RATIO], values[:, kind] = 1, common
    case = make(4, values=values)
    found = fitted(case)
    errors = found.split_errors()[0][:, PATHS]
    assert (np.abs(found.state.values[:, PATHS]) < 4 * errors).all()
    assert 8 * errors[:, PATHS.index(kind)].max() < common
    held, its_error = forms_of_phases(case, found.gain / case.gain)
    expected = np.where(np.array(PATHS) == kind, common, 0)
    assert (np.abs(held - expected) < 4 * its_error).all()
    assert 8 * its_error[PATHS.index(kind)] < common


def forms_of_phases(case, ratio):
    """Return e, n, e^2, e n and n^2 (5,) in the phases of gains, as directions, and errors.

    ``ratio`` (2, channel, antenna) of gains to true ones; the errors are by its scatter.
    """
    east, north = np.array(case.sample.east_north_m, float).T
    km = 1e3
    design = np.array([east, north, east**2 / km, east * north / km, north**2 / km]).T
    design -= design.mean(axis=0)
    turns = 2 * np.pi * case.sample.middle_hz**2 / case.sample.frequency_hz / 299792458.0
    phase = np.angle(ratio * np.exp(-1j * np.angle(ratio.sum(axis=2)))[..., None])
    path_m = (phase / turns[:, None]).mean(axis=(0, 1))
    held, left, _, _ = np.linalg.lstsq(design, path_m - path_m.mean(), rcond=None)
    variance = left[0] / (len(path_m) - 6) * np.linalg.inv(design.T @ design)
    return held, np.sqrt(np.diagonal(variance))


def test_means_weighted_by_the_square_of_the_flux_are_held():
    case = make(8, index=0.4, shift_arcmin=4, bend_arcmin_per_km=0.8)
    weight = np.square(FLUX_JY) / np.square(FLUX_JY).sum()
    assert case.sample.held_weights() == pytest.approx(weight, rel=1e-4)
    found = fitted(case)
    errors = found.split_errors()[0]
    mean = found.state.values.mean(axis=0) @ weight
    of_flux = np.array(FLUX_JY) / sum(FLUX_JY)
    for kind in PATHS:
        assert abs(mean[kind]) < 0.01 * errors[:, kind].min()
        other = found.state.values.mean(axis=0)[kind] @ of_flux
        assert abs(other) > 0.01 * errors[:, kind].min()


def test_sources_whose_places_are_held_have_no_weight_in_the_means():
    sample = make(1).sample
    alone = replace(sample, moving=np.array([False, True]))
    assert alone.held_weights().tolist() == [0, 1]
    none = replace(sample, moving=np.zeros(2, bool))
    assert none.held_weights() == pytest.approx(np.array(FLUX_JY) / sum(FLUX_JY), rel=1e-4)


def test_factor_of_the_diffuse_emission_is_found():
    case = make(5, diffuse_jy=8000.0, diffuse_factor=1.2)
    found = fitted(case)
    error = found.split_errors()[1][0]
    assert abs(found.state.diffuse - 1.2) < 4 * error
    assert error < 0.03


@pytest.mark.parametrize("seed", range(12))
def test_scintillation_makes_no_false_minimum(seed):
    case = make(seed, n_antennas=24, index=0.7, shift_arcmin=4)
    assert not sky_sample_case.swapped(case, fitted(case).gain)


def test_a_swap_is_told_by_the_measure_of_the_tests():
    case = make(1, n_antennas=24)
    moved = case.gain * sky_search.plane(case.sample, 0, 1)
    assert sky_sample_case.swapped(case, moved)
    assert not sky_sample_case.swapped(case, case.gain)


def test_fluxes_of_the_model_alone_can_lead_into_the_false_minimum():
    def of_model(case):
        return sky_search.gains_of(case.sample, case.sample.of_model())

    cases = [make(seed, n_antennas=24, index=0.7) for seed in range(40)]
    assert any(sky_sample_case.swapped(case, of_model(case)) for case in cases)


def test_noisy_antennas_get_lower_weights_and_do_not_spoil_the_fit():
    case = make(6, index=0.3, noisy=[3, 9])
    before = case.sample.integrations[0].weight.copy()
    found = fitted(case)
    ratio = case.sample.integrations[0].weight / before
    ends = case.sample.baselines.antenna1, case.sample.baselines.antenna2
    with_noisy = np.isin(ends[0], [3, 9]) | np.isin(ends[1], [3, 9])
    assert np.median(ratio[..., with_noisy]) < 0.35  # a fifth of the noise power is right
    assert np.median(ratio[..., ~with_noisy]) == 1
    assert np.abs(in_errors(case, found)[:, [RATIO, EAST, NORTH]]).max() < 5


def test_a_transmitter_in_a_channel_is_not_taken_for_flux_of_the_sources():
    """It is seen on all baselines, with the phases of a source of its own, ten times the noise."""
    case = make(8, index=0.3)
    first, second = case.sample.baselines.antenna1, case.sample.baselines.antenna2
    phase = np.exp(1j * np.random.default_rng(1).uniform(-np.pi, np.pi, case.gain.shape[2]))
    wave = 10 * sky_sample_case.NOISE_JY * phase[first] * phase[second].conj()
    for one in case.sample.integrations:
        one.data[:, 2] += (case.sample.pairs(case.gain)[:, 2] * wave).astype(np.complex64)
    found = fitted(case)
    left_out = [(one.weight == 0).all(axis=(0, 2)) for one in case.sample.integrations]
    assert np.array(left_out).tolist() == [[False, False, True, False]] * 2
    assert found.noise == pytest.approx(1, abs=0.1)
    assert np.abs(in_errors(case, found)[:, [RATIO, EAST, NORTH]]).max() < 5


def test_a_baseline_far_from_the_model_is_left_out():
    case = make(7)
    for one in case.sample.integrations:
        one.data[:, :, 11] += 20 * np.abs(one.data[:, :, 11]).max()
    found = fitted(case)
    assert (case.sample.integrations[0].weight[:, :, 11] == 0).all()
    assert found.noise == pytest.approx(1, abs=0.1)


def test_rounding_that_makes_information_negative_leaves_errors_finite():
    """What data hardly tell may look negative by a rounding; its error is large, not unknown."""
    nearly_one = np.array([[1, 1 - 1e-15, 0], [1 - 1e-15, 1 - 1e-12, 0], [0, 0, 1.0]])
    assert np.linalg.eigvalsh(nearly_one).min() < 0
    inverse = sky_fit._inverse(nearly_one)
    assert (np.diagonal(inverse) > 0).all()
    assert np.diagonal(inverse)[:2].min() > 1e6
    assert inverse[2, 2] == pytest.approx(1)
    usual = np.array([[1, 0.5], [0.5, 1.0]])
    assert np.allclose(sky_fit._inverse(usual), np.linalg.inv(usual))
