"""Solutions that are flagged already say nothing about the others, and get no second cause."""

import numpy as np
import pytest

from lwacal.calibration import solution_flags
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.io.solutions import CAUSES
from lwacal.records.configuration.solution_flags import SolutionFlags

SETTINGS = SolutionFlags()
N_ANTENNAS, N_CHANNELS, NOISE = 30, 60, 0.01
SUB_BANDS_HZ = (36e6, 46e6, 55e6, 64e6, 73e6)
GARBAGE = np.arange(12)  # antennas: fewer than the quorum


def drawn() -> SolvedBandpass:
    """Return five sub-bands of flat gains of about 5e-3, with noise."""
    draw = np.random.default_rng(4)
    frequency_hz = np.concatenate([low + 24e3 * np.arange(N_CHANNELS) for low in SUB_BANDS_HZ])
    shape = (N_ANTENNAS, len(frequency_hz), 2)
    level = 5e-3 * np.exp(0.1 * draw.normal(size=(N_ANTENNAS, 1, 2)))
    gain = level * (1 + NOISE * (draw.normal(size=(*shape, 2)) @ [1, 1j]) / np.sqrt(2))
    return SolvedBandpass(
        antenna_names=[f"LWA{number:03d}" for number in range(N_ANTENNAS)],
        band_names=[f"{low / 1e6:.0f}MHz" for low in SUB_BANDS_HZ],
        reference=np.zeros(len(SUB_BANDS_HZ), int),
        gain=gain,
        cause=np.zeros(shape, np.uint16),
        interpolated=np.zeros(shape, bool),
        frequency_hz=frequency_hz,
        band_index=np.repeat(np.arange(len(SUB_BANDS_HZ)), N_CHANNELS),
        error=NOISE * np.abs(gain),
        baselines=np.full((N_ANTENNAS, len(SUB_BANDS_HZ)), N_ANTENNAS - 1),
    )


def spoil(band: SolvedBandpass, channels: slice) -> None:
    """Put garbage into flagged solutions of many antennas."""
    draw = np.random.default_rng(5)
    part = band.gain[GARBAGE, channels]
    band.gain[GARBAGE, channels] = part * np.exp(1.5 * draw.normal(size=part.shape))
    band.cause[GARBAGE, channels] = CAUSES["solver"]


@pytest.mark.parametrize("channels", [slice(70, 80), slice(60, 180)], ids=["few", "two sub-bands"])
def test_garbage_that_is_flagged_spoils_nobody_and_has_its_one_cause(channels):
    band = drawn()
    spoil(band, channels)
    before = band.cause.copy()
    solution_flags.find(band, SETTINGS)
    assert np.array_equal(band.cause[GARBAGE, channels], before[GARBAGE, channels])
    assert (band.cause != before).mean() < 0.005


@pytest.mark.parametrize(("factor", "weak"), [(1.0, False), (0.05, True)])
def test_an_antpol_without_solutions_in_the_reference_range_is_judged_by_the_others(factor, weak):
    """Against the array where it has some: the level of the array itself is of no consequence."""
    band = drawn()
    low_mhz, high_mhz = SETTINGS.reference_mhz
    inside = (band.frequency_hz > low_mhz * 1e6) & (band.frequency_hz < high_mhz * 1e6)
    assert 0 < inside.sum() < len(inside)
    band.gain[7, :, 1] *= factor
    band.gain[:, ~inside] *= 3.0
    band.cause[7, inside, 1] = CAUSES["solver"]
    solution_flags.find(band, SETTINGS)
    found = band.cause & (CAUSES["weak"] | CAUSES["strong"]) > 0
    assert np.argwhere(found.any(axis=1)).tolist() == ([[7, 1]] if weak else [])


def test_range_of_frequencies_includes_its_ends_and_is_given_up_if_nearly_empty():
    frequency_hz = np.arange(30.0, 60.0) * 1e6
    found = solution_flags.usual_range(frequency_hz, (40, 50))
    assert (frequency_hz[found] / 1e6).tolist() == list(range(40, 51))
    assert solution_flags.usual_range(frequency_hz, (40, 49)).sum() == 10
    assert solution_flags.usual_range(frequency_hz, (40, 48)).all()


@pytest.mark.parametrize(("sigmas", "cause"), [(1.0, 0), (5.0, CAUSES["clip"])])
def test_a_single_solution_is_clipped_beyond_three_sigma_of_the_noise(sigmas, cause):
    """ln |G| has the noise of one component of G; that of 60 channels is known to 10 %."""
    band = drawn()
    usual = np.median(np.abs(band.gain[3, 60:120, 0]))
    band.gain[3, 100, 0] = usual * np.exp(sigmas * NOISE / np.sqrt(2))
    solution_flags.find(band, SETTINGS)
    assert band.cause[3, 100, 0] == cause


def test_garbage_of_most_antennas_is_a_matter_of_the_quorum_and_no_scatter():
    band = drawn()
    draw = np.random.default_rng(6)
    most, channels = slice(0, 20), slice(70, 80)
    part = band.gain[most, channels]
    band.gain[most, channels] = part * np.exp(1.5 * draw.normal(size=part.shape))
    band.cause[most, channels] = CAUSES["solver"]
    solution_flags.find(band, SETTINGS)
    assert band.has("quorum")[:, channels].all()
    assert not band.has("scatter").any()


def test_flagged_channels_do_not_tell_the_noise_of_an_antpol():
    """Of 60 channels 35 are flagged, with garbage: a solution of five sigma is clipped all the
    same.
    """
    band = drawn()
    draw = np.random.default_rng(7)
    usual = np.median(np.abs(band.gain[3, 60:120, 0]))
    band.gain[3, 60:95, 0] *= np.exp(0.5 * draw.normal(size=35))
    band.cause[3, 60:95, 0] = CAUSES["solver"]
    band.gain[3, 110, 0] = usual * np.exp(5 * NOISE / np.sqrt(2))
    solution_flags.find(band, SETTINGS)
    assert band.cause[3, 110, 0] == CAUSES["clip"]


def test_a_channel_in_which_all_antennas_deviate_is_seen_against_its_neighbours():
    """The template is smooth over channels: it does not follow what a single one does."""
    band = drawn()
    band.gain[:, 200] *= 0.8
    band.error[:, 200] *= 0.8
    solution_flags.find(band, SETTINGS)
    assert band.has("deviation")[:, 200].all()
    assert not np.delete(band.has("deviation"), 200, axis=1).any()


def test_errors_are_unknown_where_flagged_or_not_stated_or_without_a_gain():
    band = drawn()
    band.cause[1, 5, 0] = CAUSES["health"]
    band.error[2, 6, 1] = 0.0
    band.gain[3, 7, 0] = 0.0
    band.error[4, 8, 1] = np.inf
    relative, unknown = solution_flags.relative_errors(band)
    expected = [[1, 5, 0], [2, 6, 1], [3, 7, 0], [4, 8, 1]]
    assert np.argwhere(unknown).tolist() == expected
    assert relative[~unknown] == pytest.approx(NOISE)
