"""History of each antenna over the nights, for the interactive plots."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.nights.history import Nights
from lwacal.records import files
from lwacal.records.quality import QualityRecord
from lwacal.report.array_encoding import pack
from lwacal.telescope.antpol_states import RANK, STATUSES
from lwacal.telescope.correlations import POLARIZATIONS

logger = logging.getLogger(__name__)

VALUES = ("gain_db", "delay_ns", "delay_difference_ns")
MOST_NIGHTS = 30  # in a report: 352 antennas take 0.3 MB; trends.html has all nights
UNKNOWN = 255  # status of an antenna that is not in the observation


def until(qa: QualityRecord, others: Iterable[Path]) -> Nights:
    """Return the last MOST_NIGHTS nights up to and including that of ``qa``.

    ``others`` are the qa.json of other observations. Unreadable files are left out and logged.
    """
    seen = {qa["observation"]["id"]: ("", qa)}
    for path in others:
        try:
            other = files.read(QualityRecord, path)
        except (OSError, ValueError) as error:
            logger.warning(f"{path} is left out of the history: {type(error).__name__}: {error}")
            continue
        if other["observation"]["mid_utc"] <= qa["observation"]["mid_utc"]:
            seen.setdefault(other["observation"]["id"], (path.parent.name, other))
    ordered = sorted(seen.items(), key=lambda item: (item[1][1]["observation"]["mid_utc"], item[0]))
    chosen = ordered[-MOST_NIGHTS:]
    return Nights(
        observations=[
            {
                "id": name,
                "folder": folder,
                "mid_utc": record["observation"]["mid_utc"],
                "verdict": record["verdict"],
            }
            for name, (folder, record) in chosen
        ],
        antennas=[
            {**dict.fromkeys(VALUES), **row, "observation": name}
            for name, (_, record) in chosen
            for row in record["antennas"]
        ],
        metrics=[],
        bands=[],
        calibrators=[],
    )


def histories(nights: Nights) -> dict[str, Any]:
    """Return the observations in order of time, the antennas by name, and arrays for the page.

    The arrays have the axes (antenna, polarization, observation): ``status`` (an index into
    ``statuses``), the gain (dB relative to the typical antenna), the delay and its difference from
    the reference (ns); NaN where unknown.
    """
    names = sorted({row["antenna"] for row in nights.antennas})
    place = {name: k for k, name in enumerate(names)}
    shape = (len(names), len(POLARIZATIONS), len(nights.observations))
    status = np.full(shape, UNKNOWN, np.uint8)
    values = {name: np.full(shape, np.nan, np.float32) for name in VALUES}
    for row in nights.antennas:
        at = (
            place[row["antenna"]],
            POLARIZATIONS.index(row["pol"]),
            nights.place[row["observation"]],
        )
        status[at] = RANK[row["status"]]
        for name, array in values.items():
            array[at] = np.nan if row[name] is None else row[name]
    return {
        "observations": [
            {key: row[key] for key in ("id", "folder", "mid_utc", "verdict")}
            for row in nights.observations
        ],
        "antennas": names,
        "statuses": list(STATUSES),
        "status": pack(status),
        **{name: pack(array) for name, array in values.items()},
    }
