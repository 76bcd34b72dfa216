"""Noise from autocorrelations and gains: noisy antennas are named, decorrelated ones are not."""

import numpy as np
import pytest

from lwacal.calibration import antenna_noise, solution_flags, solution_states
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.io.solutions import CAUSES
from lwacal.records.configuration.solution_flags import SolutionFlags
from lwacal.telescope.antpol_states import AntpolStates
from solved_gains import BANDS, N_ANTENNAS, NOISE, drawn

SETTINGS = SolutionFlags()
FAR_OUT = slice(40, None)  # antennas
SPREAD = 0.06  # of receivers
POWER_NOISE = 0.002  # 24 kHz, 10 s


def night(seed: int = 1) -> SolvedBandpass:
    """Return gains with the powers of the same antennas, sky and receivers of some spread."""
    band = drawn(seed)
    draw = np.random.default_rng([seed, 1])
    sefd = (band.frequency_hz / 50e6)[:, None] ** -2.5 * (
        1 + SPREAD * draw.normal(size=(N_ANTENNAS, 1, 2))
    )
    true_size = band.error / NOISE
    band.power = true_size**2 * sefd * (1 + POWER_NOISE * draw.normal(size=true_size.shape))
    band.group = np.zeros(N_ANTENNAS, int)
    band.group[FAR_OUT] = 1
    return band


def judged(band: SolvedBandpass) -> list[tuple[int, int, str]]:
    """Return the antpols that are not good after all steps, with the first reason."""
    solution_flags.find(band, SETTINGS)
    summaries = [{"band": name, "min_snr": 3.0} for name in band.band_names]
    states = solution_states.judge_antpols(
        band, AntpolStates(band.antenna_names), summaries, SETTINGS.noisy_ratio
    ).states
    return [
        (index, pol, states[index, pol].reasons[0])
        for index, pol in np.ndindex(N_ANTENNAS, 2)
        if states[index, pol].reasons
    ]


@pytest.mark.parametrize("power", [12.0, 30.0, 64.0])
def test_a_noisy_antenna_is_named_whatever_the_residuals_are(power):
    band = night()
    band.power[9, :, 1] *= power
    band.error[10] *= 8  # the sky of a baseline that the model lacks
    assert antenna_noise.ratio(band)[9, 1] == pytest.approx(power**0.5, rel=3 * SPREAD)
    assert np.delete(antenna_noise.ratio(band)[:, 1], 9) == pytest.approx(1, abs=3 * SPREAD)
    assert judged(band) == [(9, 1, "noisy")]


def test_without_autocorrelations_the_residuals_tell_the_noise():
    band = night()
    band.power = None
    band.error[10] *= 8
    assert judged(band) == [(10, 0, "noisy"), (10, 1, "noisy")]


def test_an_antpol_without_an_autocorrelation_has_the_noise_of_its_residuals():
    band = night()
    band.power[10, :, 0] = np.nan
    band.error[10] *= 8
    assert judged(band) == [(10, 0, "noisy")]


def decorrelate(band: SolvedBandpass, index: int, rad_at_50mhz: float) -> None:
    """Lower the gains of an antenna as phases of this rms do, that fall as 1/frequency."""
    rms = rad_at_50mhz * 50e6 / band.frequency_hz[None, :, None]
    band.gain[[index]] *= np.exp(-(rms**2) / 2)


@pytest.mark.parametrize("rad", [0.5, 1.0, 1.5, 1.8])
def test_a_decorrelated_outrigger_is_neither_noisy_nor_weak(rad):
    """1.8 rad take a factor of 23 at 36 MHz, of 2.1 at 73 MHz: the median is a factor of 3.8."""
    band = night()
    decorrelate(band, 45, rad)
    assert judged(band) == []


def test_low_gain_with_the_usual_power_in_all_sub_bands_is_noise():
    band = night()
    band.gain[20, :, 0] /= 5
    assert judged(band) == [(20, 0, "noisy")]


def test_antennas_are_compared_with_like_ones():
    """A model that lacks a bright resolved source lowers the gains of all antennas far out."""
    band = night()
    band.gain[FAR_OUT] /= 2
    assert antenna_noise.ratio(band) == pytest.approx(1, abs=4 * SPREAD)


@pytest.mark.parametrize(
    ("gain", "power", "reason"),
    [(0.2, 0.2**2, "weak_gain"), (0.2, 1.0, "noisy"), (0.08, 1.0, "weak_gain")],
)
def test_weak_is_what_lacks_power_or_nearly_all_gain(gain, power, reason):
    band = night()
    band.gain[20, :, 1] *= gain
    band.power[20, :, 1] *= power
    assert judged(band) == [(20, 1, reason)]


