"""The noise that autocorrelations do not tell is learnt from the residuals."""

import numpy as np
import pytest

import solver_case
from gain_errors import errors, rms
from lwacal import bandpass, caltable, residual_noise, visibility_sums

BAND = "73MHz"
SETTINGS = {**solver_case.SETTINGS["bandpass"], "engine": "stefcal"}
LOUD = {(5, 0): 8.0, (5, 1): 8.0}


def read(case):
    return visibility_sums.read(solver_case.sub_band(case, BAND))


@pytest.mark.parametrize("autos", ["absent", "zero", "equal"])
def test_a_strong_antenna_does_not_spoil_the_others(tmp_path, autos):
    """With equal weights its noise would make everybody's errors three times as large."""
    case = solver_case.make(tmp_path, factor=LOUD, autos=autos)
    summary = bandpass.solve(
        solver_case.sub_band(case, BAND), case.reference, SETTINGS, tmp_path / "t.bcal"
    )
    assert case.antennas.names[5] in summary["reweighted"]
    amplitude, phase = errors(case, caltable.read(tmp_path / "t.bcal"))
    assert rms(amplitude) == pytest.approx(1, abs=0.15)
    assert rms(phase) == pytest.approx(1, abs=0.15)


def test_the_factor_is_that_of_the_noise(tmp_path):
    case = solver_case.make(
        tmp_path, 32, n_channels=24, factor={(5, 0): 8.0, (7, 1): 1 / 8}, autos="absent"
    )
    factor = residual_noise.correct_weights(read(case), 4)
    assert 32 < factor[5, 0] < 128  # 64 to a factor of 2
    assert 1 / 128 < factor[7, 1] < 1 / 32
    factor[5, 0] = factor[7, 1] = 1
    assert (np.abs(np.log(factor)) < np.log(4)).all()  # gains differ, and their noise with them


def test_weights_that_tell_the_noise_stay(tmp_path):
    sums = read(solver_case.make(tmp_path, factor=LOUD))
    before = sums.data_model.copy()
    assert (residual_noise.correct_weights(sums, 4) == 1).all()
    assert np.array_equal(sums.data_model, before)
