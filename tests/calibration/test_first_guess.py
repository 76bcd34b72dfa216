"""Where the solver begins: phases against the strongest antenna, amplitudes up to the usual."""

import numpy as np
import pytest

from lwacal.calibration import stefcal

N_ANTENNAS = 8
SIZE = np.array([1.0, 1.0, 1.0, 0.25, 4.0, 1.0, 1.0, 1.0])  # antenna 4 has most signal


def matrices(scale=1.0, seed=1):
    """Return A and B of one channel without noise, and its gains; weights have any ``scale``."""
    draw = np.random.default_rng(seed)
    gain = SIZE * np.exp(1j * draw.uniform(-np.pi, np.pi, N_ANTENNAS))
    model = 1 + 0.5 * np.exp(1j * draw.uniform(-np.pi, np.pi, (N_ANTENNAS, N_ANTENNAS)))
    b = scale * np.abs(np.triu(model, 1)) ** 2
    b = (b + b.T)[None]
    return np.outer(gain, gain.conj())[None] * b, b, gain


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_phases_are_right_up_to_a_constant(scale):
    a, b, gain = matrices(scale)
    turned = stefcal.first_guess(a, b)[0] / gain
    assert np.angle(turned / turned[0]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_amplitudes_are_usual_or_less(scale):
    """The usual product of amplitudes with antenna 4 is 4: its root is where all but one begin."""
    a, b, _ = matrices(scale)
    assert np.abs(stefcal.first_guess(a, b)[0]) == pytest.approx(
        np.where(SIZE < 1, 0.25, 1.0) * 2, rel=1e-6
    )


def test_an_antenna_that_does_not_meet_the_best_one_has_the_usual_amplitude():
    a, b, _ = matrices()
    for matrix in (a, b):
        matrix[0, 4, 6] = matrix[0, 6, 4] = 0
    assert np.abs(stefcal.first_guess(a, b)[0, 6]) == pytest.approx(2)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_channels_without_signal_have_a_beginning_too(weight):
    """Neither without any data, nor with data that are zero."""
    a, b, _ = matrices()
    found = stefcal.first_guess(np.concatenate([a, 0 * a]), np.concatenate([b, weight * b]))
    assert np.isfinite(found).all()
    assert not found[1].any()
    solved = stefcal.solve(0 * a, weight * b)
    assert solved.converged.all()
    assert not solved.gain.any()
