"""Data for the plots of the trends page: antennas and boards over the nights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lwacal.nights import time_series
from lwacal.nights.history import Record
from lwacal.nights.time_series import UNKNOWN, Series
from lwacal.report import array_encoding
from lwacal.runtime.robust import masked_median
from lwacal.telescope import boards
from lwacal.telescope.antpol_states import BAD, RANK, STATUSES

STEPS = {"gain_db": 0.01, "delay_ns": 0.1, "phase_deg": 0.2}  # quantization: dB, ns, degrees
NOT_KNOWN = -32768
FIRST_NIGHTS = 7  # whose median is the baseline of a board


def build(
    series: Series,
    changes: Sequence[Mapping[str, Any]],
    newest: int,
    observations: Sequence[Record],
) -> dict[str, Any]:
    """Return the records of the page for the ``newest`` observations.

    ``observations`` are these, in order of time. Arrays (antenna, polarization, observation):
    ``status``, an index into ``statuses``; ``gain_db`` (relative to the typical antenna),
    ``delay_ns`` and ``phase_deg`` (change from its median), all comparable from night to night.
    Arrays (board, observation) in ``boards``: medians of the changes; ``bad`` and ``flagged``, the
    percentages of antpols and of their solutions.
    """
    values = time_series.comparable(series)
    rough = np.isnan(values["phase_deg"]) & np.isfinite(series.values["phase_deg"])
    plain = time_series.align_phases(series.values["phase_deg"])
    values["phase_deg"] = np.where(rough, plain, values["phase_deg"])
    middle = masked_median(values["phase_deg"], np.isnan(values["phase_deg"]), axis=2)
    change = values["phase_deg"] - middle[..., None]
    values["phase_deg"] = np.where(rough, time_series.wrapped(change), change)
    shown = slice(max(len(series.observations) - newest, 0), None)
    changed = {
        name: array - of_first_nights(array[..., shown])[..., None]
        for name, array in values.items()
    }
    place = {name: k for k, name in enumerate(series.observations[shown])}
    antenna = {name: k for k, name in enumerate(series.antennas)}
    return {
        "observations": [
            {key: row[key] for key in ("id", "folder", "mid_utc", "verdict", "lst_hours")}
            for row in observations
        ],
        "antennas": list(series.antennas),
        "wiring": [
            _wiring(name, int(number)) for name, number in zip(series.antennas, series.numbers)
        ],
        "statuses": list(STATUSES),
        "status": array_encoding.pack(series.status[..., shown]),
        **{name: pack_rounded(array[..., shown], STEPS[name]) for name, array in values.items()},
        "changes": [
            {
                "night": place[row["observation"]],
                "kind": row["kind"],
                "text": row["message"],
                "antennas": [antenna[name] for name in row["antennas"].split()],
            }
            for row in changes
            if row["observation"] in place
        ],
        "boards": [_of_boards(series, changed, kind, shown) for kind in ("SNAP2", "ARX")],
    }


def of_first_nights(values: np.ndarray) -> np.ndarray:
    """Return the median of each antpol over the first nights in which it has a value."""
    known = np.isfinite(values)
    first = known & (np.cumsum(known, axis=-1) <= FIRST_NIGHTS)
    return masked_median(values, ~first, axis=-1)


def pack_rounded(values: np.ndarray, step: float) -> dict[str, Any]:
    """Return values as 16-bit multiples of a step; unknown values become NOT_KNOWN."""
    known = np.isfinite(values)
    number = np.clip(np.rint(np.where(known, values, 0) / step), -32767, 32767)
    packed_values = array_encoding.pack(np.where(known, number, NOT_KNOWN).astype(np.int16))
    return {**packed_values, "step": step, "unknown": NOT_KNOWN}


def _wiring(name: str, number: int) -> str:
    board = boards.arx(name)
    return boards.snap2(number) + (f", {board}" if board else "")


def _of_boards(
    series: Series, changed: Mapping[str, np.ndarray], kind: str, shown: slice
) -> dict[str, Any]:
    """Return the boards of a kind (SNAP2 or ARX) and their arrays, (board, observation)."""
    names = [
        boards.snap2(int(number)) if kind == "SNAP2" else boards.arx(name)
        for name, number in zip(series.antennas, series.numbers)
    ]
    known = sorted({name for name in names if name}, key=lambda name: int(name.split()[-1]))
    rows: dict[str, list[np.ndarray]] = {name: [] for name in (*changed, "bad", "flagged")}
    for board in known:
        members = np.array([name == board for name in names])
        for quantity, array in changed.items():
            own = array[members].reshape(-1, array.shape[2])[:, shown]
            rows[quantity].append(masked_median(own, np.isnan(own), axis=0))
        status = series.status[members].reshape(-1, series.status.shape[2])[:, shown]
        there = (status != UNKNOWN).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            rows["bad"].append(100 * (status == RANK[BAD]).sum(axis=0) / there)
            own = series.flagged[members].reshape(-1, series.flagged.shape[2])[:, shown]
            rows["flagged"].append(100 * np.nansum(own, axis=0) / np.isfinite(own).sum(axis=0))
    shape = (len(known), len(range(*shown.indices(len(series.observations)))))
    return {
        "kind": kind,
        "names": known,
        **{
            name: pack_rounded(np.array(row).reshape(shape), STEPS.get(name, 0.1))
            for name, row in rows.items()
        },
    }
