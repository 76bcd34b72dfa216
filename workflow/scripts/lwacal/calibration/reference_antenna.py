"""Chooses the reference antenna: all sub-bands must use the same, and it must be healthy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lwacal.telescope.antennas import AntennaNames, UnknownAntennaError
from lwacal.telescope.antpol_states import BAD, RANK, SUSPECT, AntpolStates


def choose(
    manifest: dict[str, Any],
    health: dict[str, Any],
    flags: Sequence[dict[str, Any]],
    configured: Sequence[str],
    max_flagged: float,
) -> dict[str, Any]:
    """Return reference.json: the antenna, why it was chosen, and all others in order.

    ``flags`` are the summaries of all sub-bands. Healthy antennas come before suspect ones and
    those that have lost ``max_flagged`` more of their data than the median antenna, bad ones last;
    among equals the configured ones come first, in their order, then the others from the middle of
    the array outwards. A solver that finds the first unusable takes the next.
    """
    names = AntennaNames(manifest["antennas"]["names"])
    positions_m = np.array(manifest["antennas"]["positions_m"]).reshape(-1, 3)
    wanted, unknown = _find(names, configured)
    states = AntpolStates.of_records(health["antennas"], names.names)
    worst = [RANK[status] for status in states.of_antennas()]
    lost = excess_flagged(flags, len(names.names))
    for index in np.flatnonzero(lost > max_flagged):
        worst[index] = max(worst[index], RANK[SUSPECT])
    distance = np.linalg.norm(positions_m - np.median(positions_m, axis=0), axis=1)

    def preference(index: int) -> tuple[int, int, float]:
        place = wanted.index(index) if index in wanted else len(wanted)
        return worst[index], place, float(distance[index])

    order = sorted(range(len(names.names)), key=preference)
    return {
        "schema": 1,
        "index": order[0],
        "antenna": names.names[order[0]],
        "healthy": worst[order[0]] < RANK[BAD],
        "why": _why(order[0], wanted, worst),
        "unknown": unknown,
        "excess_flagged": float(lost[order[0]]),
        "order": order,
    }


def excess_flagged(flags: Sequence[dict[str, Any]], n_antennas: int) -> np.ndarray:
    """Return how much more of its data an antenna has lost than the median one, (antenna,).

    Means over sub-bands; what has no data is left out.
    """
    found = np.ma.masked_invalid(
        np.array([summary["antenna_fraction"] for summary in flags], float).reshape(-1, n_antennas)
    )
    fraction = found.mean(axis=0)
    return np.ma.filled(fraction - np.ma.median(fraction), 0.0)


def _find(names: AntennaNames, configured: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the configured antennas that the array has, and the names it does not have."""
    wanted, unknown = [], []
    for name in configured:
        try:
            wanted.append(names.find(name)[0])
        except UnknownAntennaError:
            unknown.append(str(name))
    return wanted, unknown


def _why(best: int, wanted: Sequence[int], worst: Sequence[int]) -> str:
    if worst[best] == RANK[BAD]:
        return "no antenna is healthy; this one is nearest to the middle"
    if best not in wanted:
        return "none of bandpass.reference_antennas is here and healthy; nearest to the middle"
    if best == wanted[0]:
        return "the first of bandpass.reference_antennas that this array has, and healthy"
    return "those before it in bandpass.reference_antennas are less healthy or have lost more data"
