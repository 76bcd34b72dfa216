"""The state of each antenna-polarization (antpol) in qa.json, from the findings of all stages.

Findings come from health.json (database, lists, autocorrelations), from the bandpass solutions,
from the delays and from the flags of the data. lwacal.telescope.antpol_states joins them.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from lwacal.records.antpol import Reason
from lwacal.records.delay import DelayRecord
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.quality import Antpol
from lwacal.records.solution_flags import SolutionFlagsRecord
from lwacal.telescope.antpol_states import (
    GOOD,
    ODD_SPECTRUM,
    STRONG,
    SUSPECT,
    WEAK,
    AntpolState,
    AntpolStates,
    antpol_of,
    reason_of,
    worst,
)

Record = Mapping[str, Any]
USUAL_GAIN_DB = 5.0  # half of what the limits of the power are: such a gain is not weak or strong
FEWEST_ANTENNAS = 3  # to say how much is usually flagged


def combine(
    names: Sequence[str],
    health: HealthRecord,
    solutions: SolutionFlagsRecord,
    delay: DelayRecord,
    flags: Mapping[str, FlagsRecord],
    delay_limit_ns: float,
    excess_limit: float | None,
) -> list[Antpol]:
    """Return the antenna records of qa.json, X and Y of each antenna in correlator order.

    ``names`` are the antennas of the manifest; an antenna that a record leaves out is not judged
    by that record. ``flags`` are the summaries by sub-band. A delay is compared with
    ``delay_limit_ns`` unless it is flagged; ``excess_limit`` as `of_flags` takes it.
    """
    states = AntpolStates(names)
    solved, delays = _by_antpol(solutions, states), _by_antpol(delay, states)
    for antpol, record in _by_antpol(health, states).items():
        states.join(*antpol, of_health(record, solved.get(antpol, {})))
    for antpol, record in solved.items():
        states.join(*antpol, of_solutions(record, listed=bool(states[antpol].reasons)))
    for antpol, record in delays.items():
        states.join(*antpol, of_delay(record, delay_limit_ns))
    for antpol, state in of_flags(states, flags, excess_limit).items():
        states.join(*antpol, state)
    found: list[Antpol] = []
    for record in states.records():
        antpol = antpol_of(record)
        state = _named(states[antpol])
        solution, delayed = solved.get(antpol, {}), delays.get(antpol, {})
        delayed = {} if delayed.get("flagged") else delayed
        found.append(
            {
                "index": record["index"],
                "antenna": record["antenna"],
                "pol": record["pol"],
                "status": record["status"],
                "reasons": [word for word in get_args(Reason) if word in state.reasons],
                "evidence": list(state.evidence),
                "gain_db": solution.get("gain_db"),
                "delay_ns": delayed.get("delay_ns"),
                "delay_difference_ns": delayed.get("difference_ns"),
                "phase_deg": delayed.get("phase_deg"),
                "flagged_fraction": solution.get("flagged_fraction"),
            }
        )
    return found


def _by_antpol(product: Mapping[str, Any], states: AntpolStates) -> dict[tuple[int, int], Record]:
    """Return the antenna records of a product by antpol, of those that the array has."""
    found = {antpol_of(record): record for record in product.get("antennas", [])}
    return {antpol: record for antpol, record in found.items() if antpol in states}


def of_health(record: Record, solved: Record) -> AntpolState:
    """Return what a record of health.json says, in the light of the solution of the same antpol.

    Power is gain or noise: if the gain is usual, it is neither weak nor strong. Much power is noise
    then, which the solutions show; if they do not tell the noise, the power does. An odd spectrum
    has no reason of its own (see `_named`); it is none if the gain has the same.
    """
    evidence, status = list(record["reasons"]), record["status"]
    if ODD_SPECTRUM in evidence and solved.get("power_follows_gain"):
        evidence.remove(ODD_SPECTRUM)
    findings = list(evidence)
    gain_db = solved.get("gain_db")
    if gain_db is not None and abs(gain_db) <= USUAL_GAIN_DB:
        findings = [finding for finding in findings if finding not in (WEAK, STRONG)]
        if STRONG in evidence and solved.get("noise_ratio") is None:
            findings.append("noisy")
    if record["reasons"] and not findings:
        status = GOOD
    reasons = [reason_of(finding) for finding in findings if finding != ODD_SPECTRUM]
    return AntpolState(status, tuple(reasons), tuple(evidence))


def of_solutions(record: Record, listed: bool) -> AntpolState:
    """Return what a record of bandpass_flags.json says.

    The reason health_list is left out if it only repeats what health.json says (``listed``).
    """
    reasons = [word for word in record["reasons"] if not (listed and word == "health_list")]
    return AntpolState(
        record["status"], tuple(reasons), tuple(f"solutions:{word}" for word in reasons)
    )


def of_delay(record: Record, limit_ns: float) -> AntpolState:
    """Return what a record of delay.json says: a delay far from the reference is suspect."""
    difference = None if record.get("flagged") else record.get("difference_ns")
    if difference is None or abs(difference) <= limit_ns:
        return AntpolState()
    evidence = f"delay:{difference:+.0f} ns from the reference"
    return AntpolState(SUSPECT, ("delay_offset",), (evidence,))


def of_flags(
    states: AntpolStates, flags: Mapping[str, FlagsRecord], excess_limit: float | None
) -> dict[tuple[int, int], AntpolState]:
    """Return which antpols are suspect because far more of their data are flagged than of others.

    Only antennas that are good otherwise, or have nothing but an odd spectrum, are looked at:
    interference explains that. The excess is (f - m) / (1 - m), where f is the antenna's flagged
    fraction, averaged over sub-bands, and m the median of these antennas. None of them is suspect
    without a limit, or if they are fewer than FEWEST_ANTENNAS.
    """
    fractions = {}
    for index in range(len(states.names)):
        both = [states[index, pol] for pol in (0, 1)]
        fraction = _flagged_fraction(flags, index)
        if fraction is not None and worst(s.status for s in both if not _only_odd(s)) == GOOD:
            fractions[index] = fraction
    if len(fractions) < FEWEST_ANTENNAS or excess_limit is None:
        return {}
    middle = statistics.median(fractions.values())
    return {
        (index, pol): AntpolState(
            SUSPECT, ("rfi",), (f"data:{fraction:.0%} flagged, others {middle:.0%}",)
        )
        for index, fraction in fractions.items()
        for pol in (0, 1)
        if middle < 1 and (fraction - middle) / (1 - middle) >= excess_limit
    }


def _flagged_fraction(flags: Mapping[str, FlagsRecord], index: int) -> float | None:
    """Return the mean over sub-bands of the flagged fraction of an antenna's data."""
    fractions = [band["antenna_fraction"][index] for band in flags.values()]
    known = [fraction for fraction in fractions if fraction is not None]
    return statistics.fmean(known) if known else None


def _only_odd(state: AntpolState) -> bool:
    """Return whether all that is known against an antpol is its odd spectrum."""
    return state.evidence == (ODD_SPECTRUM,)


def _named(state: AntpolState) -> AntpolState:
    """Return a state whose odd spectrum is called noisy if no other reason explains it."""
    if ODD_SPECTRUM in state.evidence and not state.reasons:
        return replace(state, reasons=(reason_of(ODD_SPECTRUM),))
    return state
