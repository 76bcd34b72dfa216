"""The sums that the solver works on, against their definition."""

import numpy as np
import pytest
from casacore import tables

import flag_masks
import solver_case
from lwacal.calibration import normal_equations
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.telescope.baselines import BaselineMatrix
from small_sets import baselines

BAND = "73MHz"
N_ANTENNAS, N_INTEGRATIONS = 48, 2  # 1176 rows: several blocks


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Some data are flagged, and those are not numbers."""
    case = solver_case.make(
        tmp_path_factory.mktemp("sums"),
        N_ANTENNAS,
        n_channels=6,
        n_integrations=N_INTEGRATIONS,
        factor={(4, 0): 8.0},
    )
    with tables.table(str(case.concat[BAND]), readonly=False, ack=False) as table:
        data = table.getcol("DATA")
        flag = np.random.default_rng(1).random(data.shape) < 0.1
        data[flag] = np.nan
        table.putcol("DATA", data)
    solver_case.write_flags(case, BAND, flag)
    return case


@pytest.fixture(scope="module")
def sums(case):
    return normal_equations.read(solver_case.sub_band(case, BAND), threads=2)


def expected(case):
    """Return data_model, model_power, data_power, count and cross_model by their definition."""
    antenna1, antenna2 = baselines(N_ANTENNAS)
    cross = antenna1 != antenna2
    with tables.table(str(case.concat[BAND]), ack=False) as table:
        data = table.getcol("DATA").reshape(N_INTEGRATIONS, len(antenna1), -1, 4)
    causes = flag_masks.load_causes(case.flags[BAND]).reshape(data.shape)
    found = [0, 0, 0, 0, 0]
    for number in range(N_INTEGRATIONS):
        mjd_s = solver_case.MID_MJD_S + (number - 0.5) * solver_case.INTERVAL_S
        model = solver_case.model_visibilities(case, BAND, mjd_s)[cross].astype(complex)
        autos = ~cross
        usable = causes[number][autos][..., [0, 3]] == 0
        own = np.where(usable, data[number][autos][..., [0, 3]].real, np.nan)
        power = np.nanmedian(own, axis=1).astype(float)  # of antennas in their order
        inverse = 1 / (power[antenna1][:, [0, 0, 1, 1]] * power[antenna2][:, [0, 1, 0, 1]])
        weight = (inverse / np.median(inverse))[cross][:, None]
        free = causes[number][cross] == 0
        weight = weight * free
        values = np.where(free, data[number][cross], 0)
        own, mean = values[..., [0, 3]], model.mean(axis=-1, keepdims=True)
        parts = (
            weight[..., [0, 3]] * own * model.conj(),
            weight[..., [0, 3]] * np.abs(model) ** 2,
            weight[..., [0, 3]] * np.abs(own) ** 2,
            free[..., [0, 3]],
            weight[..., 1:3] * values[..., 1:3] * mean.conj(),
        )
        found = [total + part for total, part in zip(found, parts)]
    return [np.transpose(part) for part in found]


def test_xy_and_yx_of_some_channels(case, monkeypatch):
    monkeypatch.setattr(normal_equations, "MOST_CROSS_CHANNELS", 2)
    some = normal_equations.read(solver_case.sub_band(case, BAND), threads=2)
    assert some.cross_channels.tolist() == [1, 4]
    wanted = expected(case)[-1][:, [1, 4]]
    assert np.abs(some.cross_model - wanted).max() < 2e-6 * np.abs(wanted).max()


def test_sums_are_those_of_their_definition(case, sums):
    names = ("data_model", "model_power", "data_power", "count", "cross_model")
    for name, wanted in zip(names, expected(case), strict=True):
        found = getattr(sums, name)
        assert found.shape == wanted.shape
        size = np.abs(wanted).max()
        assert np.abs(found - wanted).max() < 2e-6 * size, name


def test_any_number_of_threads_gives_the_same_sums(case, sums):
    one = normal_equations.read(solver_case.sub_band(case, BAND), threads=1)
    for name in ("data_model", "model_power", "data_power", "count", "cross_model"):
        assert np.array_equal(getattr(one, name), getattr(sums, name))


def test_the_first_integration_alone(case, sums):
    first = normal_equations.read(solver_case.sub_band(case, BAND), integrations=1)
    assert first.count.max() == 1
    assert (first.count <= sums.count).all()


def test_baselines_as_matrices():
    values = np.arange(1.0, 13.0).reshape(2, 6) * (1 + 2j)
    matrix = BaselineMatrix(4)
    square = matrix.hermitian(values)
    assert np.array_equal(square, square.conj().swapaxes(1, 2))
    assert np.array_equal(square[:, matrix.antenna1, matrix.antenna2], values)
    assert not square[:, range(4), range(4)].any()
    general = matrix.general(values, -values)
    assert np.array_equal(general, -general.swapaxes(1, 2))
    assert matrix.by_antenna(values.real)[0].tolist() == [6, 10, 12, 14]


def ones(n_antennas=4, n_channels=2):
    """Return sums that are all one, of baselines 0-1, 0-2, ... of 10, 20, ... wavelengths."""
    number = n_antennas * (n_antennas - 1) // 2
    length_lambda = 10.0 * np.arange(1, number + 1)
    sums = VisibilitySums.zeros(BaselineMatrix(n_antennas), length_lambda, n_channels)
    for name in ("data_model", "model_power", "data_power", "count", "cross_model"):
        getattr(sums, name)[:] = 1
    return sums


def test_baselines_of_the_range_stay_with_those_at_its_limits():
    sums = ones()
    sums.leave_out_of_range(20.0, 50.0)
    for name in ("data_model", "model_power", "data_power", "count", "cross_model"):
        kept = getattr(sums, name)
        assert (kept == np.array([0, 1, 1, 1, 1, 0])).all(), name


def test_weights_are_multiplied_by_the_factors_of_both_antpols():
    """XX of i-j has X of i and of j; XY has X of i and Y of j, YX the other two."""
    sums = ones()
    factor = np.array([[2.0, 3.0], [5.0, 7.0], [11.0, 13.0], [17.0, 19.0]])  # (antenna, 2)
    sums.weigh(factor)
    first, second = factor[[0, 0, 0, 1, 1, 2]].T, factor[[1, 2, 3, 2, 3, 3]].T
    for name in ("data_model", "model_power", "data_power"):
        assert (getattr(sums, name) == (first * second)[:, None]).all(), name
    assert (sums.cross_model[0] == first[0] * second[1]).all()
    assert (sums.cross_model[1] == first[1] * second[0]).all()
    assert (sums.count == 1).all()
