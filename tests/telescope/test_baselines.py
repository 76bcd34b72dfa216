"""Where the baselines of rows are: all of them, some, in any order."""

import numpy as np
import pytest

from lwacal.telescope.baselines import BaselineMatrix

N_ANTENNAS = 6
MATRIX = BaselineMatrix(N_ANTENNAS)


@pytest.mark.parametrize(
    "places",
    [range(15), range(3, 9), [4], [2, 5], [0, 2, 4], [7, 6, 5], [3, 3], [9, 0, 14, 2]],
    ids=str,
)
def test_rows_are_found_among_the_baselines(places):
    rows = np.array(places)
    found = MATRIX.of_rows(MATRIX.antenna1[rows], MATRIX.antenna2[rows])
    assert np.arange(15)[found].tolist() == list(places)


def test_rows_that_follow_each_other_are_a_slice():
    rows = slice(3, 9)
    assert MATRIX.of_rows(MATRIX.antenna1[rows], MATRIX.antenna2[rows]) == rows


def test_no_rows_are_no_baselines():
    none = np.zeros(0, int)
    assert np.arange(15)[MATRIX.of_rows(none, none)].tolist() == []


def test_values_of_antennas_are_given_to_both_ends():
    values = np.arange(2.0 * N_ANTENNAS).reshape(2, N_ANTENNAS)
    first, second = MATRIX.of_antennas(values)
    assert np.array_equal(first, values[:, MATRIX.antenna1])
    assert np.array_equal(second, values[:, MATRIX.antenna2])


def test_matrix_has_its_diagonal_and_either_value_on_both_sides():
    values = np.arange(1.0, 16.0)[None]
    (square,) = MATRIX.symmetric(values, diagonal=-5.0)
    assert np.diag(square).tolist() == [-5] * N_ANTENNAS
    assert np.array_equal(square, square.T)
    assert square[MATRIX.antenna1, MATRIX.antenna2].tolist() == values[0].tolist()
