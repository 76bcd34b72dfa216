"""One form of the shifts of sources, and what gains took of it: drawn sub-bands, and the truth."""

import numpy as np
import pytest

from lwacal.calibration import shift_fit

SHAPE = N_BANDS, N_SOURCES, N_SCANS = 4, 3, 3
ERROR = 0.05
PLANES = np.array([0.0, 1.0, -2.0, 0.3])  # in gains


def true_shifts(seed=0):
    return np.random.default_rng(seed).normal(0, 3, (N_SOURCES, N_SCANS))


def measured(seed, true, noise=ERROR, stated=1.0):
    """Draw what sub-bands measure; return values and weights (sub-band, source, integration).

    ``noise`` and ``stated``, the factor of the stated errors over the true ones, may be arrays.
    """
    noise = np.broadcast_to(noise, SHAPE)
    values = true - PLANES[:, None, None] + noise * np.random.default_rng(seed).normal(size=SHAPE)
    return values, 1 / (noise * stated) ** 2


def differences(offset):
    """Return the offsets of sub-bands relative to the first."""
    return offset[..., 1:] - offset[..., :1]


def test_planes_are_recovered_within_their_errors():
    true = true_shifts()
    noise = ERROR * np.array([1.0, 2.0, 0.5])[:, None]  # of sources
    many = [shift_fit.fit(*measured(seed, true, noise)) for seed in range(200)]
    away = differences(np.array([one.offset for one in many])) - differences(PLANES)
    stated = many[0].error_of_gains
    sigma = np.hypot(stated[1:], stated[0])
    assert np.sqrt((away**2).mean(axis=0)) == pytest.approx(sigma, rel=0.25)
    own = 1 / np.sqrt((N_SCANS / noise**2).sum())
    assert np.median([one.error_of_gains for one in many]) == pytest.approx(own, rel=0.15)


def test_without_noise_all_are_exact():
    true = true_shifts()
    values, _ = measured(1, true, 0 + 1e-12)
    found = shift_fit.fit(values, np.random.default_rng(1).uniform(1, 9, SHAPE))
    usual = np.median(PLANES)
    assert found.offset == pytest.approx(PLANES - usual, abs=1e-9)
    assert found.shift == pytest.approx(true - usual, abs=1e-9)
    assert found.chi2 == pytest.approx(np.zeros(N_SOURCES), abs=1e-9)
    assert found.excess == pytest.approx(0, abs=1e-9)


def test_shifts_come_back_within_their_errors():
    """Relative to each other: their mean is that of the planes."""
    true, many = true_shifts(), []
    noise = ERROR * np.array([1.0, 2.0, 0.5, 1.0])[:, None, None]
    for seed in range(200):
        many.append(shift_fit.fit(*measured(seed, true, noise)))
    freedom = (N_BANDS - 1) * N_SCANS
    assert many[0].freedom.tolist() == [freedom] * N_SOURCES
    apart = np.array([one.shift[0] - one.shift[1] - (true[0] - true[1]) for one in many])
    sigma = np.array([np.hypot(one.error[0], one.error[1]) for one in many])
    assert np.sqrt(((apart / sigma) ** 2).mean()) == pytest.approx(
        0.93, abs=0.1
    )  # factors are >= 1
    chi2 = np.array([one.chi2.sum() for one in many])
    planes = N_BANDS - 1  # take degrees of freedom too
    assert chi2.mean() == pytest.approx(3 * freedom - planes, rel=0.06)


def test_errors_that_are_stated_too_small_are_enlarged():
    """Stated errors are a third of the true ones."""
    true = true_shifts()
    many = [shift_fit.fit(*measured(seed, true, stated=1 / 3)) for seed in range(100)]
    away = differences(np.array([one.offset for one in many])) - differences(PLANES)
    stated = np.median([one.error_of_gains for one in many], axis=0)
    rms = np.sqrt((away**2).mean())  # the source that agrees best by chance counts most
    assert rms == pytest.approx(1.2 * np.sqrt(2) * stated.mean(), rel=0.25)
    expected = ERROR * np.sqrt((1 - 1 / 9) * (N_BANDS - 1) / N_BANDS)
    assert np.mean([one.excess for one in many]) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize("seed", range(5))
def test_a_source_that_misbehaves_hardly_counts(seed):
    """It is elsewhere in one sub-band, by a hundred errors."""
    elsewhere = np.zeros(SHAPE)
    elsewhere[1, 2] = 100 * ERROR
    found = shift_fit.fit(*measured(seed, true_shifts() + elsewhere))
    usual = shift_fit.fit(*measured(seed, true_shifts()))
    away = differences(found.offset) - differences(PLANES)
    assert np.abs(away).max() < 5 * np.hypot(*found.error_of_gains[:2])
    assert found.chi2[2] > 100 * found.freedom[2]
    assert found.error[:2] == pytest.approx(usual.error[:2], rel=0.5)
    assert (found.error[2] > 10 * usual.error[2]).all()


def test_groups_of_sub_bands_without_common_sources():
    """Sub-bands 0 to 2 have the sources 0 and 1, sub-band 3 has source 2: nothing is known of it.

    The planes of the larger group do not depend on the other sub-band.
    """
    values, weights = measured(1, true_shifts())
    weights[:3, 2] = 0
    weights[3, :2] = 0
    found = shift_fit.fit(values, weights)
    assert found.offset[3] == 0
    assert np.isnan(found.error_of_gains).tolist() == [False, False, False, True]
    alone = shift_fit.fit(values[:3], weights[:3])
    assert found.offset[:3] == pytest.approx(alone.offset)
    away = differences(found.offset[:3]) - differences(PLANES[:3])
    assert np.abs(away).max() < 5 * found.error_of_gains[:3].max()
    assert found.freedom.tolist() == [2 * N_SCANS, 2 * N_SCANS, 0]
    assert np.isfinite(found.shift).all()


def test_no_two_sub_bands_with_a_common_source():
    values, weights = measured(1, true_shifts())
    for band in range(N_BANDS):
        weights[band, [source for source in range(N_SOURCES) if source != band]] = 0
    found = shift_fit.fit(values, weights)
    assert found.offset.tolist() == [0] * N_BANDS
    assert np.isnan(found.error_of_gains).all()
