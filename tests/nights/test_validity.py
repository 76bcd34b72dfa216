"""How long a calibration stays valid, against gains and phases that change as drawn."""

import numpy as np
import pytest

from lwacal.nights import time_series, validity
from quiet_nights import quiet


def curve_of(series, quantity, sky="same", same_lst_h=1.0):
    rows = validity.curve(validity.compare(series), same_lst_h)
    return [row for row in rows if (row["quantity"], row["sky"]) == (quantity, sky)]


def test_noise_alone_gives_level_curves_of_the_drawn_size():
    """Differences of two nights have root two times the noise of one; the loss is Ruze's."""
    series = quiet(phase_deg=5.0, gain_db=0.15)
    for row in curve_of(series, "phase_rms_deg"):
        assert row["p50"] == pytest.approx(5 * np.sqrt(2), rel=0.03)
    for row in curve_of(series, "gain_rms_db"):
        assert row["p50"] == pytest.approx(0.15 * np.sqrt(2), rel=0.03)
    sigma = np.radians(5 * np.sqrt(2))
    amplitude = 0.15 * np.sqrt(2) * np.log(10) / 20
    expected = 1 - np.exp(-(sigma**2)) / (1 + amplitude**2)
    for row in curve_of(series, "coherence_loss"):
        assert row["p50"] == pytest.approx(expected, rel=0.06)


def test_phases_that_wander_lose_more_with_time():
    """A random walk of 3 degrees a day: after n days 3 sqrt(n), and twice the noise of a night."""
    series = quiet(phase_deg=1.0)
    draw = np.random.default_rng(5)
    walk = np.cumsum(draw.normal(0, 3.0, series.values["phase_deg"].shape), axis=2)
    series.values["phase_deg"][:] = time_series.wrapped(series.values["phase_deg"] + walk)
    rows = curve_of(series, "phase_rms_deg")
    assert len(rows) == 5
    for row in rows:
        low, high = np.sqrt(9 * np.array([row["from_days"], row["to_days"]]) + 2)
        assert low < row["p50"] < high
    losses = [row["p50"] for row in curve_of(series, "coherence_loss")]
    assert losses == sorted(losses)


def test_reference_antenna_and_common_gain_do_not_count():
    series = quiet(phase_deg=1.0, gain_db=0.05)
    before = curve_of(series, "coherence_loss")
    draw = np.random.default_rng(8)
    for night in range(len(series.observations)):
        series.values["gain_db"][..., night] += draw.normal(0, 3, (1, 2))
        turn = series.values["phase_deg"][..., night] + draw.uniform(-180, 180, (1, 2))
        series.values["phase_deg"][..., night] = time_series.wrapped(turn)
    after = curve_of(series, "coherence_loss")
    assert [row["p50"] for row in after] == pytest.approx([row["p50"] for row in before], rel=1e-4)


def test_bad_antennas_and_other_sidereal_times_are_kept_apart():
    series = quiet(phase_deg=1.0)
    series.status[:100] = 2
    series.values["phase_deg"][:100] = np.random.default_rng(1).uniform(
        -180, 180, series.values["phase_deg"][:100].shape
    )
    series.lst_hours[::2] = 3.0
    series.values["phase_deg"][..., ::2] += np.linspace(-20, 20, 352)[:, None, None]  # the sky
    same, other = (curve_of(series, "phase_rms_deg", sky) for sky in ("same", "other"))
    assert max(row["p50"] for row in same) < 2
    assert min(row["p50"] for row in other) > 6
    assert sum(row["pairs"] for row in same + other) == 30 * 29 // 2


def test_sidereal_times_are_compared_round_the_clock():
    series = quiet(nights=2)
    series.lst_hours[:] = [23.8, 0.3]
    assert curve_of(series, "phase_rms_deg", "same")
    assert not curve_of(series, "phase_rms_deg", "other")


def test_many_observations_are_compared_by_a_choice_of_pairs():
    series = quiet(nights=400, names=tuple(f"ant{k}" for k in range(8)))
    pairs = validity.compare(series)
    assert 0.5 * validity.MOST_PAIRS < len(pairs.days) <= validity.MOST_PAIRS
    assert pairs.days.min() == 1
    assert pairs.days.max() > 380


def test_too_few_antennas_say_nothing():
    series = quiet(names=("LWA001", "LWA002"))
    assert validity.curve(validity.compare(series), 1.0) == []


def row(days, loss, sky="same"):
    return {
        "sky": sky,
        "from_days": days * 0.7,
        "median_days": days,
        "p50": loss,
        "quantity": "coherence_loss",
    }


@pytest.mark.parametrize(
    ("losses", "days", "words"),
    [
        ({1: 0.01, 10: 0.02}, None, "observations up to 10 days apart"),
        ({0.02: 0.01}, None, "observations up to 0.02 days apart"),
        ({1: 0.01, 5: 0.03, 9: 0.07}, 7, "9 days apart lose 7.0 %"),
        ({2: 0.10}, 1, "2 days apart lose 10.0 %"),
        ({1: 0.01, 5: 0.09, 9: 0.01}, 3, "5 days apart lose 9.0 %"),
    ],
)
def test_days_for_which_tables_hold(losses, days, words):
    found, why = validity.valid_days([row(*item) for item in losses.items()], 0.05)
    assert found == pytest.approx(days)
    assert words in why


def test_without_pairs_of_the_same_sky_nothing_is_known():
    assert validity.valid_days([row(1, 0.01, "other")], 0.05)[0] is None


def two_nights(known=352, gain_db=1.5, phase_deg=20.0):
    """Return two equal nights but for gains and phases that are up by so much, or down.

    Half of the antennas go each way, in gain and in phase apart; all but ``known`` are bad, and
    have changed by far more.
    """
    series = quiet(nights=2, phase_deg=0.0, gain_db=0.0)
    number = np.arange(352)
    up = np.where(number % 2, 1, -1)[:, None] * np.where(number < known, 1, 9)[:, None]
    ahead = np.where(number // 2 % 2, 1, -1)[:, None] * np.where(number < known, 1, 5)[:, None]
    series.values["gain_db"][..., 1] = series.values["gain_db"][..., 0] + gain_db * up
    turned = series.values["phase_deg"][..., 0] + phase_deg * ahead
    series.values["phase_deg"][..., 1] = time_series.wrapped(turned)
    series.status[known:] = 2
    return series


@pytest.mark.parametrize("known", [352, 200])
def test_beam_loses_what_its_formula_says_for_known_changes(known):
    """With r = exp(+-k) exp(+-i a), the mean is cosh k cos a, that of |r|^2 cosh 2 k."""
    pairs = validity.compare(two_nights(known))
    k, a = 1.5 * np.log(10) / 20, np.radians(20)
    assert pairs.gain_rms_db == pytest.approx(1.5, rel=1e-4)
    assert pairs.phase_rms_deg == pytest.approx(20, rel=1e-4)
    expected = 1 - (np.cosh(k) * np.cos(a)) ** 2 / np.cosh(2 * k)
    assert pairs.coherence_loss == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("known", "compared"), [(4, False), (5, True)])
def test_fewer_than_five_antennas_are_not_compared(known, compared):
    pairs = validity.compare(two_nights(known))
    assert np.isfinite(pairs.coherence_loss).all() == compared
