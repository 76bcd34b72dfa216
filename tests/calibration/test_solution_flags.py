"""Cleaning of solutions: planted faults are found for their cause, and clean data stay whole."""

import numpy as np
import pytest

from lwacal.calibration import (
    interpolation,
    reference_change,
    solution_flags,
    solution_states,
)
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.io.solutions import CAUSES
from lwacal.records.configuration.solution_flags import SolutionFlags
from lwacal.telescope import site
from lwacal.telescope.antpol_states import AntpolState
from solved_gains import BANDS, N_ANTENNAS, N_CHANNELS, NOISE, drawn

SETTINGS = SolutionFlags()
UNSOLVED = AntpolState("bad", ("solver_failed",))
NOISY = AntpolState("suspect", ("noisy",))


def analyse(band: SolvedBandpass, chosen: SolutionFlags) -> None:
    solution_flags.find(band, chosen)
    solution_flags.fill(band, chosen.interpolate_max_channels)


@pytest.mark.parametrize("seed", range(5))
def test_clean_solutions_stay(seed):
    band = drawn(seed)
    before = band.gain.copy()
    analyse(band, SETTINGS)
    assert (band.cause > 0).mean() < 0.005
    assert (band.cause > 0).mean(axis=1).max() < 0.1  # no signal is lost
    kept = band.cause == 0
    assert np.array_equal(band.gain[kept], before[kept])


@pytest.mark.parametrize("bands", [BANDS[:1], BANDS[:2], BANDS[1:4], ("13MHz", "78MHz")])
def test_few_sub_bands_are_no_reason_to_flag(bands):
    band = drawn(1, bands)
    analyse(band, SETTINGS)
    assert (band.cause > 0).mean() < 0.005


@pytest.mark.parametrize(("factor", "cause"), [(1 / 50, "weak"), (1 / 8, "weak"), (8, "strong")])
def test_weak_and_strong_signals_are_found_and_nobody_else(factor, cause):
    band = drawn()
    band.gain[7, :, 1] *= factor
    analyse(band, SETTINGS)
    found = band.has(cause).all(axis=1)
    assert np.argwhere(found).tolist() == [[7, 1]]
    assert not band.interpolated[7, :, 1].any()
    assert (np.delete(band.cause, 7, axis=0) > 0).mean() < 0.005


def test_many_bad_antennas_do_not_hide_each_other():
    band = drawn()
    band.gain[:10] /= 50
    analyse(band, SETTINGS)
    assert band.has("weak").all(axis=1).all(axis=1).tolist() == [n < 10 for n in range(N_ANTENNAS)]


@pytest.mark.parametrize("factor", [1.7, 0.6])
def test_step_over_part_of_the_band_is_found(factor):
    band = drawn()
    stepped = np.isin(band.band_index, [2, 3])
    band.gain[11, stepped, 0] *= factor
    analyse(band, SETTINGS)
    assert band.has("deviation")[11, stepped, 0].mean() > 0.95
    assert (band.cause[11, ~stepped, 0] > 0).mean() < 0.05
    assert (np.delete(band.cause, 11, axis=0) > 0).mean() < 0.005


@pytest.mark.parametrize("n_channels", [48, 192])
@pytest.mark.parametrize("factor", [1.7, 0.6, 3.0])
def test_step_that_begins_and_ends_inside_sub_bands_is_found(n_channels, factor):
    band = drawn(n_channels=n_channels)
    stepped = np.zeros(5 * n_channels, bool)
    stepped[int(1.25 * n_channels) : int(2.3 * n_channels)] = True
    band.gain[11, stepped, 0] *= factor
    analyse(band, SETTINGS)
    assert (band.cause[11, stepped, 0] > 0).mean() > 0.95
    assert (band.cause[11, ~stepped, 0] > 0).mean() < 0.05
    assert (np.delete(band.cause, 11, axis=0) > 0).mean() < 0.005


