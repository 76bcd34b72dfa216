"""One form of the shifts of sources, and what gains took of it: drawn sub-bands, and the truth."""

import numpy as np
import pytest

from lwacal.calibration import shift_fit

N_BANDS, N_SOURCES, N_SCANS = 4, 3, 3
ERROR = 0.05
ALIKE = np.array([0.6, 0.3, 0.1])
UNLIKE = np.array([[0.6, 0.3, 0.1], [0.5, 0.1, 0.4], [0.2, 0.7, 0.1], [0.4, 0.3, 0.3]])


def weights_of(held):
    """Return weights of means, (sub-band, source, integration), of those of sources."""
    held = np.broadcast_to(held, (N_BANDS, N_SOURCES))
    return np.repeat(held[..., None] / N_SCANS, N_SCANS, axis=2)


def true_shifts(seed=0):
    return np.random.default_rng(seed).normal(0, 3, (N_SOURCES, N_SCANS))


def measured(seed, held, true, noise=ERROR, error=None):
    """Draw what sub-bands measure; return values and weights (sub-band, source, integration).

    A weighted mean is held at zero, so that errors are smaller by what noise has in common.
    ``noise`` and the factor ``error`` of the stated errors over the true ones may be arrays.
    """
    noise = np.broadcast_to(noise, held.shape)
    values = true + noise * np.random.default_rng(seed).normal(size=held.shape)
    values = values - (held * values).sum(axis=(1, 2), keepdims=True)
    common = (held**2 * noise**2).sum(axis=(1, 2), keepdims=True)
    variance = noise**2 * (1 - 2 * held) + common
    return values, 1 / variance / (1 if error is None else error) ** 2


def relative(held, true):
    """Return the true m of sub-bands, relative to the usual one, and the usual one."""
    mean = (held * true).sum(axis=(1, 2))
    return mean - np.median(mean), np.median(mean)


def test_planes_of_different_means_are_recovered():
    """Noise of a difference of m is that of the difference of means of what all measure."""
    held, true = weights_of(UNLIKE), true_shifts()
    expected, _ = relative(held, true)
    found = np.array([shift_fit.fit(*measured(s, held, true), held).offset for s in range(100)])
    pairs = [(one, other) for one in range(N_BANDS) for other in range(one)]
    for one, other in pairs:
        away = found[:, one] - found[:, other] - (expected[one] - expected[other])
        sigma = ERROR * np.sqrt(((held[one] - held[other]) ** 2).sum() / N_BANDS)
        assert np.sqrt((away**2).mean()) == pytest.approx(sigma, rel=0.3)  # 4 errors of an rms
        assert abs(expected[one] - expected[other]) > 10 * sigma


def test_without_noise_all_are_exact():
    held, true = weights_of(UNLIKE), true_shifts()
    values = true - (held * true).sum(axis=(1, 2), keepdims=True)
    weights = np.random.default_rng(1).uniform(1, 9, held.shape)
    found = shift_fit.fit(values, weights, held)
    expected, usual = relative(held, true)
    assert found.offset == pytest.approx(expected, abs=1e-9)
    assert found.shift == pytest.approx(true - usual, abs=1e-9)
    assert found.chi2 == pytest.approx(np.zeros(N_SOURCES), abs=1e-9)
    assert found.excess == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_equal_means_give_no_planes(seed):
    """Also if errors differ, and if a source is elsewhere in one sub-band."""
    held, true = weights_of(ALIKE), true_shifts()
    noise = ERROR * np.random.default_rng(seed).uniform(0.5, 2, held.shape)
    elsewhere = np.zeros(held.shape)
    elsewhere[1, 2] = 5.0
    found = shift_fit.fit(*measured(seed, held, true + elsewhere, noise), held)
    assert found.offset == pytest.approx(np.zeros(N_BANDS), abs=1e-9)
    assert found.chi2[2] > 100 * found.freedom[2]


def test_shifts_come_back_within_their_errors():
    """Factors of the errors are those of draws of chi^2: by chance, some are larger than 1."""
    held, true, many = weights_of(ALIKE), true_shifts(), []
    noise = ERROR * np.array([1.0, 2.0, 0.5, 1.0])[:, None, None]
    _, usual = relative(held, true)
    for seed in range(200):
        many.append(shift_fit.fit(*measured(seed, held, true, noise), held))
    freedom = (N_BANDS - 1) * N_SCANS
    assert many[0].freedom.tolist() == [freedom] * N_SOURCES
    chi2 = np.array([one.chi2 for one in many])
    assert chi2.mean() == pytest.approx(freedom, rel=4 * np.sqrt(2 / freedom / chi2.size))
    pulls = np.array([(one.shift - (true - usual)) / one.error for one in many])
    by_chance = np.random.default_rng(0).chisquare(freedom, 100000) / freedom
    expected = np.sqrt(np.mean(1 / np.maximum(by_chance, 1)))
    assert np.sqrt((pulls**2).mean()) == pytest.approx(expected, rel=4 / np.sqrt(2 * pulls.size))


