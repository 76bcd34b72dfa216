"""The state of each antenna-polarization (antpol): good, suspect or bad, with every reason.

Each stage of the workflow contributes findings. Joining two states keeps the worse status and all
reasons: bad wins over suspect, suspect over good. A finding of health.json is named
``source:what``; the reasons of bandpass_flags.json and qa.json are the words of REASONS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import numpy as np

from lwacal.records.antpol import Status
from lwacal.telescope.correlations import POLARIZATIONS

STATUSES: tuple[str, ...] = get_args(Status)  # from best to worst
GOOD, SUSPECT, BAD = STATUSES
RANK = {status: rank for rank, status in enumerate(STATUSES)}


class Reason(NamedTuple):
    """Why an antpol is not good: in words, as a short label, and as a letter on the board plot."""

    words: str
    short: str
    letter: str


# In the order in which qa.json lists them
REASONS = {
    "dead": Reason("no power from the sky", "dead", "D"),
    "no_data": Reason("no data, or all flagged in the raw data", "no data", "0"),
    "weak_gain": Reason("much weaker than comparable antennas", "weak", "W"),
    "strong_gain": Reason("much stronger than comparable antennas", "strong", "G"),
    "swapped_polarizations": Reason("X and Y cables swapped", "swapped", "S"),
    "delay_offset": Reason("delay differs from the reference", "delay", "T"),
    "noisy": Reason("noisy", "noisy", "N"),
    "rfi": Reason("far more interference than the others", "RFI", "R"),
    "health_list": Reason("on a list of bad antennas", "listed", "H"),
    "solver_failed": Reason("no solution found", "no solution", "F"),
}
REASON_WORDS = {name: reason.words for name, reason in REASONS.items()}

# Findings of health.json
NO_DATA, ALL_FLAGGED = "data:no_data", "data:flagged"
NO_POWER, WEAK, STRONG = "autocorr:dead", "autocorr:weak", "autocorr:strong"
NOISY, ODD_SPECTRUM = "autocorr:noisy", "autocorr:odd_spectrum"
ON_BAD_LIST, ON_SUSPECT_LIST = "config:bad_antennas", "config:suspect_antennas"
BOTH_POLARIZATIONS = "config:both_polarizations"  # bad because the other polarization is
_REASON_OF = {
    NO_DATA: "no_data",
    ALL_FLAGGED: "no_data",
    NO_POWER: "dead",
    WEAK: "weak_gain",
    STRONG: "strong_gain",
    NOISY: "noisy",
    ODD_SPECTRUM: "noisy",
}
LISTS = ("mnc", "cache", "config")  # sources that name bad antennas without measuring them


def reason_of(finding: str) -> str:
    """Return the word of REASONS for a finding such as ``autocorr:weak``; KeyError if unknown."""
    if finding in REASONS:
        return finding
    if finding.partition(":")[0] in LISTS:
        return "health_list"
    return _REASON_OF[finding]


class Finding(NamedTuple):
    """A finding of one stage about one antpol; ``pol`` is 0 for X, 1 for Y."""

    antenna: int
    pol: int
    status: str
    reason: str


@dataclass(frozen=True)
class AntpolState:
    """Status and reasons of an antpol, and the findings that support them (evidence)."""

    status: str = GOOD
    reasons: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def __or__(self, other: AntpolState) -> AntpolState:
        """Join two states: the worse status, all reasons and all evidence, each once."""
        return AntpolState(
            worst((self.status, other.status)),
            tuple(dict.fromkeys(self.reasons + other.reasons)),
            tuple(dict.fromkeys(self.evidence + other.evidence)),
        )

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> AntpolState:
        """Return the state in a record of health.json, bandpass_flags.json or qa.json."""
        evidence = record.get("evidence", ())
        return cls(record["status"], tuple(record["reasons"]), tuple(evidence))


def worst(statuses: Iterable[str]) -> str:
    """Return the worst of these statuses; good if there are none."""
    return max(statuses, key=RANK.__getitem__, default=GOOD)


class AntpolStates:
    """The states of all antpols of an array; without findings an antpol is good."""

    def __init__(self, names: Sequence[str]) -> None:
        """Start with ``names``, the antennas in correlator order."""
        self.names = list(names)
        self._states = {
            (index, pol): AntpolState() for index in range(len(self.names)) for pol in (0, 1)
        }

    @classmethod
    def of_records(cls, records: Iterable[Mapping[str, Any]], names: Sequence[str]) -> AntpolStates:
        """Return the states in the antenna records of a product (fields index, pol, ...)."""
        states = cls(names)
        for record in records:
            states.join(*antpol_of(record), AntpolState.of_record(record))
        return states

    def __getitem__(self, antpol: tuple[int, int]) -> AntpolState:
        """Return the state of (antenna, polarization)."""
        return self._states[antpol]

    def __contains__(self, antpol: tuple[int, int]) -> bool:
        """Return whether the array has this (antenna, polarization)."""
        return antpol in self._states

    def join(self, antenna: int, pol: int, state: AntpolState) -> None:
        """Join the state that a stage found for an antpol with the one it has so far."""
        self._states[antenna, pol] |= state

    def add(self, finding: Finding) -> None:
        """Join a single finding."""
        self.join(finding.antenna, finding.pol, AntpolState(finding.status, (finding.reason,)))

    def bad(self) -> np.ndarray:
        """Return which antpols are bad, (antenna, 2) bool."""
        bad = np.zeros((len(self.names), 2), bool)
        for antpol, state in self._states.items():
            bad[antpol] = state.status == BAD
        return bad

    def of_antennas(self) -> list[str]:
        """Return the worse status of the two polarizations of each antenna."""
        return [
            worst(self._states[index, pol].status for pol in (0, 1))
            for index in range(len(self.names))
        ]

    def records(self) -> list[dict[str, Any]]:
        """Return one record per antpol: index, antenna, pol, status, reasons."""
        return [
            {
                "index": index,
                "antenna": self.names[index],
                "pol": POLARIZATIONS[pol],
                "status": state.status,
                "reasons": list(state.reasons),
            }
            for (index, pol), state in self._states.items()
        ]


def antpol_of(record: Mapping[str, Any]) -> tuple[int, int]:
    """Return (antenna, polarization) of a record: correlator number, 0 for X and 1 for Y."""
    return record["index"], POLARIZATIONS.index(record["pol"])
