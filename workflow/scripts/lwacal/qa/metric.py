"""Assesses a measured value: a metric keeps raw value, score and status.

A metric is a record of qa.json. Score (1 best, 0 worst) and status follow from the raw value and
the two limits of the configuration, so they can be recomputed when the limits change. A metric
that could not be assessed has status "n/a" and the reason in words.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from typing_extensions import Unpack

from lwacal.records.configuration.quality import Limits
from lwacal.records.quality import AppliesTo, Metric, MetricStatus, Stage, StageName

STAGES: tuple[StageName, ...] = ("data", "antennas", "solutions", "delays", "calibrators", "images")
STATUS_RANK: dict[MetricStatus, int] = {"n/a": 0, "pass": 1, "warn": 2, "fail": 3}
SCORE_AT_WARN = 2 / 3
SCORE_AT_FAIL = 1 / 3


def score(value: float, warn: float | None, fail: float | None) -> float:
    """Return 1 at zero, 2/3 at the warning limit, 1/3 at the failure limit, then towards zero.

    For quantities where less is better; linear between the limits, reciprocal beyond the last
    one. A limit of None is never reached.
    """
    knots = [(0.0, 1.0)]
    knots += [(warn, SCORE_AT_WARN)] if warn is not None else []
    knots += [(fail, SCORE_AT_FAIL)] if fail is not None else []
    for (low, high_score), (high, low_score) in itertools.pairwise(knots):
        if value <= high:
            share = (value - low) / (high - low) if high > low else 1.0
            return high_score + share * (low_score - high_score)
    last_value, last_score = knots[-1]
    return last_score * last_value / value if value > 0 and last_value > 0 else last_score


def status(value: float, warn: float | None, fail: float | None) -> MetricStatus:
    """Return "fail" at or above the failure limit, "warn" above the warning limit, else "pass"."""
    if fail is not None and value >= fail:
        return "fail"
    if warn is not None and value >= warn:
        return "warn"
    return "pass"


def judge(
    name: str,
    value: float | None,
    unit: str,
    limits: Limits,
    message: str,
    *,
    stage: StageName,
    decides: bool = True,
    more_is_better: bool = False,
    limit: str = "limit {}",
    **applies_to: Unpack[AppliesTo],
) -> Metric:
    """Return an assessed metric, or one with status "n/a" if the value is None or not finite.

    ``decides``: whether it counts for the verdict. ``limit``:
    template of the words, after the message, that name the limit that was reached.
    ``applies_to``: band, antenna, pol or source, if the metric is specific to one.
    """
    if value is None or not math.isfinite(value):
        return not_judged(name, message, unit=unit, stage=stage, decides=decides, **applies_to)
    warn, fail = limits.warn, limits.fail
    scaled = (value, warn, fail)
    if more_is_better:
        scaled = (_reciprocal(value), _optional_reciprocal(warn), _optional_reciprocal(fail))
    return {
        "name": name,
        "stage": stage,
        "value": float(value),
        "unit": unit,
        "score": round(score(*scaled), 4),
        "status": status(*scaled),
        "applies_to": applies_to,
        "decides": decides,
        "limits": {"warn": warn, "fail": fail, "more_is_better": more_is_better},
        "message": message + _limit_words(status(*scaled), warn, fail, unit, limit),
    }


def not_judged(
    name: str,
    why: str,
    *,
    stage: StageName,
    unit: str = "",
    decides: bool = True,
    **applies_to: Unpack[AppliesTo],
) -> Metric:
    """Return a metric that could not be assessed, with the reason in words."""
    return {
        "name": name,
        "stage": stage,
        "value": None,
        "unit": unit,
        "score": None,
        "status": "n/a",
        "applies_to": applies_to,
        "decides": decides,
        "limits": {"warn": None, "fail": None, "more_is_better": False},
        "message": why,
    }


def _reciprocal(number: float) -> float:
    return 1.0 / number if number > 0 else math.inf


def _optional_reciprocal(number: float | None) -> float | None:
    return None if number is None else _reciprocal(number)


def _limit_words(
    result: str, warn: float | None, fail: float | None, unit: str, template: str
) -> str:
    if result == "pass":
        return ""
    reached = fail if result == "fail" else warn
    return f" ({template.format(in_words(reached, unit))})"


def in_words(value: float | None, unit: str) -> str:
    """Return a number with its unit; a fraction becomes a percentage."""
    if value is None:
        return "n/a"
    if unit == "fraction":
        return percent(value)
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def percent(fraction: float) -> str:
    """Return a fraction as a percentage: two digits below 10 %, else whole per cent."""
    return f"{100 * fraction:.2g} %" if abs(fraction) < 0.1 else f"{100 * fraction:.0f} %"


def worst(statuses: Iterable[MetricStatus]) -> MetricStatus:
    """Return the worst of some statuses; "n/a" if there is none or nothing was assessed."""
    return max(statuses, key=STATUS_RANK.__getitem__, default="n/a")


def stages(metrics: Sequence[Metric]) -> list[Stage]:
    """Return score and status of each stage: those of its worst deciding metric."""
    return [_stage(stage, [m for m in metrics if m["stage"] == stage]) for stage in STAGES]


def _score(metric: Metric) -> float:
    return 1.0 if metric["score"] is None else metric["score"]


def _stage(stage: StageName, metrics: Sequence[Metric]) -> Stage:
    deciding = [metric for metric in metrics if metric["decides"]]
    judged = [metric for metric in deciding if metric["status"] != "n/a"]
    lowest = min(judged, key=_score, default=None)
    message = lowest["message"] if lowest else "; ".join(m["message"] for m in deciding)
    return {
        "stage": stage,
        "score": lowest["score"] if lowest else None,
        "status": worst(metric["status"] for metric in deciding),
        "message": message or "nothing to assess",
        "judged": len(judged),
        "not_judged": len(deciding) - len(judged),
    }
