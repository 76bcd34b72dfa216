"""The noise that autocorrelations do not tell is learnt from the residuals."""

import numpy as np
import pytest
from casacore import tables

import solver_case
from gain_errors import errors, rms
from lwacal.calibration import bandpass, normal_equations, residuals
from lwacal.io import caltable
from lwacal.records.configuration.bandpass import Bandpass

BAND = "73MHz"
SETTINGS = Bandpass()
LOUD = {(5, 0): 8.0, (5, 1): 8.0}


def read(case):
    return normal_equations.read(solver_case.sub_band(case, BAND))


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
    factor = residuals.lower_weights(read(case), 4)
    assert 32 < factor[5, 0] < 128  # 64 to a factor of 2
    assert factor[7, 1] == 1  # a weak signal spoils nobody
    factor[5, 0] = 1
    assert (factor < 4).all()  # gains differ, and their noise with them


@pytest.mark.parametrize("autos", ["noise", "absent"])
def test_a_silent_antenna_is_nobodys_start(tmp_path, autos):
    """No signal and hardly any noise: of great weight by its noise, and of no use."""
    case = solver_case.make(tmp_path, 32, factor={(9, 1): 1e-5, (9, 0): 1e-5}, autos=autos)
    draw = np.random.default_rng(2)
    with tables.table(str(case.concat[BAND]), readonly=False, ack=False) as table:
        data, antenna1 = table.getcol("DATA"), table.getcol("ANTENNA1")
        antenna2 = table.getcol("ANTENNA2")
        mine = ((antenna1 == 9) | (antenna2 == 9)) & (antenna1 != antenna2)
        size = np.abs(data[mine]).mean()
        data[mine] = draw.normal(size=(*data[mine].shape, 2)) @ [1, 1j] * size
        table.putcol("DATA", data)
    summary = bandpass.solve(
        solver_case.sub_band(case, BAND), case.reference, SETTINGS, tmp_path / "t.bcal"
    )
    assert summary["unconverged_channels"] == 0
    found = caltable.read(tmp_path / "t.bcal")
    assert found.flag[9].mean() > 0.9
    others = np.arange(32) != 9
    assert not found.flag[others].any()
    amplitude, phase = errors(case, found)
    assert rms(amplitude[others]) == pytest.approx(1, abs=0.15)
    assert rms(phase[others]) == pytest.approx(1, abs=0.15)


def test_weights_that_tell_the_noise_stay(tmp_path):
    sums = read(solver_case.make(tmp_path, factor=LOUD))
    before = sums.data_model.copy()
    assert (residuals.lower_weights(sums, 4) == 1).all()
    assert np.array_equal(sums.data_model, before)
