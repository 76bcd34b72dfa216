"""Scores and limits of metrics."""

import pytest

from lwacal.qa import metric
from lwacal.records.configuration.quality import MoreIsBetter


def test_score_passes_through_the_limits_and_falls():
    values = [0, 0.1, 0.2, 0.3, 0.5, 1, 10]
    scores = [metric.score(value, 0.2, 0.5) for value in values]
    assert scores[0] == 1
    assert scores[2] == pytest.approx(2 / 3)
    assert scores[4] == pytest.approx(1 / 3)
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


@pytest.mark.parametrize(("warn", "fail"), [(0.0, 0.0), (None, None), (0.1, None), (None, 0.1)])
def test_score_stays_between_0_and_1(warn, fail):
    for value in (0.0, 0.05, 0.1, 1.0, 1e9):
        assert 0 <= metric.score(value, warn, fail) <= 1


def test_limits_are_reached_when_equalled():
    assert [metric.status(v, 0.2, 0.5) for v in (0.19, 0.2, 0.5)] == ["pass", "warn", "fail"]
    assert metric.status(99, None, None) == "pass"


def test_more_is_better():
    limits = MoreIsBetter(warn=30, fail=10)
    statuses = [
        metric.judge("range", value, "", limits, "", stage="images", more_is_better=True)["status"]
        for value in (100, 30, 10, 0)
    ]
    assert statuses == ["pass", "warn", "fail", "fail"]
