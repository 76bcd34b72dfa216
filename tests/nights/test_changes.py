"""Jumps, drifts, swaps and failures over the nights: found, named, and not made of noise."""

import numpy as np
import pytest

from lwacal.nights import antenna_events, change_points, changes, time_series
from lwacal.records.configuration.trends import Trends
from lwacal.telescope import boards
from quiet_nights import NAMES, NIGHTS, quiet, several_a_night

TRENDS = Trends()


def calm(**other):
    """Return series of signals that have next to no noise."""
    return quiet(**{"gain_db": 0.01, "delay_ns": 0.02, "phase_deg": 0.3, **other})


def found(series, **changed):
    choice = TRENDS.model_copy(update=changed)
    events = antenna_events.find(series, choice)
    return changes.group(events, series, choice.board_share, choice.same_lst_h)


def texts(series):
    """Return the names of the changes; sizes come out to a digit, because ``calm`` is."""
    return [change.text for change in found(series)]


@pytest.mark.parametrize("nights", [4, 5, 6, 8, 12])
def test_noise_makes_no_more_changes_than_is_said(nights):
    """Ten arrays of 352 antennas; the number expected of noise is Poisson distributed at most.

    Of too few nights nothing is said.
    """
    expected, made = 0.0, 0
    for seed in range(10):
        series = quiet(seed, nights=nights)
        expected += antenna_events.expected_false(series, TRENDS)
        made += len(found(series, least_gain_db=1e-3, least_delay_ns=1e-3, least_phase_deg=1e-3))
    assert 0.05 < expected < 0.5 if nights >= antenna_events.FEWEST_NIGHTS else expected == 0
    assert made <= (2 if expected else 0)  # chance exceeds it once in 300, at 0.3 expected


def test_lower_threshold_makes_as_many_as_is_said():
    """At three sigma there are many: not more than expected, nor a tenth of it."""
    series = quiet(3)
    choice = Trends(jump_sigma=3, least_gain_db=1e-3, least_delay_ns=1e-3, least_phase_deg=1e-3)
    events = antenna_events.find(series, choice)
    expected = antenna_events.expected_false(series, choice)
    assert 0.1 * expected < len(events) < expected


def test_board_that_jumps_is_one_change_and_named():
    series = calm()
    series.values["gain_db"][96:128, :, 16:] -= 6.1
    assert texts(series) == ["SNAP2 board 4: gain of 32 antennas changed by −6.1 dB on 2024-05-17"]


def test_receiver_board_that_jumps_is_named():
    series = calm()
    members = [k for k, name in enumerate(NAMES) if boards.arx(name) == "ARX board 20"]
    series.values["delay_ns"][members, 1, 20:] += 8.0
    assert len(members) == 8
    assert texts(series) == ["ARX board 20: delay of 8 antennas changed by +8.0 ns on 2024-05-21"]


def test_jump_of_the_whole_array_by_different_amounts():
    """As after reprogramming the F-engine: every antpol gets a new phase and delay."""
    series = calm()
    draw = np.random.default_rng(9)
    series.values["delay_ns"][..., 11:] += draw.normal(0, 30, (352, 2, 1))
    series.values["phase_deg"][..., 11:] += draw.uniform(-180, 180, (352, 2, 1))
    told = texts(series)
    assert len(told) == 1
    assert told[0].startswith("the array: delay of 35")
    assert "changed by different amounts (rms 3" in told[0]
    assert "°)" in told[0]
    assert told[0].endswith("on 2024-05-12")


def test_single_antennas_and_both_quantities():
    series = calm()
    series.values["delay_ns"][7, 0, 9:] += 5.0
    series.values["phase_deg"][7, 0, 9:] += 115.0
    series.values["gain_db"][201, :, 5:] += 3.0
    assert texts(series) == [
        f"{NAMES[7]} X: delay changed by +5.0 ns, phase changed by +115° on 2024-05-10",
        f"{NAMES[201]} X and Y: gain changed by +3.0 dB on 2024-05-06",
    ]


def test_drift_is_no_jump():
    series = quiet()
    series.values["delay_ns"][77, 0] += 0.45 * np.maximum(np.arange(NIGHTS) - 12, 0)
    (drift,) = found(series)
    assert drift.kind == "drift"
    assert drift.text.startswith(f"{NAMES[77]} X: delay drifts by +0.4")
    assert drift.rate == pytest.approx(0.45, abs=0.05)
    assert abs(drift.night - 12) <= 3
    assert drift.until == NIGHTS - 1


