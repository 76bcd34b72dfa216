"""Alternating least squares on matrices: exact without noise, honest about it with noise."""

import numpy as np
import pytest

from lwacal.calibration import bandpass_stefcal, reference_phase, stefcal, swapped
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.telescope.baselines import BaselineMatrix

N_ANTENNAS, N_CHANNELS = 24, 16


def drawn_gains(draw):
    shape = (N_ANTENNAS, N_CHANNELS, 2)
    size = np.exp(0.3 * draw.normal(size=shape))
    return size * np.exp(1j * draw.uniform(-np.pi, np.pi, shape))


def sums(gain, noise=0.0, n_integrations=1, seed=0):
    """Return the sums of drawn models (two sources or so) through gains."""
    draw = np.random.default_rng(seed)
    baselines = BaselineMatrix(N_ANTENNAS)
    antenna1, antenna2 = baselines.antenna1, baselines.antenna2
    shape = (len(antenna1), N_CHANNELS, 2)
    result = VisibilitySums.zeros(baselines, np.full(len(antenna1), 50.0), N_CHANNELS)
    for _ in range(n_integrations):
        model = 1 + 0.6 * np.exp(1j * draw.uniform(-np.pi, np.pi, shape))
        data = gain[antenna1] * gain[antenna2].conj() * model
        data = data + draw.normal(size=(*shape, 2)) @ [1, 1j] * noise / np.sqrt(2)
        result.data_model += (data * model.conj()).T
        result.model_power += (np.abs(model) ** 2).T
        result.data_power += (np.abs(data) ** 2).T
        result.count += 1
    return result


def with_antenna(some, number):
    """Return which baselines have an antenna in them."""
    return (some.baselines.antenna1 == number) | (some.baselines.antenna2 == number)


def turned(found, gain):
    """Return found over true gains without the free phase of each channel."""
    ratio = found / gain
    return ratio * np.exp(-1j * np.angle(ratio.mean(axis=0)))


def test_gains_are_exact_without_noise():
    gain = drawn_gains(np.random.default_rng(1))
    solved = bandpass_stefcal.solve(sums(gain), 4)
    assert solved.converged.all()
    assert turned(solved.gain, gain) == pytest.approx(1, abs=1e-4)


def test_any_start_leads_to_the_same_gains():
    draw = np.random.default_rng(2)
    gain = drawn_gains(draw)
    some = sums(gain)
    a = some.baselines.hermitian(some.data_model[0])
    b = some.baselines.symmetric(some.model_power[0])
    found = stefcal.solve(a, b, drawn_gains(draw)[..., 0].T)
    assert found.converged.all()
    assert turned(found.gain.T, gain[..., 0]) == pytest.approx(1, abs=1e-3)


def test_a_start_of_zero_is_no_start():
    """As next to a channel that is lost: the gains of the sampled channels begin with it."""
    draw = np.random.default_rng(2)
    gain = drawn_gains(draw)
    some = sums(gain)
    a = some.baselines.hermitian(some.data_model[0])
    b = some.baselines.symmetric(some.model_power[0])
    start = drawn_gains(draw)[..., 0].T
    start[[0, 7]] = 0
    found = stefcal.solve(a, b, start)
    assert not start[7].any()
    assert turned(found.gain.T, gain[..., 0]) == pytest.approx(1, abs=1e-3)


def test_channels_that_do_not_converge_are_told_apart(monkeypatch):
    gain = drawn_gains(np.random.default_rng(1))
    usual = bandpass_stefcal.convergence(bandpass_stefcal.solve(sums(gain, 0.1), 4))["X"]
    assert all(usual["converged"])
    assert min(usual["iterations"]) < max(usual["iterations"]) < stefcal.MOST_ITERATIONS
    monkeypatch.setattr(stefcal, "MOST_ITERATIONS", sorted(usual["iterations"])[8])
    early = bandpass_stefcal.convergence(bandpass_stefcal.solve(sums(gain, 0.1), 4))["X"]
    assert 0 < sum(early["converged"]) < N_CHANNELS
    enough = [number <= stefcal.MOST_ITERATIONS for number in usual["iterations"]]
    assert early["converged"] == enough


@pytest.mark.parametrize("n_integrations", [1, 4])
def test_errors_are_those_that_are_stated(n_integrations):
    gain = drawn_gains(np.random.default_rng(3))
    solved = bandpass_stefcal.solve(sums(gain, 0.3, n_integrations), 4)
    pull = np.abs(turned(solved.gain, gain) - 1) * np.abs(gain) / solved.error
    # 768 complex values, one phase in 24 taken out: the rms is known to 2.5 %
    assert np.sqrt((pull**2).mean()) == pytest.approx(1, abs=0.1)