def test_interference_is_taken_out_for_everybody_and_in_its_channels_only():
    band = drawn()
    spoilt = [30, 31, 100, 200]
    draw = np.random.default_rng(0)
    band.gain[:, spoilt] *= np.exp(draw.normal(size=(N_ANTENNAS, 4, 2)))
    analyse(band, SETTINGS)
    everybody = (band.cause > 0).all(axis=(0, 2))
    assert np.flatnonzero(everybody).tolist() == spoilt


LOW_BANDS = ("18MHz", "23MHz", "32MHz", "41MHz", "46MHz", "50MHz", "55MHz")


def test_low_frequency_cliff_is_flagged_for_all_up_to_its_edge():
    """Antennas disagree below an edge: the edge is found to a few channels."""
    band = drawn(2, LOW_BANDS)
    edge = 2 * N_CHANNELS + 20
    draw = np.random.default_rng(5)
    spoilt = np.exp(0.25 * draw.normal(size=(N_ANTENNAS, edge, 2)))
    band.gain[:, :edge] *= spoilt
    analyse(band, SETTINGS)
    cliff = band.has("cliff")
    assert (cliff.all(axis=(0, 2)) == cliff.any(axis=(0, 2))).all()
    assert abs(int(cliff[0, :, 0].sum()) - edge) <= 3
    assert (band.cause[:, edge + 3 :] > 0).mean() < 0.005


def test_noise_that_grows_to_low_frequencies_is_no_cliff():
    band = drawn(2, LOW_BANDS)
    growth = (band.frequency_hz / 50e6) ** -3.0
    noise = np.random.default_rng(6).normal(size=(*band.gain.shape, 2)) @ [1, 1j]
    band.error = NOISE * growth[None, :, None] * np.abs(band.gain)
    band.gain = band.gain + band.error * noise / np.sqrt(2)
    analyse(band, SETTINGS)
    assert not band.has("cliff").any()


def test_a_few_channels_of_interference_are_no_cliff():
    band = drawn(2, LOW_BANDS)
    spoilt = np.arange(0, 2 * N_CHANNELS, 4)
    draw = np.random.default_rng(7)
    band.gain[:, spoilt] *= np.exp(draw.normal(size=(N_ANTENNAS, len(spoilt), 2)))
    analyse(band, SETTINGS)
    assert not band.has("cliff").any()
    assert band.has("scatter")[:, spoilt].all()


def test_single_wild_solution_is_replaced_by_what_its_neighbours_say():
    band = drawn()
    true = band.gain[3, 60, 1]
    band.gain[3, 60, 1] *= 2 * np.exp(1j)
    analyse(band, SETTINGS)
    assert band.has("deviation")[3, 60, 1]
    assert band.interpolated[3, 60, 1]
    assert not band.flag[3, 60, 1]
    # the old value has noise itself, and so have the two neighbours that were averaged
    assert abs(band.gain[3, 60, 1] / true - 1) < 5 * NOISE * np.sqrt(1.5)


def test_dead_and_unsolved_signals_do_not_disturb_the_others():
    band = drawn()
    band.gain[:6] = 1.0  # what solvers leave where there is no solution
    band.cause[:6] = CAUSES["solver"]
    band.gain[6] = 0.0
    analyse(band, SETTINGS)
    assert band.flag[:7].all()
    assert band.has("solver")[6].all()
    assert (band.cause[7:] > 0).mean() < 0.005


def test_noise_of_a_signal_is_told_against_the_arrays():
    band = drawn()
    band.error[9, :, 1] *= 8
    band.error[10, :, 0] = 0  # a table without errors says nothing
    ratio = solution_states.noise_ratio(band)
    assert ratio[9, 1] == pytest.approx(8, rel=0.1)
    assert np.isnan(ratio[10, 0])
    others = np.delete(ratio, [9, 10], axis=0)
    assert others == pytest.approx(1, abs=0.2)


