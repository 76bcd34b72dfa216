"""Series of a signal in pieces: levels, lines, jumps, and single nights that are off."""

import numpy as np
import pytest

from lwacal.nights import change_points

SIGMA, SIGNIFICANCE, LINE_NIGHTS = 0.1, 5.0, 6
DAYS = np.array([0.0, 1, 2, 4, 5, 6, 8, 9, 10, 13, 14, 15])  # some nights are missing


def cut(values, days=DAYS):
    (pieces,) = change_points.cut(
        np.array([values], float), days, np.array([SIGMA]), SIGNIFICANCE, LINE_NIGHTS
    )
    return pieces


def test_a_level_is_one_piece_with_the_mean():
    values = 3 + SIGMA * np.array([1, -1] * 6)
    (piece,) = cut(values)
    assert (piece.first, piece.last, piece.count) == (0, 11, 12)
    assert (piece.low, piece.high, piece.rate) == (pytest.approx(3), pytest.approx(3), 0)


def test_a_line_has_its_ends_its_rate_and_the_error_of_least_squares():
    (piece,) = cut(2 + 0.5 * DAYS)
    assert (piece.low, piece.high) == pytest.approx((2, 9.5))
    assert piece.rate == pytest.approx(0.5)
    distance = DAYS - DAYS.mean()
    assert piece.rate_error == pytest.approx(SIGMA / np.sqrt((distance**2).sum()))


def test_rates_scatter_by_their_error():
    """500 lines: the rms of their pulls is known to 3 %."""
    draw = np.random.default_rng(1)
    pieces = [cut(0.3 * DAYS + SIGMA * draw.normal(size=len(DAYS)))[0] for _ in range(500)]
    pulls = [(piece.rate - 0.3) / piece.rate_error for piece in pieces]
    assert np.sqrt(np.mean(np.square(pulls))) == pytest.approx(1, abs=0.12)


def test_a_jump_is_a_cut_between_two_nights():
    before, after = cut(np.where(DAYS < 7, 1.0, 3.0))
    assert (before.first, before.last, after.first, after.last) == (0, 5, 6, 11)
    assert (before.high, after.low) == pytest.approx((1, 3))


@pytest.mark.parametrize(("sigmas", "pieces"), [(4.7, 1), (5.3, 2)])
def test_a_jump_must_have_its_significance(sigmas, pieces):
    """Two levels of six nights each differ by d: the gain in chi^2 is d^2 x 6 x 6 / 12."""
    size = sigmas * SIGMA * np.sqrt(12 / 36)
    assert len(cut(np.where(DAYS < 7, 0.0, size))) == pieces


def test_the_last_night_may_jump_alone_but_no_other():
    values = np.ones(12)
    values[11] = 9.0
    assert [(p.first, p.last) for p in cut(values)] == [(0, 10), (11, 11)]
    values = np.ones(12)
    values[5] = 9.0
    assert all(piece.count >= 2 for piece in cut(values)[:-1])


def test_nights_without_values_are_nobodys():
    values = np.where(DAYS < 7, 1.0, 3.0)
    values[[2, 6, 11]] = np.nan
    before, after = cut(values)
    assert (before.count, after.count) == (5, 4)
    assert (after.first, after.last) == (7, 10)
    assert cut(np.full(12, np.nan)) == []


@pytest.mark.parametrize("night", [0, 5, 10])
def test_a_single_night_that_is_off_is_left_out(night):
    values = np.ones((1, 12))
    values[0, night] = 1 + 6 * SIGMA
    kept = change_points.without_single_nights(values, np.array([SIGMA]))
    assert np.flatnonzero(np.isnan(kept[0])).tolist() == [night]
    values[0, night] = 1 + 4 * SIGMA
    kept = change_points.without_single_nights(values, np.array([SIGMA]))
    assert np.array_equal(kept, values)


def test_the_last_night_and_jumps_are_not_left_out():
    for values in (np.where(DAYS < 15, 1.0, 9.0), np.where(DAYS < 7, 1.0, 9.0)):
        kept = change_points.without_single_nights(values[None], np.array([SIGMA]))
        assert np.array_equal(kept[0], values)
