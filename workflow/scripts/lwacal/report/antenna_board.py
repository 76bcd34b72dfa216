"""Antennas as the HTML report draws them: cells of the board, dots on the map, and their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lwacal.report.plots import style
from lwacal.telescope import geometry
from lwacal.telescope.antpol_states import RANK, REASONS
from lwacal.telescope.boards import ANTENNAS_PER_BOARD, board_of
from lwacal.telescope.correlations import POLARIZATIONS

CELL, ROW, LEFT = 34, 62, 74  # cell width, row height, left margin of the board, in SVG units
HALF_MAP = 250  # half the side of a map in SVG units

Record = Mapping[str, Any]


def antennas(qa_antennas: Sequence[Record], delays: Sequence[Record]) -> list[dict[str, Any]]:
    """Return the data of each antenna and its antpols X and Y, in correlator order.

    ``qa_antennas`` are the records of qa.json, ``delays`` those of delay.json, flagged or not.
    """
    by_signal = {(record["index"], record["pol"]): record for record in delays}
    found: dict[int, dict[str, Any]] = {}
    for record in qa_antennas:
        index = record["index"]
        antenna = found.setdefault(
            index,
            {"index": index, "name": record["antenna"], "board": board_of(index), "signals": {}},
        )
        antenna["signals"][record["pol"]] = _signal(
            record, by_signal.get((index, record["pol"]), {})
        )
    return [found[index] for index in sorted(found)]


def _signal(record: Record, delay: Record) -> dict[str, Any]:
    return {
        "status": record["status"],
        "letter": REASONS[record["reasons"][0]].letter if record["reasons"] else "",
        "reasons": [REASONS[reason].words for reason in record["reasons"]],
        "evidence": record["evidence"],
        "gain_db": _rounded(record["gain_db"]),
        "flagged_fraction": _rounded(record["flagged_fraction"], 4),
        "delay_ns": _rounded(delay.get("delay_ns")),
        "delay_err_ns": _rounded(delay.get("delay_err_ns")),
        "reference_ns": _rounded(delay.get("reference_ns")),
        "difference_ns": _rounded(delay.get("difference_ns")),
        "delay_flagged": bool(delay.get("flagged", False)),
    }


def _rounded(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(float(value), digits)


def in_words(antenna: Record) -> str:
    """Return one line with the antenna's name and the status of its antpols."""
    states = []
    for pol in POLARIZATIONS:
        signal = antenna["signals"].get(pol)
        if signal:
            reasons = f" ({'; '.join(signal['reasons'])})" if signal["reasons"] else ""
            states.append(f"{pol} {signal['status']}{reasons}")
    return f"{antenna['name']}, board {antenna['board']}: {', '.join(states)}"


def board(listed: Sequence[Record]) -> dict[str, Any]:
    """Return the drawing of the boards: its size, row labels, and the position of each antenna."""
    last = max((antenna["index"] for antenna in listed), default=-1)
    rows = -(-(last + 1) // ANTENNAS_PER_BOARD)
    cells = [
        {
            "antenna": antenna,
            "words": in_words(antenna),
            "short": style.short_name(antenna["name"]),
            "x": LEFT + CELL * (antenna["index"] % ANTENNAS_PER_BOARD),
            "y": ROW * (antenna["index"] // ANTENNAS_PER_BOARD),
        }
        for antenna in listed
    ]
    columns = min(last + 1, ANTENNAS_PER_BOARD)
    return {
        "width": LEFT + CELL * columns,
        "height": ROW * rows,
        "cells": cells,
        "rows": [{"name": f"board {k + 1}", "y": ROW * k} for k in range(rows)],
    }


def maps(listed: Sequence[Record], positions_m: np.ndarray) -> list[dict[str, Any]]:
    """Return the maps of the array: all antennas, and the core if it is much smaller.

    ``listed`` are the antennas; bad ones are drawn last, on top. ``positions_m`` (antenna, 3),
    ITRF, by correlator number. Each map has half its side in metres, a scale bar, and x (east) and
    y (south) of the antennas inside it, in SVG units.
    """
    if len(listed) == 0:
        return []
    plane = geometry.local_enu_m(positions_m)[:, :2]
    plane = plane - np.median(plane, axis=0)
    distance = np.hypot(*plane.T)
    core_m = 1.25 * float(np.percentile(distance, 60))
    order = [antenna["index"] for antenna in sorted(listed, key=_worst)]
    whole = _map("all antennas", order, plane, 1.08 * max(float(distance.max()), 1.0))
    if len(plane) <= 12 or distance.max() <= 2 * core_m:
        return [whole]
    whole["inner"] = HALF_MAP * core_m / whole["half_m"]
    return [whole, _map("the core (square in the other map)", order, plane, core_m)]


def _worst(antenna: Record) -> int:
    return max(RANK[signal["status"]] for signal in antenna["signals"].values())


def _map(title: str, order: Sequence[int], plane: np.ndarray, half_m: float) -> dict[str, Any]:
    inside = [index for index in order if np.abs(plane[index]).max() <= half_m]
    scaled = plane * HALF_MAP / half_m
    bar_m = _round_length(half_m / 2)
    return {
        "title": title,
        "half_m": half_m,
        "inner": None,
        "half": HALF_MAP,
        "bar_m": bar_m,
        "bar": round(bar_m * HALF_MAP / half_m, 1),
        "dots": [
            {"index": k, "x": round(float(scaled[k, 0]), 1), "y": round(float(-scaled[k, 1]), 1)}
            for k in inside
        ],
    }


def _round_length(metres: float) -> float:
    power = 10.0 ** np.floor(np.log10(metres))
    return float(max(k for k in (1, 2, 5) if k * power <= metres) * power)