def test_channel_lost_by_most_is_taken_from_all():
    band = drawn()
    band.cause[: int(0.6 * N_ANTENNAS), 20:32] |= CAUSES["solver"]
    band.cause[: int(0.4 * N_ANTENNAS), 80:92] |= CAUSES["solver"]
    analyse(band, SETTINGS)
    assert band.has("quorum")[:, 20:32].all()
    assert not band.has("quorum")[:, 80:92].any()


def test_too_few_antennas_are_not_compared():
    band = drawn(n_antennas=4)
    band.gain[0] /= 5
    analyse(band, SETTINGS)
    assert not (band.cause & ~np.uint16(CAUSES["deviation"])).any()


def test_everything_flagged_stays_flagged_without_a_warning(recwarn):
    band = drawn()
    band.cause[:] = CAUSES["solver"]
    analyse(band, SETTINGS)
    assert band.flag.all()
    assert [str(item.message) for item in recwarn] == []


def gap(width: int, delay_s: float = 3e-6):
    """Return gains of one signal with a long delay, and a gap in the middle."""
    frequency_hz = site.band_frequencies_hz("55MHz", 192)
    gain = (frequency_hz / 55e6) ** 2 * np.exp(2j * np.pi * frequency_hz * delay_s)
    gain = np.repeat(gain[None, :, None], 2, axis=2)
    flagged = np.zeros(gain.shape, bool)
    flagged[:, 90 : 90 + width] = True
    return gain, flagged


def test_gaps_are_filled_along_the_delay():
    """3 us turn by 26 degrees a channel, 230 degrees over the gap: no straight line does."""
    true, flagged = gap(8)
    gain = np.where(flagged, 1, true)
    filled = interpolation.fill(gain, flagged, np.zeros((1, 2), bool), np.zeros(192, int), 8)
    assert np.array_equal(filled, flagged)
    assert gain == pytest.approx(true, abs=1e-3)


def test_what_must_not_be_filled_is_left():
    true, flagged = gap(9)
    gain = true.copy()
    nobody, one_band = np.zeros((1, 2), bool), np.zeros(192, int)
    assert not interpolation.fill(gain, flagged, nobody, one_band, 8).any()
    everybody = np.ones((1, 2), bool)
    assert not interpolation.fill(gain, flagged, everybody, one_band, 20).any()
    two_bands = np.arange(192) // 95  # the gap lies across their border
    assert not interpolation.fill(gain, flagged, nobody, two_bands, 20).any()
    flagged[:, :5] = True  # a gap at the edge has one side only
    filled = interpolation.fill(gain, flagged, nobody, one_band, 20)
    assert filled[0, 90:99].all()
    assert not filled[0, :5].any()
    assert np.array_equal(gain[:, :5], true[:, :5])


