"""Each planted fault is found with the right reason and polarization, and nothing else is accused.

Gains are within 1.1 of what the noise explains, faults or not; the medians are over some thousand
solutions of antennas without a fault, which scatter by 2 %. All have headers like the real ones.
More antennas, clean nights, and two other skies, for which the time of these tests is too short:
`make known-answers`.
"""

import pytest

import known_answers

CASES = {
    case.name: case
    for case in known_answers.cases(32)
    if case.name.startswith(("faults", "a low source"))
}


@pytest.fixture(scope="module", params=list(CASES))
def night(request, tmp_path_factory):
    case = CASES[request.param]
    return case, known_answers.run(case, tmp_path_factory.mktemp("night"))


def test_exactly_the_planted_signals_are_accused(night):
    case, outcome = night
    assert outcome.accused == {signal: [reason] for signal, reason in case.signals.items()}


def test_exactly_what_is_wrong_with_the_data_is_named(night):
    case, outcome = night
    assert outcome.data == tuple(sorted(case.data))
    quality = outcome.night.record("qa.json")
    assert tuple(band["band"] for band in quality["bands"] if not band["solved"]) == case.lost
    assert all(band in " ".join(quality["reasons"]) for band in case.lost)


def test_errors_are_those_of_the_noise(night):
    _, outcome = night
    assert outcome.amplitude < 1.1
    assert outcome.phase < 1.1
    assert outcome.delay < 1.5


def test_hardly_a_solution_of_a_good_antenna_is_flagged(night):
    _, outcome = night
    assert outcome.flagged < 0.005