def test_board_that_drifts_is_one_change_and_drifts_of_its_antennas_are_not():
    series = calm()
    days = np.maximum(np.arange(NIGHTS) - 12, 0)
    series.values["delay_ns"][32:64, 0] += 0.4 * days
    (change,) = found(series)
    assert change.text.startswith("SNAP2 board 2: delay of 32 antennas drifts by +0.40 ns per day")
    series = calm()
    rates = np.linspace(-0.6, 0.6, 32)[:, None]
    series.values["delay_ns"][32:64, 0] += rates * days
    assert all(change.where.startswith("LWA") for change in found(series))


@pytest.mark.parametrize("antennas", [1, 32])
def test_opposite_drifts_of_x_and_y_are_two(antennas):
    """Of an antenna and of a board; what Y does in two quantities is one drift."""
    series = calm()
    days, members = np.maximum(np.arange(NIGHTS) - 12, 0), slice(32, 32 + antennas)
    series.values["delay_ns"][members, 0] += 0.4 * days
    series.values["delay_ns"][members, 1] -= 0.4 * days
    series.values["gain_db"][members, 1] += 0.2 * days
    of = " of 32 antennas" if antennas > 1 else ""
    of_x, of_y = sorted(texts(series), key=lambda text: "gain" in text)
    assert f"delay{of} drifts by +0.40 ns per day" in of_x
    assert f"gain{of} drifts by +0.20 dB per day" in of_y
    assert f"delay{of} drifts by −0.40 ns per day" in of_y


@pytest.mark.parametrize("night", [1, 2, 3, 15, 27, 28])
def test_night_of_a_jump(night):
    """Also near the ends: two nights before are enough, but not one."""
    series = quiet()
    series.values["gain_db"][40, 1, night:] += 4.0
    told = [(change.night, change.lasts) for change in found(series)]
    assert told == ([(night, True)] if night > 1 else [])


def test_last_night_is_told_with_a_doubt_and_a_single_night_within_is_not():
    series = calm()
    series.values["gain_db"][40, 1, -1] += 4.0
    series.values["gain_db"][50, 1, 12] += 4.0
    assert texts(series) == [
        f"{NAMES[40]} Y: gain changed by +4.0 dB on 2024-05-30 (one night so far)"
    ]


def test_jump_up_and_down_again():
    series = quiet()
    series.values["gain_db"][40, 1, 10:14] += 4.0
    assert [(change.night, round(change.size)) for change in found(series)] == [(14, -4), (10, 4)]


def test_other_reference_antenna_each_night_changes_nothing():
    """Every delay and phase of a night is relative to another antenna; one jumps by 150 degrees."""
    series = calm()
    draw = np.random.default_rng(4)
    series.values["phase_deg"][9, 1, 20:] += 150
    for night in range(NIGHTS):
        antenna = draw.integers(352)
        for name in ("delay_ns", "phase_deg"):
            own = series.values[name][..., night]
            own -= own[antenna].copy()
    series.values["phase_deg"][:] = time_series.wrapped(series.values["phase_deg"])
    assert texts(series) == [f"{NAMES[9]} Y: phase changed by +150° on 2024-05-21"]


def test_missing_nights_and_few_nights():
    series = quiet()
    series.values["gain_db"][40, 1, 14:] += 4.0
    series.values["gain_db"][40, 1, 5:14:2] = np.nan
    series.values["gain_db"][41] = np.nan
    series.values["gain_db"][42, :, 3:] = np.nan
    assert [change.night for change in found(series)] == [14]
    assert found(quiet(nights=1)) == found(quiet(nights=2)) == found(quiet(nights=0)) == []


def test_noisy_outriggers_are_judged_by_their_own_noise():
    series = quiet()
    outer = [k for k, name in enumerate(NAMES) if int(name[3:]) > 256]
    draw = np.random.default_rng(6)
    series.values["delay_ns"][outer] += draw.normal(0, 6.0, (len(outer), 2, NIGHTS))
    series.values["delay_ns"][3, 0, 12:] += 3.0
    assert 3 not in outer
    assert [change.where for change in found(series)] == [NAMES[3]]


def test_gone_bad_recovered_and_swapped():
    series = calm()
    series.status[5, 0, 20:] = 2
    series.reasons[5, 0, 20:] = 1
    series.values["gain_db"][5, 0, 20:] = -40
    series.status[6, 1, 4:18] = 2
    series.status[8, :, 25:] = 2
    series.reasons[8, :, 25:] = 2
    series.status[10, 0, 12] = 2  # a single night
    series.status[32:64, :, 10:] = 2
    assert texts(series) == [
        f"{NAMES[8]} X and Y: cables swapped on 2024-05-26",
        f"{NAMES[5]} X: went bad: no power from the sky on 2024-05-21",
        f"{NAMES[6]} Y: recovered on 2024-05-19",
        "SNAP2 board 2: 32 antennas went bad on 2024-05-11",
        f"{NAMES[6]} Y: went bad on 2024-05-05",
    ]


