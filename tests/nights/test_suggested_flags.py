"""Signals that stay bad are suggested for flagging, in a list that antenna_health reads."""

from dataclasses import replace

import numpy as np
import pytest

import health_case
from lwacal.driver import settings_checks
from lwacal.flagging import antenna_health
from lwacal.nights import suggested_flags
from lwacal.records import files
from lwacal.records.configuration.health import Autocorrelation, Health
from lwacal.records.configuration.trends import Trends
from lwacal.records.configuration.whole import Configuration
from lwacal.records.suggested_flags import SuggestedFlagsRecord
from quiet_nights import quiet, several_a_night

TRENDS = Trends()
NAMES = tuple(f"LWA{k:03d}" for k in range(1, 9))
MIXED = [  # evidence, and whether it is bad without the list
    ("cache:trends; autocorr:odd_spectrum", False),
    ("cache:trends; config:suspect_antennas; delay:+40 ns from the reference", False),
    ("cache:trends; autocorr:noisy; config:both_polarizations", False),
    ("config:both_polarizations; autocorr:weak", False),
    ("cache:trends; autocorr:dead; solutions:dead", True),
    ("cache:trends; data:flagged", True),
    ("cache:trends; config:bad_antennas", True),
    ("mnc:union; autocorr:odd_spectrum; config:both_polarizations", True),
    ("autocorr:weak; solutions:weak_gain", True),
]
WORDS = ("", "dead", "autocorr:dead", "cache:trends", "health_list", *(text for text, _ in MIXED))


def some_nights(nights=10):
    series = replace(quiet(nights=nights, names=NAMES), words=WORDS)
    return series


def fail(series, antenna, pol, nights, reason="dead", evidence="autocorr:dead"):
    at = antenna, pol, nights
    series.status[at] = 2
    series.reasons[at] = WORDS.index(reason)
    series.evidence[at] = WORDS.index(evidence)


def names(series, **changed):
    return suggested_flags.suggest(series, TRENDS.model_copy(update=changed))["bad"]


def test_what_stays_bad_is_suggested_with_why_and_since_when():
    series = some_nights()
    fail(series, 2, 0, slice(4, None))
    record = suggested_flags.suggest(series, TRENDS)
    assert record["bad"] == ["LWA003X"]
    assert record["signals"] == [
        {
            "name": "LWA003X",
            "reasons": ["dead"],
            "since_utc": "2024-05-05",
            "since_observation": "night004",
            "last_judged": "night009",
            "bad_nights": 5,
            "judged_nights": 5,
        }
    ]
    assert record["list_mjd"] == series.days[-1]


@pytest.mark.parametrize(
    ("bad", "listed"),
    [
        ([9], False),
        ([8, 9], False),
        ([7, 8, 9], True),
        ([5, 7, 9], True),
        ([4, 5, 9], False),
        ([5, 6, 7, 8], False),
        ([0, 1, 2, 3, 4, 5], False),
    ],
)
def test_three_of_the_last_five_with_the_newest(bad, listed):
    """Those that have recovered are not there, however long they were bad."""
    series = some_nights()
    fail(series, 2, 0, bad)
    assert names(series) == (["LWA003X"] if listed else [])


def test_keys_decide():
    series = some_nights()
    fail(series, 2, 0, [8, 9])
    assert names(series, persist_nights=2) == ["LWA003X"]
    assert names(series, persist_nights=1, persist_of=1) == ["LWA003X"]


def test_nights_in_which_the_list_itself_was_the_reason_do_not_count():
    """The signal stays listed, by what was seen before, and is tried again after a while."""
    series = some_nights(30)
    fail(series, 2, 0, slice(4, 9))
    fail(series, 2, 0, slice(9, 20), "health_list", "cache:trends")
    until = replace(
        series,
        observations=series.observations[:20],
        dates=series.dates[:20],
        days=series.days[:20],
        lst_hours=series.lst_hours[:20],
        status=series.status[..., :20],
        reasons=series.reasons[..., :20],
        evidence=series.evidence[..., :20],
        flagged=series.flagged[..., :20],
    )
    record = suggested_flags.suggest(until, TRENDS)
    assert record["bad"] == ["LWA003X"]
    assert record["signals"][0]["last_judged"] == "night008"
    assert names(until, retry_days=10) == []
    assert names(series) == []  # good again from the 20th night on


@pytest.mark.parametrize(("evidence", "stays"), MIXED)
def test_what_is_merely_suspect_besides_does_not_keep_it_on_the_list(evidence, stays):
    series = some_nights(30)
    fail(series, 2, 0, slice(4, 9))
    fail(series, 2, 0, slice(9, 30), "health_list", evidence)
    assert names(series) == (["LWA003X"] if stays else [])


def test_nights_count_and_not_observations():
    series = some_nights()
    fail(series, 2, 0, [8, 9])
    fail(series, 3, 0, [7, 8, 9])
    assert names(several_a_night(series, 4)) == ["LWA004X"]
    record = suggested_flags.suggest(several_a_night(series, 4), TRENDS)
    assert record["signals"][0]["bad_nights"] == 3
    assert record["signals"][0]["since_observation"] == "night007-0"


def test_no_night_no_list():
    record = suggested_flags.suggest(some_nights(0), TRENDS)
    assert (record["ok"], record["bad"]) == (False, [])
    assert record["message"]


def test_health_reads_the_list_and_flags_exactly_these(tmp_path):
    """Round trip: from the nights to the file to health.json of the next night."""
    series = some_nights()
    manifest, powers = health_case.observed(tmp_path, np.ones((health_case.N, 2)))
    series = replace(
        series,
        antennas=tuple(manifest["antennas"]["names"]),
        days=manifest["observation"]["mid_mjd_s"] / 86400 - np.arange(10, 0, -1) - 1,
    )
    fail(series, 2, 0, slice(4, None))
    fail(series, 5, 0, slice(2, None))
    fail(series, 5, 1, slice(2, None))
    path = tmp_path / "a copy.json"
    files.write(SuggestedFlagsRecord, path, suggested_flags.suggest(series, TRENDS))
    choice = Health(cached_list=str(path), autocorrelation=Autocorrelation(enabled=False))
    record = antenna_health.assess(manifest, health_case.NO_MNC, [powers], choice)
    bad = {(a["index"], a["pol"]): a["reasons"] for a in record["antennas"] if a["status"] == "bad"}
    assert bad == {
        (2, "X"): ["cache:trends"],
        (5, "X"): ["cache:trends"],
        (5, "Y"): ["cache:trends"],
    }
    source = next(source for source in record["sources"] if source["name"] == "cache")
    assert source["used"]
    assert source["age_days"] == pytest.approx(2)
    assert source["message"] == "3 bad antpols"


def test_file_that_each_run_changes_is_refused_as_a_list(tmp_path):
    def problems(cached_list):
        health = Health(cached_list=str(tmp_path / cached_list))
        return settings_checks.check(Configuration(results=str(tmp_path), health=health))

    (problem,) = problems("suggested_flags.json")
    assert problem.key == "health.cached_list"
    assert "copy" in problem.hint
    assert not problems("copy.json")
