"""Lines that the whole array has: by how much they stand out, and where nothing can be said."""

import numpy as np
import pytest

from lwacal.flagging import array_lines

N_CHANNELS, N_BASELINES = 120, 400


def found(ln_amplitude, free=N_BASELINES, looked_at=N_BASELINES):
    """Return the channels found in a spectrum (channel,) of mean ln amplitudes."""
    count = np.broadcast_to(free, N_CHANNELS)
    seen = np.broadcast_to(looked_at, N_CHANNELS)
    return np.flatnonzero(array_lines.find(ln_amplitude * count, count, seen)).tolist()


def spectrum(scatter=0.0, slope=0.0, lines=None):
    """Return ln amplitudes that rise by ``slope`` per channel; ``lines`` are added."""
    draw = np.random.default_rng(1)
    values = slope * np.arange(N_CHANNELS) + scatter * draw.normal(size=N_CHANNELS)
    for channel, more in (lines or {}).items():
        values[channel] = slope * channel + more
    return values


def test_sums_are_those_of_what_is_unflagged_and_not_found():
    amplitude = np.exp(np.arange(12.0).reshape(3, 4))
    known, line = np.zeros((2, 3, 4), bool)
    known[0, 1], line[1, 1], line[2, 3] = True, True, True
    amplitude[2, 0] = 0
    total, free, looked_at = array_lines.sums(amplitude, known, line)
    assert total == pytest.approx([0 + 4, 9, 2 + 6 + 10, 3 + 7])
    assert free.tolist() == [2, 1, 3, 2]
    assert looked_at.tolist() == [3, 2, 3, 3]


def test_a_line_is_a_tenth_brighter_than_the_channels_around():
    assert found(spectrum(lines={30: np.log(1.11), 80: np.log(1.09)})) == [30]


def test_a_line_is_beyond_six_times_the_scatter():
    """The scatter is 0.05: a line of eight times that is found, one of four times is not."""
    assert found(spectrum(scatter=0.05, lines={30: 0.40, 80: 0.20})) == [30]


@pytest.mark.parametrize("slope", [-0.03, 0.03])
def test_a_slope_is_no_line_and_lines_on_it_are_found_to_the_ends(slope):
    """At the ends three channels on one side are left: half of 3 x 0.03 is what they are off."""
    assert found(spectrum(slope=slope)) == []
    lines = {4: 0.3, 60: 0.3, N_CHANNELS - 5: 0.3}
    assert found(spectrum(slope=slope, lines=lines)) == sorted(lines)


def test_a_narrow_rise_of_the_bandpass_is_no_line():
    """Forty channels wide: the median over twenty on each side follows it."""
    hump = 0.1 * np.exp(-0.5 * ((np.arange(N_CHANNELS) - 60) / 15) ** 2)
    assert found(spectrum() + hump) == []


def test_channels_with_few_baselines_say_nothing_and_hold_no_line():
    free = np.full(N_CHANNELS, N_BASELINES)
    free[[30, 50]] = 50, 49
    lines = {30: 0.5, 50: 0.5}
    assert found(spectrum(lines=lines), free, free) == [30]


def test_a_channel_with_more_than_half_of_its_baselines_flagged_is_lost():
    free = np.full(N_CHANNELS, N_BASELINES)
    free[[30, 50]] = N_BASELINES // 2, N_BASELINES // 2 - 1
    assert found(spectrum(), free) == [50]


def test_with_few_usable_channels_only_what_is_lost_is_found():
    for usable, expected in ((19, []), (20, [5])):
        free = np.where(np.arange(N_CHANNELS) < usable, N_BASELINES, 0)
        assert found(spectrum(lines={5: 0.5}), free, free) == expected