def test_errors_that_are_stated_too_small_are_enlarged():
    """Stated errors are a third of the true ones."""
    held, true = weights_of(ALIKE), true_shifts()
    _, usual = relative(held, true)
    many = [shift_fit.fit(*measured(seed, held, true, error=1 / 3), held) for seed in range(100)]
    pulls = np.array([(one.shift - (true - usual)) / one.error for one in many])
    freedom = many[0].freedom[0]  # pulls are t distributed
    assert np.sqrt((pulls**2).mean()) == pytest.approx(np.sqrt(freedom / (freedom - 2)), rel=0.15)
    # the rms beyond stated variances, of true ones nine times as large
    variance = (ERROR**2 * (1 - 2 * held) + ERROR**2 * (held[0] ** 2).sum()).mean()
    expected = np.sqrt(variance * (1 - 1 / 9) * (N_BANDS - 1) / N_BANDS)
    assert np.mean([one.excess for one in many]) == pytest.approx(expected, rel=0.15)


def test_a_source_that_misbehaves_does_not_raise_the_errors_of_others():
    """It is elsewhere in one sub-band, but not on average, so that its mean is the same."""
    held, true = weights_of(ALIKE), true_shifts()
    away = np.zeros(held.shape)
    away[1, 2] = [2.0, -1.0, -1.0]
    usual, found = (
        shift_fit.fit(*measured(3, held, true + part), held) for part in (0 * away, away)
    )
    assert found.error[:2] == pytest.approx(usual.error[:2])
    assert found.shift[:2] == pytest.approx(usual.shift[:2])
    factor = np.sqrt(found.chi2[2] / found.freedom[2])
    assert factor > 5
    variance = 1 / measured(3, held, true)[1][:, 2].sum(axis=0)
    assert found.error[2] == pytest.approx(factor * np.sqrt(variance))


def test_errors_of_gains_are_those_of_the_means():
    """Variances add with the squares of the weights; a source that misbehaves adds more."""
    held, true = weights_of(UNLIKE), true_shifts()
    values, weights = measured(1, held, true, error=100.0)  # nothing exceeds such errors
    found = shift_fit.fit(values, weights, held)
    assert found.error_of_gains == pytest.approx(np.sqrt((held**2 / weights).sum(axis=(1, 2))))
    small = shift_fit.fit(*measured(1, held, true, error=0.1), held)
    true_errors = found.error_of_gains / 100
    assert (small.error_of_gains > true_errors / 2).all()


def test_groups_of_sub_bands_without_common_sources():
    """Sub-bands 0 to 2 have the sources 0 and 1, sub-band 3 has source 2: nothing is known of it.

    The planes of the larger group do not depend on the other sub-band.
    """
    held = np.array([[0.7, 0.3, 0], [0.4, 0.6, 0], [0.1, 0.9, 0], [0, 0, 1.0]])
    held, true = weights_of(held), true_shifts()
    values, weights = measured(1, held, true)
    weights[held == 0] = 0
    found = shift_fit.fit(values, weights, held)
    mean = (held * true).sum(axis=(1, 2))
    assert found.offset[3] == 0
    assert np.isnan(found.error_of_gains).tolist() == [False, False, False, True]
    three = [0, 1, 2]
    alone = shift_fit.fit(values[three], weights[three], held[three])
    assert found.offset[three] == pytest.approx(alone.offset)
    sigma = ERROR * np.sqrt(((held[0] - held[2]) ** 2).sum() / 3)
    apart = found.offset[0] - found.offset[2]
    assert apart == pytest.approx(mean[0] - mean[2], abs=4 * sigma)
    assert abs(apart) > 10 * sigma
    assert found.freedom.tolist() == [2 * N_SCANS, 2 * N_SCANS, 0]
    assert np.isfinite(found.shift).all()


def test_no_two_sub_bands_with_a_common_source():
    held = weights_of(np.eye(4)[:, :3])
    values, weights = measured(1, held, true_shifts(), noise=np.where(held > 0, ERROR, 1))
    weights = np.where(held > 0, ERROR**-2, 0)
    found = shift_fit.fit(values, weights, held)
    assert found.offset.tolist() == [0] * N_BANDS
    assert np.isnan(found.error_of_gains).all()
