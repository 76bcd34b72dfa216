"""How long a calibration stays valid: change of gains and phases with the time between nights.

If the tables of one night are used in another, the beam adds each antenna with the ratio
r = G_new / G_old. A change common to the array does not matter and is removed. The power of
the beam towards a source, relative to that with perfect tables at the same noise, is

    |sum r|^2 / (N sum |r|^2),

and the loss is one minus that. For pure phase errors of rms sigma the loss is 1 - exp(-sigma^2)
(Ruze 1966, Proc. IEEE 54, 633, for surface errors of a reflector; the sum over antennas is the
same).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lwacal.nights.time_series import UNKNOWN, Series, align_phases
from lwacal.telescope.antpol_states import BAD, RANK

EDGES_DAYS = (0.0, 0.05, 0.15, 0.5, 1.5, 3.5, 7.5, 15.5, 31.0, 62.0, 125.0, 250.0, 500.0, 1e4)
FEWEST_ANTENNAS = 5
MOST_PAIRS = 60_000  # of observations; of more pairs, an even selection is compared
PERCENTILES = (10, 50, 90)
ROW = ("sky", "from_days", "to_days", "median_days", "pairs", "quantity", "p10", "p50", "p90")
QUANTITIES = ("phase_rms_deg", "gain_rms_db", "coherence_loss")


@dataclass(frozen=True)
class Pairs:
    """Pairs of observations: separation in days and sidereal hours, and differences; (pair,)."""

    days: np.ndarray
    lst_apart_h: np.ndarray
    phase_rms_deg: np.ndarray
    gain_rms_db: np.ndarray
    coherence_loss: np.ndarray


def compare(series: Series) -> Pairs:
    """Compare pairs of observations by the antpols that are not bad in either."""
    usable = (series.status != RANK[BAD]) & (series.status != UNKNOWN)
    gain = np.where(usable, series.values["gain_db"], np.nan).astype(np.float32)
    phase = np.radians(np.where(usable, align_phases(series.values["phase_deg"]), np.nan))
    first, second = _chosen(len(series.observations))
    rows = [_differences(gain, phase, a, np.sort(second[first == a])) for a in np.unique(first)]
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    values = np.concatenate(rows, axis=1) if rows else np.empty((3, 0))
    apart = np.abs(series.lst_hours[second] - series.lst_hours[first])
    return Pairs(series.days[second] - series.days[first], np.minimum(apart, 24 - apart), *values)


def _chosen(number: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.triu_indices(number, 1)
    step = max(1, -(-len(first) // MOST_PAIRS))
    return first[::step], second[::step]


def _differences(gain: np.ndarray, phase: np.ndarray, one: int, others: np.ndarray) -> np.ndarray:
    """Return rms phase (deg), rms gain (dB) and loss, (3, pair), between a night and others.

    Mean of X and Y; NaN where too few antennas are in both.
    """
    found = []
    for pol in (0, 1):
        change_db = gain[:, pol, others] - gain[:, pol, one, None]
        turn = phase[:, pol, others] - phase[:, pol, one, None]
        known = np.isfinite(change_db) & np.isfinite(turn)
        count = known.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.where(known, change_db, 0).sum(axis=0) / count
            change_db = np.where(known, change_db - level, 0)
            phasor = np.where(known, np.exp(1j * np.nan_to_num(turn)), 0)
            mean = phasor.sum(axis=0)
            rest = np.where(known, np.angle(phasor * (mean / np.abs(mean)).conj()), 0)
            ratio = phasor * 10 ** (change_db / 20)
            sums = np.abs(ratio.sum(axis=0)) ** 2 / (count * (np.abs(ratio) ** 2).sum(axis=0))
            values = np.stack(
                [
                    np.degrees(np.sqrt((rest**2).sum(axis=0) / count)),
                    np.sqrt((change_db**2).sum(axis=0) / count),
                    1 - sums,
                ]
            )
        found.append(np.where(count >= FEWEST_ANTENNAS, values, np.nan))
    return np.mean(found, axis=0)


def curve(pairs: Pairs, same_lst_h: float) -> list[dict[str, Any]]:
    """Return the rows of the table validity: percentiles by separation in days.

    ``sky`` is "same" for pairs at most ``same_lst_h`` apart in sidereal time, else "other": if the
    latter differ more, the cause is the sky model and the beam, not age.
    """
    rows = []
    same = pairs.lst_apart_h <= same_lst_h
    for sky, chosen in (("same", same), ("other", ~same)):
        for low, high in pairwise(EDGES_DAYS):
            within = chosen & (pairs.days > low) & (pairs.days <= high)
            within &= np.isfinite(pairs.phase_rms_deg)
            if not within.any():
                continue
            for quantity in QUANTITIES:
                values = np.percentile(getattr(pairs, quantity)[within], PERCENTILES)
                rows.append(
                    dict(
                        zip(
                            ROW,
                            (
                                sky,
                                low,
                                high,
                                float(np.median(pairs.days[within])),
                                int(within.sum()),
                                quantity,
                                *map(float, values),
                            ),
                        )
                    )
                )
    return rows


def valid_days(rows: Sequence[Mapping[str, Any]], max_loss: float) -> tuple[float | None, str]:
    """Return after how many days the loss crosses a limit, and the reason in words.

    Uses the median loss of pairs at similar sidereal times, interpolated linearly from zero loss
    at zero separation. None if there are no such pairs or none exceeds the limit: the data then
    give no upper limit on the validity.
    """
    losses = [row for row in rows if row["sky"] == "same" and row["quantity"] == "coherence_loss"]
    if not losses:
        return None, "there are no two observations at similar sidereal times yet"
    days, loss = 0.0, 0.0
    for row in sorted(losses, key=lambda row: row["from_days"]):
        if row["p50"] > max_loss:
            share = max(max_loss - loss, 0.0) / (row["p50"] - loss)
            return days + share * (row["median_days"] - days), (
                f"observations {row['median_days']:.2g} days apart lose {100 * row['p50']:.1f} % of"
                f" the beam power (limit {100 * max_loss:g} %)"
            )
        days, loss = row["median_days"], row["p50"]
    return None, (
        f"observations up to {days:.2g} days apart, the longest interval so far, lose at most"
        f" {100 * max(row['p50'] for row in losses):.1f} % of the beam power"
    )
