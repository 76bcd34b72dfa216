"""Delays from phases over the whole band, against drawn ones."""

import numpy as np
import pytest

from lwacal.calibration import delay_fit
from lwacal.telescope import site

BANDS = ("41MHz", "50MHz", "55MHz", "69MHz", "78MHz")  # with gaps between
N_ANTENNAS = 12


def drawn(noise=0.02, bands=BANDS, seed=1, spread_ns=300.0):
    draw = np.random.default_rng(seed)
    frequency_hz = np.concatenate([site.band_frequencies_hz(band, 48) for band in bands])
    delay_ns = draw.normal(0, spread_ns, (N_ANTENNAS, 2))
    phase = draw.uniform(-np.pi, np.pi, (N_ANTENNAS, 1, 2))
    gain = np.exp(1j * phase + 2j * np.pi * delay_ns[:, None] * frequency_hz[:, None] / 1e9)
    gain *= 1 + draw.normal(size=(*gain.shape, 2)) @ [1, 1j] * noise
    return gain, np.zeros(gain.shape, bool), frequency_hz, delay_ns


@pytest.mark.parametrize("bands", [BANDS, BANDS[:1], BANDS[:2]], ids=len)
def test_drawn_delays_come_back_within_their_errors(bands):
    pulls = []
    for seed in range(10):
        gain, flag, frequency_hz, delay_ns = drawn(0.05, bands, seed)
        found = delay_fit.fit(gain, flag, frequency_hz, 3)
        expected = delay_ns - delay_ns[3]
        others = np.arange(N_ANTENNAS) != 3
        pulls.append(((found.delay_ns - expected) / found.error_ns)[others])
        assert found.delay_ns[3] == pytest.approx(0, abs=1e-6)
    # 220 values; those of a polarization share the noise of the reference antenna
    assert np.sqrt(np.mean(np.square(pulls))) == pytest.approx(1, abs=0.25)


def test_whole_band_is_far_better_than_a_sub_band():
    errors = [
        np.median(delay_fit.fit(*drawn(bands=bands)[:3], 0).error_ns[1:])
        for bands in (BANDS, BANDS[:1])
    ]
    assert errors[0] < errors[1] / 10


def test_flagged_channels_and_those_without_the_reference_do_not_count():
    gain, flag, frequency_hz, delay_ns = drawn()
    clean = delay_fit.fit(gain, flag, frequency_hz, 0)
    draw = np.random.default_rng(5)
    spoilt = draw.random(flag.shape) < 0.2
    spoilt[0] = False
    spoilt[0, 30:60] = True  # the reference antenna
    gain[spoilt] = 7j
    found = delay_fit.fit(gain, spoilt, frequency_hz, 0)
    expected = delay_ns - delay_ns[0]
    assert np.abs(found.delay_ns - expected).max() < 6 * np.median(found.error_ns[1:])
    assert clean.delay_ns == pytest.approx(found.delay_ns, abs=1)


def test_noise_and_too_few_channels_give_no_delay():
    gain, flag, frequency_hz, _ = drawn()
    draw = np.random.default_rng(2)
    gain[4] = np.exp(1j * draw.uniform(-np.pi, np.pi, gain[4].shape))
    flag[5, 9:] = True
    flag[6] = True
    found = delay_fit.fit(gain, flag, frequency_hz, 0)
    assert np.isnan(found.delay_ns[[4, 5, 6]]).all()
    assert np.isfinite(np.delete(found.delay_ns, [4, 5, 6], axis=0)).all()
    assert found.coherence[4].max() < 0.3


APART = ("41MHz", "55MHz", "64MHz", "78MHz")  # 24 channels each: aliases every 217.7 ns


def drawn_apart(noise, seed, bands=APART, n_channels=24):
    draw = np.random.default_rng(seed)
    frequency_hz = np.concatenate([site.band_frequencies_hz(b, 192)[:n_channels] for b in bands])
    delay_ns = draw.normal(0, 100, (64, 2))
    phase = draw.uniform(-np.pi, np.pi, (64, 1, 2))
    gain = np.exp(1j * phase + 2j * np.pi * delay_ns[:, None] * frequency_hz[:, None] / 1e9)
    gain *= 1 + draw.normal(size=(*gain.shape, 2)) @ [1, 1j] * noise
    return gain, np.zeros(gain.shape, bool), frequency_hz, delay_ns - delay_ns[0]


