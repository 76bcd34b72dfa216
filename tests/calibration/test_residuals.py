"""Noise by the residuals: relative to the other antpols, whatever data each of them has."""

import numpy as np
import pytest

from lwacal.calibration import residuals
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.telescope.baselines import BaselineMatrix

N_ANTENNAS, N_CHANNELS, LOUD = 20, 36, 3
FIRST, SECOND = np.triu_indices(N_ANTENNAS, 1)
OF_LOUD = (FIRST == LOUD) | (SECOND == LOUD)


def drawn(power=1.0, visibilities=4, fewer=None, seed=1, noise_jy=0.1):
    """Return sums of a point source of 1 Jy and noise of ``noise_jy``, all gains being one.

    Antenna LOUD has ``power`` times the noise power of the others; ``fewer`` baselines have one
    visibility in place of ``visibilities``.
    """
    draw = np.random.default_rng(seed)
    sums = VisibilitySums.zeros(BaselineMatrix(N_ANTENNAS), np.full(len(FIRST), 50.0), N_CHANNELS)
    variance = noise_jy**2 * np.where(OF_LOUD, power, 1.0)
    for number in range(visibilities):
        used = np.ones(len(FIRST), bool)
        if fewer is not None and number:
            used = ~fewer
        noise = draw.normal(size=(2, N_CHANNELS, len(FIRST), 2)) @ [1, 1j] / np.sqrt(2)
        data = (1 + np.sqrt(variance) * noise) * used
        sums.data_model += data
        sums.model_power += used
        sums.data_power += np.abs(data) ** 2
        sums.count += used.astype(np.uint16)
    return sums


@pytest.mark.parametrize("power", [4.0, 25.0])
def test_noise_ratio_is_that_of_the_powers(power):
    """A median over 12 channels for each of 19 baselines: known to some 10 %."""
    ratio = residuals.noise_ratio(drawn(power), 0, 4)
    assert ratio[LOUD] == pytest.approx(power, rel=0.35)
    assert np.delete(ratio, LOUD) == pytest.approx(1, abs=0.35)


def test_noise_ratio_does_not_depend_on_the_number_of_visibilities():
    """One visibility has a median |n|^2 of ln 2, four of them together a mean of 0.92 times."""
    ratio = residuals.noise_ratio(drawn(fewer=OF_LOUD), 1, 4)
    assert ratio[LOUD] == pytest.approx(np.log(2) / 0.92, rel=0.35)


def test_baselines_without_data_do_not_tell_the_noise():
    sums = drawn(9.0)
    sums.leave_out(OF_LOUD & (FIRST + SECOND > 12))
    ratio = residuals.noise_ratio(sums, 0, 4)
    assert ratio[LOUD] == pytest.approx(9, rel=0.5)
    sums.leave_out(OF_LOUD)
    assert residuals.noise_ratio(sums, 0, 4)[LOUD] == 1


def test_data_without_noise_leave_the_weights():
    sums = drawn(noise_jy=0.0)
    sums.data_power[:] = 0  # so that not even the rounding is left
    assert (residuals.noise_ratio(sums, 0, 4) == 1).all()


def test_weights_are_lowered_by_the_factor_and_others_stay():
    sums, before = drawn(25.0), drawn(25.0)
    factor = residuals.lower_weights(sums, 4)
    assert factor[LOUD] == pytest.approx(25, rel=0.35)
    assert (np.delete(factor, LOUD, axis=0) == 1).all()
    for name in ("data_model", "model_power", "data_power"):
        now, then = getattr(sums, name), getattr(before, name)
        assert np.array_equal(now[..., ~OF_LOUD], then[..., ~OF_LOUD]), name
        for pol in (0, 1):
            expected = then[pol][:, OF_LOUD] / factor[LOUD, pol]
            assert now[pol][:, OF_LOUD] == pytest.approx(expected, rel=1e-5), name


def test_no_more_rounds_than_needed(monkeypatch):
    """Weights that are right after one round are looked at once more, and left."""
    calls = []
    measure = residuals.noise_ratio
    monkeypatch.setattr(
        residuals, "noise_ratio", lambda *words: calls.append(words) or measure(*words)
    )
    residuals.lower_weights(drawn(1.0), 4)
    assert len(calls) == 2  # X and Y, one round


def test_residual_over_thermal_is_the_median_over_solutions_by_the_mean_over_integrations():
    sums = drawn()
    sums.thermal_variances = [1.0, np.nan, 3.0]
    noise = np.full((N_ANTENNAS, N_CHANNELS, 2), 6.0)
    flag = np.zeros(noise.shape, bool)
    noise[:8], flag[:8] = 1e6, True
    noise[9], noise[10] = np.inf, 1e3
    assert residuals.residual_over_thermal(sums, noise, flag) == pytest.approx(3)
    sums.thermal_variances = [np.nan]
    assert np.isnan(residuals.residual_over_thermal(sums, noise, flag))
    sums.thermal_variances = [1.0]
    assert np.isnan(residuals.residual_over_thermal(sums, noise, np.ones(noise.shape, bool)))