def test_dead_polarization_does_not_hide_that_the_other_one_jumped():
    series = calm()
    series.status[5, 0, 20:] = 2
    series.reasons[5, 0, 20:] = 1
    series.values["gain_db"][5, 0, 20:] -= 40
    series.values["gain_db"][5, 1, 20:] -= 6.1
    assert texts(series) == [
        f"{NAMES[5]} Y: gain changed by −6.1 dB on 2024-05-21",
        f"{NAMES[5]} X: went bad: no power from the sky on 2024-05-21",
    ]


def test_board_that_jumps_is_told_whole_if_not_all_of_it_went_bad():
    series = calm()
    series.values["gain_db"][32:64, :, 20:] -= 20
    series.status[32:64, :, 20:] = 2
    assert texts(series) == ["SNAP2 board 2: 32 antennas went bad on 2024-05-21"]
    series.status[63] = 0
    assert texts(series) == [
        "SNAP2 board 2: gain of 32 antennas changed by −20.0 dB on 2024-05-21",
        "SNAP2 board 2: 31 antennas went bad on 2024-05-21",
    ]


def test_two_skies_in_turn_make_no_change_and_another_sky_is_said():
    """Gains differ under another sky: alternating skies are noise, one that stays is reported."""
    series = quiet()
    sky = np.random.default_rng(2).normal(0, 2, (352, 2, 1))
    series.lst_hours[::2] = 3.0
    series.values["gain_db"][..., ::2] += sky
    assert found(series) == []
    series = quiet()
    series.lst_hours[20:] = 3.0
    series.values["gain_db"][..., 20:] += sky
    (change,) = found(series)
    assert change.where == "the array"
    assert change.text.endswith(", at a different sidereal time from the previous night")


def test_observations_of_one_night_share_its_noise():
    """Six a night are no six times surer, or the ionosphere of every night would be a jump."""
    series = several_a_night(quiet(nights=14), 6)
    assert found(series, least_gain_db=1e-3, least_delay_ns=1e-3, least_phase_deg=1e-3) == []


def test_changes_between_nights_of_several_observations():
    series = calm()
    series.values["gain_db"][96:128, :, 29:] -= 6.1
    series.status[5, 0, 20:] = 2
    series.reasons[5, 0, 20:] = 1
    told = found(several_a_night(series, 3, 0.01))
    assert [change.text for change in told] == [
        "SNAP2 board 4: gain of 32 antennas changed by −6.1 dB on 2024-05-30 (one night so far)",
        f"{NAMES[5]} X: went bad: no power from the sky on 2024-05-21",
    ]
    assert [(change.night, change.nights) for change in told] == [(29 * 3, 1), (20 * 3, 10)]


def test_half_a_board_is_told_antenna_by_antenna_unless_asked():
    series = quiet()
    series.values["gain_db"][128:144, :, 16:] -= 6.1
    assert all(change.where != "SNAP2 board 5" for change in found(series, board_share=0.6))
    assert [change.where for change in found(series, board_share=0.5)] == ["SNAP2 board 5"]


def test_pieces_of_a_line_after_a_level():
    days = np.arange(20.0)
    values = np.where(days < 8, 3.0, 3.0 + 2 * (days - 7))[None]
    (pieces,) = change_points.cut(values, days, np.array([0.1]), 5.0, 6)
    assert [(piece.first, piece.last, round(piece.rate, 6)) for piece in pieces] == [
        (0, 6, 0.0),
        (7, 19, 2.0),
    ]
    assert pieces[1].low == pytest.approx(3.0)


def test_boards_of_the_observatory(real_data):
    """The wiring in the code is that of the table of antennas of the observatory."""
    lines = (real_data / "antennas" / "antennas.csv").read_text().splitlines()
    columns = lines[0].split(",")
    for line in lines[1:]:
        row = dict(zip(columns, line.split(",")))
        assert boards.arx(row["name"]) == f"ARX board {row['arx_address']}"
        assert boards.snap2(int(row["corr_num"])) == f"SNAP2 board {row['snap2_location']}"
    assert boards.arx("LWA366") is None


def test_other_arrays_have_no_receiver_boards():
    series = quiet(names=tuple(f"ant{k}" for k in range(128)))
    series.values["gain_db"][32:64, :, 16:] -= 6.1
    assert [change.where for change in found(series)] == ["SNAP2 board 2"]
