"""Gains of antpols without solutions: small, or unknown.

The mean of |G|^2 - error^2 over channels is the square of the gain, without the bias that noise
gives |G|, and far better known than any one channel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lwacal.records.bandpass import BandpassRecord, Unsolved
from lwacal.runtime.robust import masked_median
from lwacal.telescope.correlations import POLARIZATIONS

UNSOLVED = 0.9  # flagged fraction of the channels: the antpol has no solution
FAINT = 0.01  # of the usual |G|^2
CERTAIN = 5.0  # standard deviations


def measure(gain: np.ndarray, error: np.ndarray, flag: np.ndarray) -> list[Unsolved]:
    """Return gain squared over the array's, and its error, of each antpol without solutions.

    ``gain`` and ``error`` (antenna, channel, 2) as solved, before ``flag`` was applied; error is
    infinite where nothing is known.
    """
    usual = masked_median(np.abs(gain), flag, axis=0)
    with np.errstate(invalid="ignore"):
        power = (np.abs(gain) ** 2 - error**2) / usual**2
        noise = (error / usual) ** 2
    records: list[Unsolved] = []
    for antenna, pol in np.argwhere(flag.mean(axis=1) > UNSOLVED):
        known = np.isfinite(power[antenna, :, pol])
        if known.any():
            records.append(
                {
                    "index": int(antenna),
                    "pol": POLARIZATIONS[pol],
                    "power": float(power[antenna, known, pol].mean()),
                    "power_err": float(
                        np.sqrt((noise[antenna, known, pol] ** 2).sum()) / known.sum()
                    ),
                }
            )
    return records


def reason(summaries: Sequence[BandpassRecord], index: int, pol: str) -> str:
    """Return the reason, as in qa.json, for an antpol without solutions, from all sub-bands.

    A gain below a tenth of the usual is weak if it is seen at all, and dead if not; where it may as
    well be usual nothing is known but that there is no solution.
    """
    found = [
        record
        for summary in summaries
        for record in summary.get("without_solutions", [])
        if (record["index"], record["pol"]) == (index, pol)
    ]
    if not found:
        return "solver_failed"
    power = np.mean([record["power"] for record in found])
    error = np.sqrt(np.sum([record["power_err"] ** 2 for record in found])) / len(found)
    if power + CERTAIN * error > FAINT:
        return "solver_failed"
    return "weak_gain" if power > CERTAIN * error else "dead"
