"""Chooses the reference antenna: the one whose phase is zero in all solutions.

It must be healthy, and the same for all sub-bands. The order of preference is found once, before
anything is solved (reference.json). A solver uses the first antenna of that order that has enough
solutions and has not turned out to be bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lwacal.io.solutions import NO_ANTENNA
from lwacal.records.flags import FlagsRecord
from lwacal.records.health import HealthRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.records.reference import ReferenceRecord
from lwacal.telescope.antennas import AntennaNames, UnknownAntennaError
from lwacal.telescope.antpol_states import BAD, RANK, SUSPECT, AntpolStates

MOST_FOR_CASA = 10  # candidates given to CASA, which takes the first that has data
FEWEST_SOLUTIONS = 0.5  # fraction of the solutions of the best-solved antenna, to be the reference


@dataclass(frozen=True)
class ReferenceOrder:
    """Antennas (correlator numbers) in the order in which they are preferred as reference."""

    antennas: tuple[int, ...]

    @classmethod
    def of(cls, record: ReferenceRecord) -> ReferenceOrder:
        """Return the order in reference.json."""
        return cls(tuple(record["order"]))

    @property
    def first(self) -> int:
        """The antenna that is preferred to all others."""
        return self.antennas[0]

    def without(self, bad: np.ndarray) -> ReferenceOrder:
        """Return the order of the antennas that are not ``bad`` (antenna,) bool."""
        return ReferenceOrder(tuple(index for index in self.antennas if not bad[index]))

    def casa_refant(self) -> str:
        """Return the parameter refant of CASA's tasks, which take the first that has data."""
        return ",".join(map(str, self.antennas[:MOST_FOR_CASA]))

    def with_solutions(self, flag: np.ndarray) -> int:
        """Return the antenna that solutions are referred to; ``flag`` (antenna, channel, 2).

        The first with at least half as many solutions as the best-solved antenna, or else that one.
        NO_ANTENNA if all are flagged.
        """
        solved = (~flag).sum(axis=(1, 2))
        if not solved.any():
            return NO_ANTENNA
        enough = FEWEST_SOLUTIONS * solved.max()
        good = (index for index in self.antennas if solved[index] >= enough)
        return next(good, most_solved(flag))


def most_solved(flag: np.ndarray) -> int:
    """Return the antenna with the most solutions; ``flag`` (antenna, channel, 2)."""
    return int((~flag).sum(axis=(1, 2)).argmax())


def choose(
    manifest: ManifestRecord,
    health: HealthRecord,
    flags: Sequence[FlagsRecord],
    configured: Sequence[str],
    max_flagged: float,
) -> ReferenceRecord:
    """Return reference.json: the antenna, why it was chosen, and all antennas in order.

    ``flags`` are the summaries of all sub-bands. Healthy antennas come before suspect ones and
    those that have lost ``max_flagged`` more of their data than the median antenna, bad ones last;
    among equals the configured ones come first, in their order, then the others from the middle of
    the array outwards.
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
        "index": order[0],
        "antenna": names.names[order[0]],
        "healthy": worst[order[0]] < RANK[BAD],
        "why": _why(order[0], wanted, worst),
        "unknown": unknown,
        "excess_flagged": float(lost[order[0]]),
        "order": order,
    }


def excess_flagged(flags: Sequence[FlagsRecord], n_antennas: int) -> np.ndarray:
    """Return the flagged fraction of each antenna minus that of the median antenna, (antenna,).

    Means over sub-bands; those without data are left out.
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
        return "no antenna is healthy; this one is nearest to the centre of the array"
    if best not in wanted:
        return (
            "none of bandpass.reference_antennas is present and healthy; this one is nearest to"
            " the centre"
        )
    if best == wanted[0]:
        return "the first healthy antenna of bandpass.reference_antennas"
    return "earlier ones in bandpass.reference_antennas are less healthy or have more data flagged"
