"""What became of each antenna from night to night, for the page of the nights to explore."""

from __future__ import annotations

from typing import Any

import numpy as np

from lwacal.antenna_status import POLARIZATIONS, RANK
from lwacal.packed import pack
from lwacal.plots.nights import Nights

VALUES = ("gain_db", "delay_ns", "delay_difference_ns")
UNKNOWN = 255  # status of an antenna that an observation does not know


def histories(nights: Nights) -> dict[str, Any]:
    """Return the observations in order of time, the antennas by name, and arrays for the page.

    The arrays have the axes (antenna, polarization, observation): ``status``, a place in
    ``statuses``, and the gain (dB of the typical antenna), the delay and its difference from the
    reference (ns), NaN where not known.
    """
    names = sorted({row["antenna"] for row in nights.antennas})
    place = {name: k for k, name in enumerate(names)}
    shape = (len(names), len(POLARIZATIONS), len(nights.observations))
    status = np.full(shape, UNKNOWN, np.uint8)
    values = {name: np.full(shape, np.nan, np.float32) for name in VALUES}
    for row in nights.antennas:
        at = (place[row["antenna"]], POLARIZATIONS.index(row["pol"]),
              nights.place[row["observation"]])
        status[at] = RANK[row["status"]]
        for name, array in values.items():
            array[at] = np.nan if row[name] is None else row[name]
    return {
        "observations": [{key: row[key] for key in ("id", "folder", "mid_utc", "verdict")}
                         for row in nights.observations],
        "antennas": names,
        "statuses": sorted(RANK, key=RANK.get),
        "status": pack(status),
        **{name: pack(array) for name, array in values.items()},
    }
