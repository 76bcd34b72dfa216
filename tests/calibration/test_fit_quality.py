"""What solutions leave against the noise: one if the model is right, more if it lacks a source."""

import numpy as np
import pytest

import solver_case
from lwacal.calibration import bandpass, normal_equations
from lwacal.records.configuration.bandpass import Bandpass

BAND = "73MHz"
SETTINGS = Bandpass()
N_CHANNELS, N_INTEGRATIONS = 24, 2


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return solver_case.make(
        tmp_path_factory.mktemp("fit"), n_channels=N_CHANNELS, n_integrations=N_INTEGRATIONS
    )


def ratio(case, tmp_path, model=None, solved=None) -> float:
    band = solver_case.sub_band(solved or case, BAND, model)
    summary = bandpass.solve(band, case.reference, SETTINGS, tmp_path / "table.bcal")
    return summary["residual_over_thermal"]


def test_noise_alone_is_left_with_the_right_model(case, tmp_path):
    """A median over 960 solutions, whose noise is known to 4 % each, and not independently."""
    assert ratio(case, tmp_path) == pytest.approx(1, abs=0.03)


def test_a_source_that_is_not_in_the_model_shows(case, tmp_path):
    """Cas A has 5.5 kJy and noise 0.3 kJy: in one channel and baseline it is 300 times the power.

    Gains take some of it, and so do flux and place of the other source.
    """
    model = {**case.model, "sources": case.model["sources"][:1]}
    assert ratio(case, tmp_path, model) > 25


def test_without_autocorrelations_it_is_not_known(tmp_path):
    blind = solver_case.make(tmp_path, autos="absent")
    summary = bandpass.solve(
        solver_case.sub_band(blind, BAND), blind.reference, SETTINGS, tmp_path / "table.bcal"
    )
    assert np.isnan(summary["residual_over_thermal"])


def test_flagged_integrations_do_not_tell_the_noise(case, tmp_path):
    first, second = normal_equations.read(solver_case.sub_band(case, BAND)).thermal_variances
    flag = np.zeros_like(solver_case.sub_band(case, BAND).flagged())
    flag[: len(flag) // N_INTEGRATIONS] = True
    half = solver_case.make(tmp_path, n_channels=N_CHANNELS, n_integrations=N_INTEGRATIONS)
    solver_case.write_flags(half, BAND, flag)
    lost, kept = normal_equations.read(solver_case.sub_band(half, BAND)).thermal_variances
    assert np.isnan(lost)
    assert kept == second == pytest.approx(first)