@pytest.mark.parametrize("seed", range(4))
def test_aliases_of_sub_bands_apart_are_told_from_the_delay(seed):
    """The alias fits to 0.23 rad: in the noise of single channels, but not in that of 96."""
    gain, flag, frequency_hz, delay_ns = drawn_apart(0.05, seed)
    found = delay_fit.fit(gain, flag, frequency_hz, 0)
    assert np.abs(found.delay_ns - delay_ns).max() < 1
    assert not found.ambiguous.any()


def test_where_an_alias_fits_as_well_there_is_no_delay():
    """Never a wrong delay with a small error: where the noise cannot tell, it is said."""
    gain, flag, frequency_hz, delay_ns = drawn_apart(0.4, 7)
    found = delay_fit.fit(gain, flag, frequency_hz, 0)
    assert found.ambiguous.sum() > 10
    assert np.isnan(found.delay_ns[found.ambiguous]).all()
    known = np.isfinite(found.delay_ns)
    assert known.sum() > 10
    assert np.mean(np.abs(found.delay_ns - delay_ns)[known] > 20) < 0.05


def test_noise_alone_is_not_called_ambiguous():
    gain, flag, frequency_hz, _ = drawn()
    draw = np.random.default_rng(2)
    gain[4] = np.exp(1j * draw.uniform(-np.pi, np.pi, gain[4].shape))
    assert not delay_fit.fit(gain, flag, frequency_hz, 0).ambiguous[4].any()


def test_dead_reference_antenna_gives_no_delays_at_all():
    gain, flag, frequency_hz, _ = drawn()
    flag[2] = True
    assert np.isnan(delay_fit.fit(gain, flag, frequency_hz, 2).delay_ns).all()


def test_drawn_phases_come_back_within_their_errors():
    pulls = []
    for seed in range(10):
        gain, flag, frequency_hz, delay_ns = drawn(0.05, seed=seed, spread_ns=100.0)
        found = delay_fit.fit(gain, flag, frequency_hz, 3)
        phase_deg, error_deg = delay_fit.phase_at(gain, flag, frequency_hz, 3, found, 64e6)
        clean = drawn(0.0, seed=seed, spread_ns=100.0)[0]  # the same phases without noise
        nearest = np.abs(frequency_hz - 64e6).argmin()
        turn = 2 * np.pi * delay_ns * (64e6 - frequency_hz[nearest]) / 1e9
        truth = np.angle(clean[:, nearest] * np.exp(1j * turn))
        off = np.radians(phase_deg) - (truth - truth[3])
        others = np.arange(N_ANTENNAS) != 3
        pulls.append((np.degrees(np.angle(np.exp(1j * off))) / error_deg)[others])
    assert np.sqrt(np.mean(np.square(pulls))) == pytest.approx(1, abs=0.25)


def test_no_phase_where_there_is_no_delay():
    gain, flag, frequency_hz, _ = drawn()
    flag[4, :, 0] = True
    found = delay_fit.fit(gain, flag, frequency_hz, 0)
    phase_deg, error_deg = delay_fit.phase_at(gain, flag, frequency_hz, 0, found, 64e6)
    assert np.argwhere(np.isnan(phase_deg)).tolist() == [[4, 0]]
    assert np.argwhere(np.isnan(error_deg)).tolist() == [[4, 0]]
    assert phase_deg[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("number", "known"), [(9, False), (10, True)])
def test_a_delay_needs_ten_channels(number, known):
    gain, flag, frequency_hz, _ = drawn(0.01)
    flag[5, number:] = True
    found = delay_fit.fit(gain, flag, frequency_hz, 0)
    assert np.isfinite(found.coherence[5]).all() == known
    assert np.isfinite(found.delay_ns[5]).all() == known


def test_flagged_channels_do_not_tell_the_phase_or_its_error():
    """A third is flagged, with garbage: errors are larger by the root of three halves."""
    gain, flag, frequency_hz, _ = drawn(0.05, spread_ns=50.0)
    gain[0] = 1
    at = (frequency_hz, 0)
    clean = delay_fit.fit(gain, flag, *at)
    phase_deg, error_deg = delay_fit.phase_at(gain, flag, *at, clean, 60e6)
    spoilt = np.random.default_rng(9).random(flag.shape) < 1 / 3
    spoilt[0] = False
    found = delay_fit.phase_at(np.where(spoilt, -7j, gain), spoilt, *at, clean, 60e6)
    assert np.abs(found[0] - phase_deg).max() < 5 * error_deg[1:].max()
    assert found[1][1:] / error_deg[1:] == pytest.approx(np.sqrt(1.5), rel=0.25)
