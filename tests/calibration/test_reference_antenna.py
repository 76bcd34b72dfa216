"""The reference antenna: the first of the order of preference that will do."""

import numpy as np
import pytest

from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.io.solutions import NO_ANTENNA

ORDER = ReferenceOrder((3, 1, 0, 2))


def flags(solved: list[int]) -> np.ndarray:
    """Return flags (antenna, channel, 2) for given numbers of solutions in X and in Y."""
    return np.broadcast_to((np.arange(8) >= np.array(solved)[:, None])[..., None], (4, 8, 2))


@pytest.mark.parametrize(
    ("solved", "reference"),
    [
        ([8, 8, 8, 8], 3),
        ([8, 8, 8, 4], 3),  # half of the most is enough
        ([8, 8, 8, 3], 1),
        ([0, 0, 1, 0], 2),
        ([0, 0, 0, 0], NO_ANTENNA),
    ],
)
def test_it_has_half_the_solutions_of_the_best(solved, reference):
    assert ORDER.with_solutions(flags(solved)) == reference


def test_the_best_solved_antenna_serves_if_none_of_the_order_does():
    assert ReferenceOrder((3,)).with_solutions(flags([8, 7, 8, 3])) == 0


def test_bad_antennas_are_left_out_and_the_order_stays():
    found = ORDER.without(np.array([False, False, True, True]))
    assert found == ReferenceOrder((1, 0))
    assert found.first == 1


def test_casa_is_given_the_first_ten():
    assert ReferenceOrder(tuple(range(20))).casa_refant() == "0,1,2,3,4,5,6,7,8,9"
