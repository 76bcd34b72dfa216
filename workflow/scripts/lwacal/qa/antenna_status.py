"""One status for each antenna and polarization, from all that was found out about it.

Findings come from the health record (database, lists, autocorrelations), from the bandpass
solutions and from the delays. Bad wins over suspect, suspect over good; all reasons are kept, in
the words of contract C4, with the original finding as evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lwacal.telescope.correlations import POLARIZATIONS

Record = Mapping[str, Any]
RANK = {"good": 0, "suspect": 1, "bad": 2}
REASONS = (
    "dead",
    "no_data",
    "weak_gain",
    "strong_gain",
    "swapped_polarizations",
    "delay_offset",
    "noisy",
    "rfi",
    "health_list",
    "solver_failed",
)
REASON_WORDS = {
    "dead": "no power from the sky",
    "no_data": "no data, or all flagged in the raw data",
    "weak_gain": "much weaker than its like",
    "strong_gain": "much stronger than its like",
    "swapped_polarizations": "X and Y cables swapped",
    "delay_offset": "delay differs from the reference",
    "noisy": "noisy",
    "rfi": "far more interference than the others",
    "health_list": "on a list of bad antennas",
    "solver_failed": "no solution found",
}
_OF_AUTOCORRELATION = {
    "dead": "dead",
    "weak": "weak_gain",
    "strong": "strong_gain",
    "noisy": "noisy",
    "odd_spectrum": "noisy",
}
_OF_DATA = {"no_data": "no_data", "flagged": "no_data"}
_LISTS = ("mnc", "cache", "config")
ODD_SPECTRUM = "autocorr:odd_spectrum"
_OF_POWER = ("autocorr:weak", "autocorr:strong")
USUAL_GAIN_DB = 5.0  # half of what the limits of the power are: such a gain is not weak or strong


def reason_of(finding: str) -> str:
    """Return the reason word of C4 for a finding of health.json such as ``autocorr:weak``."""
    source, _, what = finding.partition(":")
    if finding in REASONS:
        return finding
    if source in _LISTS:
        return "health_list"
    known = _OF_AUTOCORRELATION if source == "autocorr" else _OF_DATA
    return known[what]


def combine(
    names: list[str],
    health: Mapping[str, Any],
    solutions: Mapping[str, Any],
    delay: Mapping[str, Any],
    delay_limit_ns: float,
) -> list[dict[str, Any]]:
    """Return the antenna records of qa.json, X and Y of each antenna in correlator order.

    ``names`` are the antennas of the manifest; an antenna that a record leaves out is not judged
    by that record. A delay is compared with ``delay_limit_ns`` unless it is flagged. Power is gain
    or noise: where the solutions have a usual gain, they decide which. That a spectrum is odd has
    no word of its own: it is called noisy where nothing else was found, which then explains it.
    """
    solved = {_key(record): record for record in solutions.get("antennas", [])}
    found = {
        (index, pol): _empty(index, name, pol)
        for index, name in enumerate(names)
        for pol in POLARIZATIONS
    }
    for record in health.get("antennas", []):
        signal = found.get(_key(record))
        known = _without_power(record, solved.get(_key(record), {}))
        _add_finding(signal, known, reason_of, silent=(ODD_SPECTRUM,))
        if signal is not None:
            signal["evidence"] = list(record["reasons"])
    for record in solutions.get("antennas", []):
        signal = found.get(_key(record))
        _add_finding(signal, _without_echo(signal, record), str)
        if signal is not None:
            signal["gain_db"] = record.get("gain_db")
            signal["flagged_fraction"] = record.get("flagged_fraction")
    for record in delay.get("antennas", []):
        _add_delay(found.get(_key(record)), record, delay_limit_ns)
    for signal in found.values():
        if ODD_SPECTRUM in signal["evidence"] and not signal["reasons"]:
            signal["reasons"] = [reason_of(ODD_SPECTRUM)]
        signal["reasons"] = [word for word in REASONS if word in signal["reasons"]]
    return list(found.values())


def only_odd(signal: Record) -> bool:
    """Return whether all that is known against a signal is its odd spectrum."""
    return signal["evidence"] == [ODD_SPECTRUM]


def _without_power(record: Record, solved: Record) -> Record:
    """Leave out of a health record what only the power says, if the gain is as usual.

    Much power is noise then, which the solutions show; if they do not tell it, the power does.
    """
    gain_db = solved.get("gain_db")
    if gain_db is None or abs(gain_db) > USUAL_GAIN_DB:
        return record
    reasons = [reason for reason in record["reasons"] if reason not in _OF_POWER]
    if "autocorr:strong" in record["reasons"] and solved.get("noise_ratio") is None:
        reasons.append("noisy")
    return {**record, "reasons": reasons, "status": record["status"] if reasons else "good"}


def _without_echo(signal: Record | None, record: Record) -> Record:
    """Leave out of a record of solutions the reason that only says: see the health record."""
    if signal is None or not signal["reasons"]:
        return record
    return {**record, "reasons": [r for r in record["reasons"] if r != "health_list"]}


def _key(record: Mapping[str, Any]) -> tuple[int, str]:
    return record["index"], record["pol"]


def _empty(index: int, name: str, pol: str) -> dict[str, Any]:
    return {
        "index": index,
        "antenna": name,
        "pol": pol,
        "status": "good",
        "reasons": [],
        "evidence": [],
        "gain_db": None,
        "delay_ns": None,
        "delay_difference_ns": None,
        "phase_deg": None,
        "flagged_fraction": None,
    }


def _add_finding(
    signal: dict[str, Any] | None,
    record: Mapping[str, Any],
    word_of: Any,
    silent: tuple[str, ...] = (),
) -> None:
    """Add status, reason words and evidence; findings that are ``silent`` add no word."""
    if signal is None:
        return
    _worsen(signal, record["status"])
    for finding in record["reasons"]:
        if finding not in silent and word_of(finding) not in signal["reasons"]:
            signal["reasons"].append(word_of(finding))
        evidence = finding if ":" in finding else f"solutions:{finding}"
        if evidence not in signal["evidence"]:
            signal["evidence"].append(evidence)


def _add_delay(signal: dict[str, Any] | None, record: Mapping[str, Any], limit_ns: float) -> None:
    if signal is None or record.get("flagged"):
        return
    signal["delay_ns"] = record.get("delay_ns")
    signal["phase_deg"] = record.get("phase_deg")
    difference = record.get("difference_ns")
    signal["delay_difference_ns"] = difference
    if difference is not None and abs(difference) > limit_ns:
        _worsen(signal, "suspect")
        signal["reasons"].append("delay_offset")
        signal["evidence"].append(f"delay:{difference:+.0f} ns from the reference")


def _worsen(signal: dict[str, Any], status: str) -> None:
    if RANK[status] > RANK[signal["status"]]:
        signal["status"] = status


def of_antenna(signals: list[dict[str, Any]]) -> dict[int, str]:
    """Return the worse status of the two polarizations of each antenna, by antenna index."""
    worst: dict[int, str] = {}
    for signal in signals:
        index = signal["index"]
        worst[index] = max(worst.get(index, "good"), signal["status"], key=RANK.__getitem__)
    return worst
