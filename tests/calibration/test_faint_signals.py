"""Signals without solutions are called dead or weak only where the data say so."""

import numpy as np
import pytest

import solver_case
from lwacal.calibration import bandpass, faint_signals
from lwacal.records.configuration.bandpass import Bandpass

SETTINGS = Bandpass()


def drawn(power, error, n_channels=192, seed=1):
    """Return usual gains of ten antennas, and of a last one that are so small and uncertain."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(size=(11, n_channels, 2, 2)) @ [1, 1j] / np.sqrt(2)
    size = np.sqrt(np.r_[np.ones(10), power])[:, None, None]
    errors = np.r_[np.full(10, 0.01), error][:, None, None] * np.ones(noise.shape)
    flag = np.zeros(noise.shape, bool)
    flag[10] = True
    return size + errors * noise, errors, flag


@pytest.mark.parametrize(
    ("power", "error", "word"),
    [
        (0.0, 0.03, "dead"),
        (0.0, 1e-6, "dead"),
        (1 / 50**2, 0.01, "weak_gain"),
        (0.0, 0.5, "solver_failed"),  # it might be usual, for all that is known
        (1.0, 0.5, "solver_failed"),
        (0.04, 0.08, "solver_failed"),
    ],
)
def test_the_word_follows_from_gain_and_error(power, error, word):
    for seed in range(5):
        bands = [drawn(power, error, seed=10 * seed + band) for band in range(3)]
        summaries = [{"without_solutions": faint_signals.measure(*band)} for band in bands]
        assert faint_signals.reason(summaries, 10, "X") == word
        assert faint_signals.reason(summaries, 0, "X") == "solver_failed"  # not asked


def test_power_of_noise_is_zero_within_its_error():
    pulls = []
    for seed in range(40):
        for record in faint_signals.measure(*drawn(0.0, 0.1, seed=seed)):
            pulls.append(record["power"] / record["power_err"])
    assert len(pulls) == 80
    assert abs(np.mean(pulls)) < 4 / np.sqrt(80)
    assert np.std(pulls) == pytest.approx(1, abs=0.3)


def test_nothing_known_is_no_finding():
    gain, error, flag = drawn(0.0, 0.1)
    error[10] = np.inf
    assert faint_signals.measure(gain, error, flag) == []
    assert faint_signals.reason([{}], 10, "X") == "solver_failed"


def test_a_solved_sub_band_tells_of_a_signal_that_is_not_there(tmp_path):
    """Noise as usual, and no gain: the solver finds nothing of it and says how little."""
    case = solver_case.make(tmp_path, 24, noise_jy=100.0, silent=[(5, 1)])
    summary = bandpass.solve(
        solver_case.sub_band(case, "73MHz"), case.reference, SETTINGS, tmp_path / "t.bcal"
    )
    assert [(r["index"], r["pol"]) for r in summary["without_solutions"]] == [(5, "Y")]
    assert faint_signals.reason([summary], 5, "Y") == "dead"


def test_gains_are_relative_to_the_usual_ones_whatever_their_phases():
    """A twentieth of the usual amplitude, which is 5e-3 times another factor in each channel."""
    gain, error, flag = drawn(1 / 20**2, 1e-4)
    draw = np.random.default_rng(7)
    scale = 5e-3 * draw.uniform(0.5, 2, (1, gain.shape[1], 2))
    phase = np.exp(1j * draw.uniform(-np.pi, np.pi, gain.shape))
    for record in faint_signals.measure(gain * scale * phase, error * scale, flag):
        assert record["power"] == pytest.approx(1 / 20**2, rel=0.03)
        expected = (1e-4) ** 2 / np.sqrt(gain.shape[1])
        assert record["power_err"] == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("power", "error", "number", "word"),
    [
        (4.9e-4, 1e-4, 1, "dead"),
        (5.1e-4, 1e-4, 1, "weak_gain"),
        (3e-4, 1e-4, 4, "weak_gain"),  # four sub-bands of three sigma make six
        (2e-4, 1e-4, 4, "dead"),
        (5e-3, 0.9e-3, 1, "weak_gain"),
        (5e-3, 1.1e-3, 1, "solver_failed"),  # five sigma more would be above 0.01
    ],
)
def test_five_sigma_decide_between_dead_weak_and_unknown(power, error, number, word):
    record = {"index": 3, "pol": "Y", "power": power, "power_err": error}
    other = {"index": 3, "pol": "X", "power": 1.0, "power_err": 1.0}
    summaries = [{"without_solutions": [record, other]}] * number
    assert faint_signals.reason(summaries, 3, "Y") == word