def test_outlying_baselines_are_left_out_and_hardly_any_others():
    """The first solution, which they have spoilt, may cost a good one its place."""
    gain = drawn_gains(np.random.default_rng(4))
    clean = sums(gain, 0.1, 3)
    spoilt = sums(gain, 0.1, 3)
    rows = np.arange(0, len(spoilt.length_lambda), 17)
    spoilt.data_model[..., rows] += 40.0
    spoilt.data_power[..., rows] += 40.0**2
    before = bandpass_stefcal.solve(clean, 4)
    after = bandpass_stefcal.solve(spoilt, 4)
    assert before.outliers.max() == 0
    share = len(rows) / len(spoilt.length_lambda)
    assert after.outliers.min() >= share - 1e-9
    assert after.outliers.max() < share + 0.02
    error = np.abs(turned(after.gain, gain) - 1)
    assert error.mean() < 1.2 * np.abs(turned(before.gain, gain) - 1).mean()


def test_antenna_with_too_few_baselines_gets_no_gain():
    gain = drawn_gains(np.random.default_rng(5))
    some = sums(gain, 0.1)
    mine = with_antenna(some, 3)
    mine[np.flatnonzero(mine)[:3]] = False
    some.leave_out(mine)
    solved = bandpass_stefcal.solve(some, 4)
    assert not solved.gain[3].any()
    assert np.isinf(solved.error[3]).all()
    others = np.arange(N_ANTENNAS) != 3
    assert np.isfinite(solved.error[others]).all()
    assert bandpass_stefcal.solve(some, 3).gain[3].all()


def test_noisy_antenna_is_kept_with_an_error_of_its_own():
    """Its baselines are far from the model, but not farther than its own noise explains."""
    gain = drawn_gains(np.random.default_rng(6))
    some = sums(gain, 0.05, 2)
    noisy = sums(gain, 1.0, 2, seed=0)
    mine = with_antenna(some, 3)
    for name in ("data_model", "data_power"):
        getattr(some, name)[..., mine] = getattr(noisy, name)[..., mine]
    solved = bandpass_stefcal.solve(some, 4)
    relative = solved.error / np.abs(solved.gain)
    assert np.median(relative[3]) > 5 * np.median(np.delete(relative, 3, axis=0))
    assert np.isfinite(solved.error[3]).mean() > 0.99


def test_baselines_are_judged_by_their_number_of_visibilities():
    gain = drawn_gains(np.random.default_rng(10))
    some, once = sums(gain, 0.3, 3, seed=1), sums(gain, 0.3, 1, seed=2)
    fewer = np.arange(0, len(some.length_lambda), 3)
    for name in ("data_model", "model_power", "data_power", "count"):
        getattr(some, name)[..., fewer] = getattr(once, name)[..., fewer]
    solved = bandpass_stefcal.solve(some, 4)
    assert solved.outliers.max() == 0
    pull = np.abs(turned(solved.gain, gain) - 1) * np.abs(gain) / solved.error
    assert np.sqrt((pull**2).mean()) == pytest.approx(1, abs=0.1)


def test_any_number_of_threads_gives_the_same():
    some = sums(drawn_gains(np.random.default_rng(11)), 0.3)
    one, three = (bandpass_stefcal.solve(some, 4, threads) for threads in (1, 3))
    assert np.array_equal(one.gain, three.gain)
    assert np.array_equal(one.error, three.error)


def test_phases_continue_where_the_reference_antenna_is_missing():
    frequency = np.arange(64.0)
    draw = np.random.default_rng(7)
    delay = draw.normal(0, 0.3, (6, 1, 2))
    gain = np.exp(1j * (delay * frequency[None, :, None] + draw.normal(size=(6, 1, 2))))
    free = np.exp(1j * draw.uniform(-np.pi, np.pi, (1, 64, 2)))
    flag = np.zeros(gain.shape, bool)
    flag[2, 20:30] = True
    flag[2, 60:] = True
    index, found, flagged = reference_phase.refer(gain * free, flag, ReferenceOrder((2, 0)))
    expected = gain * np.exp(-1j * np.angle(gain[2]))
    assert index == 2
    others = [0, 1, 3, 4, 5]
    assert found[others, :60] == pytest.approx(expected[others, :60], abs=1e-6)
    assert flagged[:, 60:].all()  # there is nothing to continue to
    assert not flagged[others, :60].any()


def test_reference_antenna_without_solutions_is_passed_over():
    flag = np.zeros((4, 8, 2), bool)
    flag[1] = True
    gain = np.exp(1j * np.random.default_rng(8).normal(size=flag.shape))
    index, found, _ = reference_phase.refer(gain, flag, ReferenceOrder((1, 3)))
    assert index == 3
    assert np.angle(found[3]) == pytest.approx(0, abs=1e-12)
    assert reference_phase.refer(gain, np.ones_like(flag), ReferenceOrder((1, 3)))[0] == -1


