"""States of antpols: the worse status wins, and all reasons are kept."""

from itertools import permutations
from typing import get_args

import numpy as np
import pytest

from lwacal.records import antpol
from lwacal.telescope import antpol_states, correlations
from lwacal.telescope.antpol_states import BAD, GOOD, SUSPECT, AntpolState, AntpolStates, Finding

STATES = (
    AntpolState(),
    AntpolState(SUSPECT, ("noisy",), ("autocorr:noisy",)),
    AntpolState(BAD, ("dead", "noisy"), ("solutions:dead",)),
)


@pytest.mark.parametrize("order", permutations(STATES))
def test_bad_wins_and_all_reasons_stay_in_any_order(order):
    joined = order[0] | order[1] | order[2]
    assert joined.status == BAD
    assert sorted(joined.reasons) == ["dead", "noisy"]
    assert sorted(joined.evidence) == ["autocorr:noisy", "solutions:dead"]


def test_reasons_are_kept_in_the_order_in_which_they_were_found():
    states = AntpolStates(["LWA001", "LWA002"])
    for status, reason in ((SUSPECT, "autocorr:weak"), (BAD, "mnc:list"), (GOOD, "autocorr:weak")):
        states.add(Finding(1, 0, status, reason))
    assert states[1, 0] == AntpolState(BAD, ("autocorr:weak", "mnc:list"))
    assert states[1, 1] == AntpolState()
    assert states.of_antennas() == [GOOD, BAD]
    assert np.argwhere(states.bad()).tolist() == [[1, 0]]


def test_records_hold_the_states():
    states = AntpolStates(["LWA001", "LWA002"])
    states.add(Finding(0, 1, SUSPECT, "autocorr:weak"))
    records = states.records()
    assert records[1] == {
        "index": 0,
        "antenna": "LWA001",
        "pol": "Y",
        "status": SUSPECT,
        "reasons": ["autocorr:weak"],
    }
    again = AntpolStates.of_records(records, ["LWA001", "LWA002"])
    assert again.records() == records


def test_unknown_status_is_an_error():
    with pytest.raises(KeyError):
        AntpolState() | AntpolState("broken")


def test_letters_and_short_words_are_unique():
    for field in ("words", "short", "letter"):
        texts = [getattr(reason, field) for reason in antpol_states.REASONS.values()]
        assert len(set(texts)) == len(texts)


def test_records_know_the_same_words():
    assert tuple(antpol_states.REASONS) == get_args(antpol.Reason)
    assert get_args(antpol.Status) == antpol_states.STATUSES
    assert get_args(antpol.Polarization) == correlations.POLARIZATIONS


def test_an_unknown_finding_has_no_reason():
    with pytest.raises(KeyError):
        antpol_states.reason_of("autocorr:unheard_of")
