"""How much of a port's power is of the other polarization, wherever the antenna is in the list."""

import numpy as np
import pytest

from lwacal.calibration import swapped
from lwacal.calibration.normal_equations import VisibilitySums
from lwacal.telescope.baselines import BaselineMatrix

N_ANTENNAS, N_CHANNELS, NOISE = 12, 24, 0.05
OWN, OTHER = 0.8, 0.6j  # amplitudes of both polarizations in the mixing port: 36 % of the power


def sums_and_gain(
    antenna: int, port: int, own: complex = OWN, other: complex = OTHER, both: bool = False
) -> tuple[VisibilitySums, np.ndarray]:
    """Return the sums of an unpolarized sky, and the gains by which each port sees its own dipole.

    A port p has the voltage G_p E_p; the one that mixes, or ``both`` of the antenna, has
    G_p (own E_p + other E_q), q being the other polarization. Then V_pq of baseline i-j is
    <v_ip conj(v_jq)>, with <E_X conj(E_Y)> = 0.
    """
    draw = np.random.default_rng(11)
    shape = (N_ANTENNAS, N_CHANNELS, 2)
    scale = np.exp(0.2 * draw.normal(size=shape) + 1j * draw.uniform(-np.pi, np.pi, shape))
    jones = scale[..., None] * np.eye(2)  # (antenna, channel, port, polarization of the sky)
    ports = [0, 1] if both else [port]
    for mixed in ports:
        jones[antenna, :, mixed] = scale[antenna, :, mixed, None] * np.roll([own, other], mixed)
    baselines = BaselineMatrix(N_ANTENNAS)
    first, second = baselines.antenna1, baselines.antenna2
    model = 1 + 0.6 * np.exp(1j * draw.uniform(-np.pi, np.pi, (len(first), N_CHANNELS)))
    seen = np.einsum("bcpk,bcqk,bc->bcpq", jones[first], jones[second].conj(), model)
    seen = seen + NOISE * draw.normal(size=(*seen.shape, 2)) @ [1, 1j] / np.sqrt(2)
    sums = VisibilitySums.zeros(baselines, np.full(len(first), 50.0), N_CHANNELS)
    for pol in (0, 1):
        data = seen[..., pol, pol]
        sums.data_model[pol] += (data * model.conj()).T
        sums.model_power[pol] += (np.abs(model) ** 2).T
        sums.data_power[pol] += (np.abs(data) ** 2).T
        sums.count[pol] += 1
        sums.cross_model[pol] += (seen[..., pol, 1 - pol] * model.conj()).T
    gain = scale.copy()
    gain[antenna, :, ports] *= own
    return sums, gain


@pytest.mark.parametrize("port", [0, 1])
@pytest.mark.parametrize("antenna", [0, 5, N_ANTENNAS - 1])
def test_share_of_the_other_polarization_is_that_which_was_mixed_in(antenna, port):
    """XY and YX must add up in phase: YX of baseline i-j is XY of j-i, conjugated."""
    sums, gain = sums_and_gain(antenna, port)
    error = np.full(gain.shape, NOISE / np.sqrt(N_ANTENNAS))
    _, share = swapped.find(sums, gain, np.zeros(gain.shape, bool), error)
    expected = np.zeros((N_ANTENNAS, 2))
    expected[antenna, port] = abs(OTHER) ** 2 / (OWN**2 + abs(OTHER) ** 2)
    # of noise alone a share has NOISE^2 / 11 baselines; that of 0.36 is known to 0.01 or better
    assert share == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("both", "found"), [(True, ["A5"]), (False, [])])
def test_an_antenna_is_named_if_both_of_its_ports_are_exchanged(both, found):
    """A port with the other polarization alone sees nothing of its own: a gain of noise."""
    sums, gain = sums_and_gain(5, 1, own=0.0, other=1.0, both=both)
    draw = np.random.default_rng(12)
    error = np.full(gain.shape, NOISE / np.sqrt(N_ANTENNAS))
    gain = gain + error * (draw.normal(size=(*gain.shape, 2)) @ [1, 1j]) / np.sqrt(2)
    flag = np.abs(gain) < 3 * error
    crossed, _ = swapped.find(sums, gain, flag, error)
    assert np.argwhere(crossed).tolist() == ([[5, 0], [5, 1]] if both else [[5, 1]])
    names = [f"A{number}" for number in range(N_ANTENNAS)]
    assert swapped.names(sums, gain, flag, error, names) == found


@pytest.mark.parametrize(("sigmas", "found"), [(3.0, True), (0.0, False)])
def test_noise_alone_is_not_taken_for_the_other_polarization(sigmas, found):
    """Of a port without a gain of its own, all that there is of XY and YX is the other's.

    The mean square of 24 crossed gains over their variance is 1 of noise, and 1 + 9 of three sigma.
    """
    error = NOISE / np.sqrt(N_ANTENNAS - 1)
    sums, gain = sums_and_gain(5, 1, own=0.0, other=sigmas * error, both=True)
    errors = np.full(gain.shape, error)
    flag = np.abs(gain) < 3 * errors
    crossed, share = swapped.find(sums, gain, flag, errors)
    assert crossed[5].tolist() == [found, found]
    assert (share[5] > 0.5).all()