def test_an_antenna_far_out_is_not_noisy_for_having_few_baselines():
    band = drawn()
    band.baselines[4] //= 25
    band.error[4] *= 5
    band.error[9, :, 1] *= 5
    noise = solution_states.noise_ratio(band)
    assert noise[4] == pytest.approx(5 * np.sqrt((47 // 25) / 47), rel=NOISE)
    assert np.argwhere(noise > 3).tolist() == [[9, 1]]


def with_drawn_errors(seed=1, n_channels=192, n_antennas=N_ANTENNAS):
    """Solutions whose stated errors scatter as those of n baselines do: most of it in common."""
    band = drawn(seed, BANDS[1:3], n_antennas, n_channels)
    draw = np.random.default_rng(seed)
    slope = (band.frequency_hz / 50e6) ** -2.5
    common = np.exp(draw.normal(size=(1, len(slope), 2)) / n_antennas)
    own = np.exp(draw.normal(size=band.error.shape) / np.sqrt(2 * n_antennas))
    band.error = band.error * slope[None, :, None] * common * own
    return band


@pytest.mark.parametrize("factor", [1.4, 1.6, 6.0])
def test_weak_lines_are_seen_by_the_errors_of_the_solutions(factor):
    """Amplitudes say nothing: what the solver states is the only trace of such a line."""
    band = with_drawn_errors()
    spoilt = [20, 60, 61, 200, 383]
    band.error[:, spoilt] *= factor
    analyse(band, SETTINGS)
    assert np.flatnonzero(band.has("uncertain").any(axis=(0, 2))).tolist() == spoilt
    assert band.has("uncertain")[:, spoilt].all()


@pytest.mark.parametrize(("n_channels", "n_antennas"), [(192, 64), (192, 8), (24, 32), (8, 32)])
def test_no_clean_channel_is_called_uncertain(n_channels, n_antennas):
    for seed in range(10):
        band = with_drawn_errors(seed, n_channels, n_antennas)
        solution_flags.find(band, SETTINGS)
        assert not band.has("uncertain").any()


def test_tables_without_errors_have_no_uncertain_channels():
    band = drawn()
    band.error[:] = 0
    solution_flags.find(band, SETTINGS)
    assert not band.has("uncertain").any()


NAMES = [f"LWA{number:03d}" for number in range(N_ANTENNAS)]


def refer_to(band: SolvedBandpass, bad: list[int], order: list[int]) -> reference_change.Settled:
    band.cause[bad] |= CAUSES["swapped"]
    reference = {"index": order[0], "antenna": NAMES[order[0]], "why": "the first", "order": order}
    band.reference[:] = order[0]
    return reference_change.settle(band, reference)


def test_bad_reference_antenna_is_changed_for_the_next_good_one():
    """With noise for its phases, no channel goes on from the one before; afterwards all do."""
    band = drawn()
    smooth = band.gain.copy()
    draw = np.random.default_rng(3)
    band.gain *= np.exp(1j * draw.uniform(-np.pi, np.pi, (1, *band.gain.shape[1:])))
    found = refer_to(band, [5, 8], [5, 8, 11, 2])
    assert found.antenna == NAMES[11]
    assert "LWA005" in found.why
    assert band.reference.tolist() == [11] * len(BANDS)
    assert np.angle(band.gain[11]) == pytest.approx(0, abs=1e-9)
    expected = smooth * np.exp(-1j * np.angle(smooth[11]))
    assert band.gain == pytest.approx(expected)
    assert (band.cause[np.setdiff1d(range(N_ANTENNAS), [5, 8])] == 0).all()


def test_good_reference_antenna_stays():
    band = drawn()
    before = band.gain.copy()
    found = refer_to(band, [8], [5, 8, 11])
    assert (found.antenna, found.why) == (NAMES[5], "the first")
    assert band.reference.tolist() == [5] * len(BANDS)
    assert np.array_equal(band.gain, before)


def test_low_snr_is_no_noise_where_few_baselines_explain_it():
    """Half the S/N of a limit is missed for lack of baselines by one, for noise by another."""
    band = drawn()
    band.error *= 10  # S/N of 10 for all
    band.baselines[4] //= 12
    band.cause[[4, 9], ::2] |= CAUSES["solver"]
    explained = solution_states.low_snr_explained(band, [3.0] * len(BANDS))
    assert explained[4, ::2].all()
    assert not np.delete(explained, 4, axis=0).any()
    assert not explained[4, 1::2].any()
    known, failed = AntpolState(), np.zeros(len(band.frequency_hz), bool)
    found = [
        solution_states.judge(
            band.cause[n, :, 0], band.flag[n, :, 0] & ~explained[n, :, 0], known, failed
        )
        for n in (4, 9)
    ]
    assert found == [AntpolState(), NOISY]


def test_sub_bands_without_baselines_are_not_held_against_an_antenna():
    known = AntpolState()
    failed = np.zeros(100, bool)
    cause = np.zeros(100, np.uint16)
    cause[40:] = CAUSES["solver"]
    assert solution_states.judge(cause, cause > 0, known, failed) == NOISY
    cause[40:] |= CAUSES["baselines"]
    assert solution_states.judge(cause, cause > 0, known, failed) == AntpolState()
    cause[:] = cause[50]
    assert solution_states.judge(cause, cause > 0, known, failed) == UNSOLVED
