"""Turns a measured number into a judgement: raw value, score and status, each kept apart.

A metric is a dictionary of qa.json (contract C4). The raw value is what was measured; the score
(1 best, 0 worst) and the status follow from the two limits of the configuration and can be made
anew from the raw value when the limits change. What could not be judged is "n/a", with the reason
in words.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

STAGES = ("data", "antennas", "solutions", "delays", "calibrators", "images")
STATUS_RANK = {"n/a": 0, "pass": 1, "warn": 2, "fail": 3}
SCORE_AT_WARN = 2 / 3
SCORE_AT_FAIL = 1 / 3

Metric = dict[str, Any]
Limits = Mapping[str, float | None]


def score(value: float, warn: float | None, fail: float | None) -> float:
    """Return 1 at zero, 2/3 at the limit to warn, 1/3 at the limit to fail, then towards zero.

    For quantities of which less is better; straight lines between the limits, the reciprocal
    beyond the last. A limit that is None is never reached.
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


def status(value: float, warn: float | None, fail: float | None) -> str:
    """Return "fail" at or above the limit to fail, "warn" at or above the other, else "pass"."""
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
    stage: str,
    decides: bool = True,
    more_is_better: bool = False,
    limit: str = "limit {}",
    **applies_to: str,
) -> Metric:
    """Return a judged metric, or one that is "n/a" if the value is None or not finite.

    ``limits`` has "warn" and "fail". ``decides``: whether it counts for the verdict on the whole
    observation. ``limit``: how to name the limit that was reached, after the message.
    ``applies_to``: band, antenna, pol or source, if it is about one of them.
    """
    if value is None or not math.isfinite(value):
        return not_judged(name, message, unit=unit, stage=stage, decides=decides, **applies_to)
    warn, fail = limits.get("warn"), limits.get("fail")
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
    name: str, why: str, *, stage: str, unit: str = "", decides: bool = True, **applies_to: str
) -> Metric:
    """Return a metric that could not be judged, with the reason in words."""
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
    """Return a number with its unit as a person writes it; a fraction as a percentage."""
    if value is None:
        return "n/a"
    if unit == "fraction":
        return percent(value)
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def percent(fraction: float) -> str:
    """Return a fraction as a percentage with as many digits as are worth reading."""
    return f"{100 * fraction:.2g} %" if abs(fraction) < 0.1 else f"{100 * fraction:.0f} %"


def worst(statuses: Iterable[str]) -> str:
    """Return the worst of some statuses; "n/a" if there is none or nothing was judged."""
    return max(statuses, key=STATUS_RANK.__getitem__, default="n/a")


def stages(metrics: Sequence[Metric]) -> list[dict[str, Any]]:
    """Return score and status of each stage: the worst of the metrics that decide in it."""
    return [_stage(stage, [m for m in metrics if m["stage"] == stage]) for stage in STAGES]


def _stage(stage: str, metrics: Sequence[Metric]) -> dict[str, Any]:
    deciding = [metric for metric in metrics if metric["decides"]]
    judged = [metric for metric in deciding if metric["status"] != "n/a"]
    lowest = min(judged, key=lambda metric: metric["score"], default=None)
    message = lowest["message"] if lowest else "; ".join(m["message"] for m in deciding)
    return {
        "stage": stage,
        "score": lowest["score"] if lowest else None,
        "status": worst(metric["status"] for metric in deciding),
        "message": message or "nothing to judge",
        "judged": len(judged),
        "not_judged": len(deciding) - len(judged),
    }