def steps_and_edges(band: SolvedBandpass) -> np.ndarray:
    """Return factors of gains: filter edges that differ, and steps of 2 within sub-bands."""
    edge_hz = 30e6 * (1 + 0.02 * np.random.default_rng(3).normal(size=(N_ANTENNAS, 1, 2)))
    factor = (1 + (edge_hz / band.frequency_hz[None, :, None]) ** 16) ** -0.5
    for number, channels in enumerate(band.channels()):
        factor[5 + number, channels.start + 20 : channels.stop, number % 2] *= 2
    return factor


@pytest.mark.parametrize("seed", range(3))
def test_what_the_power_shows_too_is_the_instrument(seed):
    band = night(seed)
    factor = steps_and_edges(band)
    band.gain *= factor
    band.power *= factor**2
    assert judged(band) == []
    assert not band.has("deviation")[5 : 5 + len(BANDS)].any()
    assert band.flag.mean() < 0.005


def test_a_step_of_the_gain_alone_is_flagged():
    band, untold = night(), night()
    untold.power = None
    for one in (band, untold):
        one.gain[7, 20:48, 0] *= 2
        judged(one)
        assert one.has("deviation")[7, 20:48, 0].mean() > 0.7
        assert (one.cause[7, 48:, 0] == 0).mean() > 0.98


def test_scatter_and_cliff_need_more_than_what_the_power_shows():
    band = night()
    wild = np.exp(np.random.default_rng(5).normal(size=(N_ANTENNAS, 30, 2)))
    band.gain[:, :30] *= wild
    told = night()
    told.gain[:, :30] *= wild
    told.power[:, :30] *= wild**2
    judged(band)
    judged(told)
    assert (band.cause[:, :30] & (CAUSES["scatter"] | CAUSES["cliff"]) > 0).all()
    assert not (told.cause & (CAUSES["scatter"] | CAUSES["cliff"])).any()


def test_flags_of_amplitudes_count_against_an_antpol_only_where_its_noise_is_unusual():
    band = night()
    two = np.isin(band.band_index, [1, 3])  # of five sub-bands
    band.gain[44, two] /= 2.5
    band.gain[12, two] /= 12
    assert [found for found in judged(band) if found[0] == 44] == []
    assert band.has("deviation")[44, two].mean() > 0.9
    assert [found for found in judged(band) if found[0] == 12] == [
        (12, 0, "noisy"),
        (12, 1, "noisy"),
    ]


def test_the_gain_tells_a_step_in_the_power_from_noise():
    band = night()
    band.gain[7, 20:48, 0] *= 2
    band.power[7, 20:48, 0] *= 4
    band.power[8, 20:48, 0] *= 4
    follows = antenna_noise.power_follows_gain(band)
    assert (follows[7, 0], follows[8, 0]) == (True, False)
    band.power = None
    assert not antenna_noise.power_follows_gain(band).any()


def test_the_noise_of_solutions_hardly_enters():
    ratio = antenna_noise.ratio(night(4))
    assert NOISE < np.std(np.log(ratio)) < SPREAD


def without_solutions(band: SolvedBandpass, index: int, sub_band: int) -> None:
    """Take the solutions of an antenna in a sub-band."""
    here = np.flatnonzero(band.band_index == sub_band)
    band.cause[index, here] |= CAUSES["solver"]
    band.gain[index, here] = 1.0
    band.error[index, here] = 0.0


def with_distances(seed: int = 1) -> SolvedBandpass:
    band = night(seed)
    band.distance_m = np.full(N_ANTENNAS, 100.0)
    band.distance_m[FAR_OUT] = 1500.0
    return band


def test_an_antenna_far_out_that_lacks_a_third_of_its_solutions_is_not_noisy():
    """One near the centre is, or one with odd power there, or one that is noisy elsewhere."""
    far, near, odd, noisy = 45, 5, 46, 47
    band = with_distances()
    lost = range(-(-len(band.band_names) // 3))
    for index in (far, near, odd, noisy):
        for sub_band in lost:
            without_solutions(band, index, sub_band)
    band.power[odd][np.isin(band.band_index, lost)] *= 30
    band.power[noisy] *= 30
    assert {index for index, _, _ in judged(band)} == {near, odd, noisy}
