"""Phases relative to a reference antenna: which one, and across gaps of its solutions."""

import numpy as np
import pytest

from lwacal.calibration import reference_phase
from lwacal.calibration.reference_antenna import ReferenceOrder

N_ANTENNAS, N_CHANNELS = 5, 100
ORDER = ReferenceOrder((3, 1))


def drawn(seed=1):
    """Return gains with delays, whose phases are free by a constant in each channel, and flags."""
    draw = np.random.default_rng(seed)
    shape = (N_ANTENNAS, 1, 2)
    size, delay = np.exp(0.2 * draw.normal(size=shape)), draw.normal(0, 0.05, shape)
    gain = size * np.exp(1j * (delay * np.arange(N_CHANNELS)[:, None] + draw.normal(size=shape)))
    free = np.exp(1j * draw.uniform(-np.pi, np.pi, (1, N_CHANNELS, 2)))
    return gain, gain * free, np.zeros(gain.shape, bool)


def test_the_reference_has_no_phase_and_others_keep_theirs_against_it():
    gain, solved, flag = drawn()
    index, found, flagged = reference_phase.refer(solved, flag, ORDER)
    assert index == 3
    assert np.angle(found[3]) == pytest.approx(0, abs=1e-12)
    assert found == pytest.approx(gain * np.exp(-1j * np.angle(gain[3])))
    assert not flagged.any()


@pytest.mark.parametrize(("solutions", "index"), [(50, 3), (49, 1)])
def test_the_reference_has_half_the_solutions_of_the_best_antenna(solutions, index):
    """Both polarizations count: antenna 3 has the given channels of X and Y, the rest have 100."""
    _, solved, flag = drawn()
    flag[3, solutions:] = True
    assert reference_phase.refer(solved, flag, ORDER)[0] == index


def test_without_a_good_one_in_the_order_the_antenna_with_most_solutions_is_used():
    _, solved, flag = drawn()
    flag[:4, 40:] = True
    assert reference_phase.refer(solved, flag, ORDER)[0] == 4


def test_without_any_solution_there_is_no_reference():
    _, solved, flag = drawn()
    index, found, flagged = reference_phase.refer(solved, ~flag, ORDER)
    assert index == -1
    assert np.array_equal(found, solved)
    assert flagged.all()


@pytest.mark.parametrize(("width", "bridged"), [(1, True), (32, True), (33, False)])
def test_gaps_of_the_reference_are_bridged_up_to_32_channels(width, bridged):
    """The others are turned together, so that they continue what they do on both sides."""
    gain, solved, flag = drawn()
    gap, others = slice(30, 30 + width), [0, 1, 2, 4]
    flag[3, gap, 0] = True
    _, found, flagged = reference_phase.refer(solved, flag, ORDER)
    assert flagged[others, gap, 0].all() != bridged
    assert flagged[3, gap, 0].all()
    assert flagged.sum() == width if bridged else N_ANTENNAS * width
    expected = gain * np.exp(-1j * np.angle(gain[3]))
    kept = ~flagged
    kept[3] = False
    # a cable's phase is a straight line: nothing but rounding is left
    assert found[kept] == pytest.approx(expected[kept], abs=1e-9)
