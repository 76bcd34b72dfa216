"""weak_ratio and strong_ratio limit gain amplitudes, and nothing but amplitudes.

A limit that were taken for one on power (its square, or its root) would pass or flag an antpol in
each of these tests.
"""

import numpy as np
import pytest

from lwacal.calibration import faint_signals, solution_flags
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.io.solutions import CAUSES
from lwacal.records.configuration.solution_flags import SolutionFlags

SETTINGS = SolutionFlags(gain_outlier_sigma=1e3)
N_ANTENNAS, N_CHANNELS, NOISE = 24, 48, 0.01
PLANTED = (7, 1)  # antenna and polarization


def cause_of(factor: float, settings: SolutionFlags = SETTINGS) -> np.ndarray:
    """Return the causes (antenna, 2) that all channels share, one antpol having a gain factor.

    No antenna is an outlier by the scatter of the others: the ratios alone decide.
    """
    draw = np.random.default_rng(3)
    gain = 1 + NOISE * draw.normal(size=(N_ANTENNAS, N_CHANNELS, 2, 2)) @ [1, 1j]
    gain[PLANTED[0], :, PLANTED[1]] *= factor
    band = SolvedBandpass(
        antenna_names=[f"LWA{number:03d}" for number in range(N_ANTENNAS)],
        band_names=["55MHz"],
        reference=np.zeros(1, int),
        gain=gain,
        cause=np.zeros(gain.shape, np.uint16),
        interpolated=np.zeros(gain.shape, bool),
        frequency_hz=55e6 + 24e3 * np.arange(N_CHANNELS),
        band_index=np.zeros(N_CHANNELS, int),
        error=NOISE * np.ones(gain.shape),
        baselines=np.full((N_ANTENNAS, 1), N_ANTENNAS - 1),
    )
    solution_flags.find(band, settings)
    return np.bitwise_and.reduce(band.cause, axis=1)


@pytest.mark.parametrize(
    ("limit", "inside"), [("weak_ratio", 1.1), ("strong_ratio", 1 / 1.1)], ids=["weak", "strong"]
)
def test_an_antpol_is_bad_just_beyond_the_ratio_and_good_just_within(limit, inside):
    cause = CAUSES[limit.removesuffix("_ratio")]
    within, beyond = (cause_of(getattr(SETTINGS, limit) * step) for step in (inside, 1 / inside))
    assert not (within & cause).any()
    assert np.argwhere(beyond & cause).tolist() == [list(PLANTED)]


@pytest.mark.parametrize(("factor", "weak"), [(0.45, False), (0.3, True)])
def test_antennas_that_are_all_alike_do_not_make_one_of_half_their_gain_weak(factor, weak):
    """Seven times the least scatter of 0.14 is a factor of 0.375; the ratio of 0.1 is further."""
    found = cause_of(factor, SolutionFlags()) & CAUSES["weak"] > 0
    assert np.argwhere(found).tolist() == ([list(PLANTED)] if weak else [])


@pytest.mark.parametrize(("amplitude", "word"), [(0.09, "weak_gain"), (0.11, "solver_failed")])
def test_an_unsolved_antpol_is_weak_below_a_tenth_of_the_usual_amplitude(amplitude, word):
    gain = np.ones((8, N_CHANNELS, 2), complex)
    gain[PLANTED[0], :, PLANTED[1]] = amplitude
    flag = np.zeros(gain.shape, bool)
    flag[PLANTED[0], :, PLANTED[1]] = True
    error = np.full(gain.shape, 1e-3)  # small beside |0.11^2 - 0.1^2|
    summary = {"without_solutions": faint_signals.measure(gain, error, flag)}
    assert faint_signals.reason([summary], PLANTED[0], "Y") == word
