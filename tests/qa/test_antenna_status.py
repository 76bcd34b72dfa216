"""The status of each antpol in qa.json: findings of all stages, joined."""

import pytest

from lwacal.qa import antenna_status
from lwacal.telescope import antpol_states


def test_findings_combine_and_the_worse_wins():
    signal = {"index": 0, "antenna": "LWA001", "pol": "X"}
    combined = antenna_status.combine(
        ["LWA001"],
        {
            "antennas": [
                {**signal, "status": "suspect", "reasons": ["autocorr:weak", "mnc:selfcorr"]},
                {**signal, "index": 7, "status": "bad", "reasons": ["mnc:selfcorr"]},
            ]
        },
        {
            "antennas": [
                {
                    **signal,
                    "status": "bad",
                    "reasons": ["weak_gain"],
                    "gain_db": -30.0,
                    "flagged_fraction": 1.0,
                }
            ]
        },
        {"antennas": [{**signal, "flagged": False, "delay_ns": 5.0, "difference_ns": -180.0}]},
        {},
        100.0,
        None,
    )
    assert [s["pol"] for s in combined] == ["X", "Y"]
    assert combined[0]["status"] == "bad"
    assert combined[0]["reasons"] == ["weak_gain", "delay_offset", "health_list"]
    assert "autocorr:weak" in combined[0]["evidence"]
    assert combined[1]["status"] == "good"


@pytest.mark.parametrize(
    ("power", "gain_db", "solved", "expected"),
    [
        ("strong", 1.0, [], ("good", [])),
        ("odd_spectrum", 1.0, [], ("suspect", ["noisy"])),
        ("odd_spectrum", 18.0, ["strong_gain"], ("suspect", ["strong_gain"])),
        ("strong", 1.0, ["noisy"], ("suspect", ["noisy"])),
        ("strong", 18.0, ["strong_gain"], ("suspect", ["strong_gain"])),
        ("strong", 7.0, [], ("suspect", ["strong_gain"])),
        ("weak", -1.0, [], ("good", [])),
        ("weak", None, [], ("suspect", ["weak_gain"])),
        ("dead", 0.0, [], ("bad", ["dead"])),
    ],
)
def test_much_power_at_a_usual_gain_is_no_gain(power, gain_db, solved, expected):
    """Power is gain or noise, and the solutions tell which; the power stays as evidence."""
    signal = {"index": 0, "antenna": "LWA001", "pol": "X"}
    health = {
        **signal,
        "status": "bad" if power == "dead" else "suspect",
        "reasons": [f"autocorr:{power}"],
    }
    solutions = {
        **signal,
        "status": "suspect" if solved else "good",
        "reasons": solved,
        "gain_db": gain_db,
        "flagged_fraction": 0.0,
        "noise_ratio": 1.2,
    }
    found = antenna_status.combine(
        ["LWA001"], {"antennas": [health]}, {"antennas": [solutions]}, {}, {}, 100.0, None
    )[0]
    assert (found["status"], found["reasons"]) == expected
    assert f"autocorr:{power}" in found["evidence"]


def test_much_power_is_noise_where_the_solutions_do_not_tell_it():
    signal = {"index": 0, "antenna": "LWA001", "pol": "X"}
    health = {**signal, "status": "suspect", "reasons": ["autocorr:strong"]}
    solutions = {
        **signal,
        "status": "good",
        "reasons": [],
        "gain_db": 1.0,
        "noise_ratio": None,
        "flagged_fraction": 0.0,
    }
    found = antenna_status.combine(
        ["LWA001"], {"antennas": [health]}, {"antennas": [solutions]}, {}, {}, 100.0, None
    )[0]
    assert (found["status"], found["reasons"]) == ("suspect", ["noisy"])


@pytest.mark.parametrize(
    ("reasons", "follows", "expected"),
    [
        (["autocorr:odd_spectrum"], False, ("suspect", ["noisy"])),
        (["autocorr:odd_spectrum"], True, ("good", [])),
        (["autocorr:noisy", "autocorr:odd_spectrum"], True, ("suspect", ["noisy"])),
    ],
)
def test_an_odd_spectrum_that_the_gain_has_too_is_the_instrument(reasons, follows, expected):
    signal = {"index": 0, "antenna": "LWA001", "pol": "X"}
    health = {**signal, "status": "suspect", "reasons": reasons}
    solutions = {
        **signal,
        "status": "good",
        "reasons": [],
        "gain_db": 6.0,
        "noise_ratio": 1.0,
        "power_follows_gain": follows,
        "flagged_fraction": 0.0,
    }
    found = antenna_status.combine(
        ["LWA001"], {"antennas": [health]}, {"antennas": [solutions]}, {}, {}, 100.0, None
    )[0]
    assert (found["status"], found["reasons"]) == expected


def test_odd_spectrum_with_far_more_flags_than_others_is_interference():
    names = [f"LWA{number:03d}" for number in range(4)]
    odd = [
        {
            "index": number,
            "antenna": names[number],
            "pol": "X",
            "status": "suspect",
            "reasons": ["autocorr:odd_spectrum"],
        }
        for number in (0, 1)
    ]
    flags = {"50MHz": {"antenna_fraction": [0.6, 0.1, 0.1, 0.1]}}
    signals = antenna_status.combine(names, {"antennas": odd}, {}, {}, flags, 100.0, 0.2)
    found = {s["antenna"] + s["pol"]: s["reasons"] for s in signals if s["reasons"]}
    assert found == {"LWA000X": ["rfi"], "LWA000Y": ["rfi"], "LWA001X": ["noisy"]}


def test_a_flagged_delay_accuses_nobody():
    """A flagged antenna has delay 0 in the table: its difference is minus the reference."""
    record = {
        "index": 0,
        "antenna": "LWA001",
        "pol": "X",
        "flagged": True,
        "delay_ns": 0.0,
        "difference_ns": 236.0,
    }
    combined = antenna_status.combine(["LWA001"], {}, {}, {"antennas": [record]}, {}, 100.0, None)
    assert combined[0]["status"] == "good"
    assert combined[0]["delay_ns"] is None


@pytest.mark.parametrize(
    ("finding", "word"),
    [
        ("mnc:selfcorr", "health_list"),
        ("config:bad_antennas", "health_list"),
        ("autocorr:dead", "dead"),
        ("autocorr:weak", "weak_gain"),
        ("autocorr:strong", "strong_gain"),
        ("autocorr:noisy", "noisy"),
        ("autocorr:odd_spectrum", "noisy"),
        ("data:no_data", "no_data"),
        ("data:flagged", "no_data"),
        ("noisy", "noisy"),
    ],
)
def test_reason_words(finding, word):
    assert antpol_states.reason_of(finding) == word