def swapped_sums(swapped, n_integrations=2):
    """Return sums of unpolarized sky through antennas of which some have X and Y exchanged."""
    draw = np.random.default_rng(9)
    gain = drawn_gains(draw)
    some = sums(gain, 0.0)
    for part in (some.data_model, some.model_power, some.data_power, some.count):
        part[:] = 0
    first, second = some.baselines.antenna1, some.baselines.antenna2
    turned_round = np.isin(np.arange(N_ANTENNAS), swapped)
    for _ in range(n_integrations):
        phase = np.exp(1j * draw.uniform(-np.pi, np.pi, (len(first), N_CHANNELS)))
        model = np.stack([1 + 0.6 * phase, 0.8 + 0.5 * phase], axis=-1)  # seen by X and Y dipoles
        for port1 in (0, 1):
            for port2 in (0, 1):
                dipole1, dipole2 = port1 ^ turned_round[first], port2 ^ turned_round[second]
                sky = np.where(
                    (dipole1 == dipole2)[:, None],
                    np.where((dipole1 == 0)[:, None], model[..., 0], model[..., 1]),
                    0,
                )
                data = gain[first, :, port1] * gain[second, :, port2].conj() * sky
                data = data + draw.normal(size=(*data.shape, 2)) @ [1, 1j] * 0.1
                if port1 == port2:
                    own = model[..., port1]
                    some.data_model[port1] += (data * own.conj()).T
                    some.model_power[port1] += (np.abs(own) ** 2).T
                    some.data_power[port1] += (np.abs(data) ** 2).T
                    some.count[port1] += 1
                else:
                    some.cross_model[port1] += (data * model.mean(axis=-1).conj()).T
    return some


@pytest.mark.parametrize("antennas", [[], [5], [0, 23], [3, 8, 15]])
def test_swapped_antennas_are_found_and_nobody_else(antennas):
    some = swapped_sums(antennas)
    solved = bandpass_stefcal.solve(some, 4)
    flag = ~(np.abs(solved.gain) > 3 * solved.error)
    found, share = swapped.find(some, solved.gain, flag, solved.error)
    assert np.flatnonzero(found.all(axis=1)).tolist() == antennas
    assert np.flatnonzero(found.any(axis=1)).tolist() == antennas
    others = np.setdiff1d(np.arange(N_ANTENNAS), antennas)
    assert share[others].max() < 0.05


def test_a_few_channels_of_xy_tell_who_is_swapped():
    some = swapped_sums([3, 8])
    solved = bandpass_stefcal.solve(some, 4)
    flag = ~(np.abs(solved.gain) > 3 * solved.error)
    some.cross_channels = np.array([2, 9])
    some.cross_model = some.cross_model[:, some.cross_channels]
    found, _ = swapped.find(some, solved.gain, flag, solved.error)
    assert np.flatnonzero(found.all(axis=1)).tolist() == [3, 8]


def test_antennas_without_gains_of_their_own_are_not_called_swapped():
    """One far out has two baselines: too few for a gain, enough for XY to be in the noise.

    Another is weak in channels that are flagged for it: its power counts all the same.
    """
    some = swapped_sums([])
    rows = with_antenna(some, 7)
    some.leave_out(rows & ~with_antenna(some, 0) & ~with_antenna(some, 1))
    leakage = 0.2 * np.sqrt(some.model_power) * np.sqrt(some.model_power[:1])
    some.cross_model[..., rows] += leakage[..., rows]
    solved = bandpass_stefcal.solve(some, 4)
    flag = ~(np.abs(solved.gain) > 3 * solved.error)
    assert flag[7].all()
    found, share = swapped.find(some, solved.gain, flag, solved.error)
    assert not found.any()
    assert np.isnan(share[7]).all()
    flag[9] = True
    found, share = swapped.find(some, solved.gain, flag, solved.error)
    assert not found.any()
    assert share[9].max() < 0.05


def test_dead_antennas_are_not_taken_for_swapped_ones():
    some = swapped_sums([])
    rows = with_antenna(some, 7)
    draw = np.random.default_rng(1)
    for part in (some.data_model, some.cross_model):
        noise = draw.normal(size=(*part[..., rows].shape, 2)) @ [1, 1j]
        part[..., rows] = 0.1 * noise * np.sqrt(some.model_power[..., rows])
    some.data_power[..., rows] = 0.02
    solved = bandpass_stefcal.solve(some, 4)
    flag = ~(np.abs(solved.gain) > 3 * solved.error)
    found, _ = swapped.find(some, solved.gain, flag, solved.error)
    assert not found.any()
