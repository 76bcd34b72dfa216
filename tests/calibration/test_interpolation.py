"""Short gaps: amplitude (as its logarithm) and phase go linearly from one side to the other."""

import numpy as np
import pytest

from lwacal.calibration import interpolation

N_CHANNELS = 20


def filled(gain, gaps, longest=8, band_index=None, whole=None):
    """Fill ``gaps`` (slices) of one antenna's X, in a copy; return it, and what was filled."""
    gain = np.stack([gain, gain], axis=-1)[None].copy()
    flagged = np.zeros(gain.shape, bool)
    for gap in gaps:
        flagged[0, gap, 0] = True
        gain[0, gap, 0] = 7j
    whole = np.zeros((1, 2), bool) if whole is None else whole
    band_index = np.zeros(N_CHANNELS, int) if band_index is None else band_index
    found = interpolation.fill(gain, flagged, whole, band_index, longest)
    assert not found[..., 1].any()
    return gain[0, :, 0], np.flatnonzero(found[0, :, 0]).tolist()


def test_amplitudes_follow_a_geometric_series():
    """From 1 to 16 over a gap of three: 2, 4, 8."""
    gain = np.r_[np.ones(9), np.full(11, 16.0)].astype(complex)
    found, places = filled(gain, [slice(9, 12)])
    assert places == [9, 10, 11]
    assert found[9:12] == pytest.approx([2, 4, 8])


def test_phases_turn_by_the_delay_and_what_is_left_is_shared_out():
    """0.9 rad per channel outside the gap; a step of 0.4 rad within is 0.1 rad per channel."""
    phase = 0.9 * np.arange(N_CHANNELS) + 0.4 * (np.arange(N_CHANNELS) >= 9)
    found, _ = filled(np.exp(1j * phase), [slice(9, 12)])
    expected = 0.9 * np.arange(8, 13) + 0.1 * np.arange(5)
    assert found[8:13] == pytest.approx(np.exp(1j * expected))


def test_each_gap_is_filled_from_its_own_sides():
    gain = np.r_[np.ones(5), np.full(5, 4.0), np.full(10, 0.25)].astype(complex)
    found, places = filled(gain, [slice(4, 5), slice(9, 10)])
    assert places == [4, 9]
    assert found[[4, 9]] == pytest.approx([2, 1])


@pytest.mark.parametrize(("width", "is_filled"), [(8, True), (9, False)])
def test_gaps_are_filled_up_to_the_longest(width, is_filled):
    gap = slice(5, 5 + width)
    _, places = filled(np.ones(N_CHANNELS, complex), [gap])
    assert places == (list(range(5, 5 + width)) if is_filled else [])


def test_gaps_at_either_end_stay():
    found, places = filled(np.ones(N_CHANNELS, complex), [slice(0, 2), slice(18, 20)])
    assert places == []
    assert (found[[0, 1, 18, 19]] == 7j).all()


def test_gaps_across_sub_bands_stay_and_steps_between_them_are_no_delay():
    """The phase jumps by 2 rad between two sub-bands, and not at all within them."""
    band_index = np.repeat([0, 1], 10)
    gain = np.exp(2j * band_index)
    assert filled(gain, [slice(9, 11)], band_index=band_index)[1] == []
    found, places = filled(gain, [slice(4, 6)], band_index=band_index)
    assert places == [4, 5]
    assert found[4:6] == pytest.approx(1)
    flagged = np.zeros((1, N_CHANNELS, 2), bool)
    steps = interpolation.phase_steps(np.stack([gain, gain], -1)[None], flagged, band_index)
    assert steps == pytest.approx(0, abs=1e-12)


def test_antpols_that_are_flagged_as_a_whole_stay():
    whole = np.array([[True, False]])
    assert filled(np.ones(N_CHANNELS, complex), [slice(4, 6)], whole=whole)[1] == []


def test_flagged_channels_do_not_tell_the_delay():
    gain = np.exp(0.3j * np.arange(N_CHANNELS))
    both = np.stack([gain, gain], axis=-1)[None].copy()
    flagged = np.zeros(both.shape, bool)
    flagged[0, ::4] = True
    both[flagged] = 1e3 * np.exp(1j * np.random.default_rng(1).uniform(-np.pi, np.pi, 10))
    steps = interpolation.phase_steps(both, flagged, np.zeros(N_CHANNELS, int))
    assert steps == pytest.approx(0.3)


def test_one_solution_on_either_side_is_enough():
    _, places = filled(np.ones(N_CHANNELS, complex), [slice(1, 3), slice(17, 19)])
    assert places == [1, 2, 17, 18]
