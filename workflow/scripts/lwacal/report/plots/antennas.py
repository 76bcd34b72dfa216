"""Figures of the antennas' status: by board and on the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from lwacal.report.plots import labels, style
from lwacal.telescope import geometry
from lwacal.telescope.antpol_states import BAD, GOOD, RANK, REASONS, STATUSES, worst
from lwacal.telescope.boards import ANTENNAS_PER_BOARD
from lwacal.telescope.correlations import POLARIZATIONS

MAP_LABELS = 20

Record = Mapping[str, Any]


def board(antennas: Sequence[Record]) -> Figure:
    """Draw every antpol, one row per SNAP2 board, coloured by status, with the first reason."""
    if not antennas:
        raise style.NothingToPlotError("the manifest lists no antennas")
    n_antennas = max(record["index"] for record in antennas) + 1
    columns = min(ANTENNAS_PER_BOARD, n_antennas)
    boards = -(-n_antennas // ANTENNAS_PER_BOARD)
    cell_in = (style.WIDTH_IN - 0.55) / ANTENNAS_PER_BOARD
    width_in = style.WIDTH_IN if columns > 14 else max(3.6, 0.55 + columns * 2 * cell_in)
    figure = style.new(0.45 + boards * 0.62, width_in)
    axes = figure.add_subplot()
    for record in antennas:
        _draw_signal(axes, record)
    axes.set(xlim=(-0.1, columns + 0.1), ylim=(boards * 3.2, -0.9))
    axes.set_yticks([3.2 * k + 1 for k in range(boards)], [f"SNAP2 {k + 1}" for k in range(boards)])
    axes.set_xticks([])
    axes.tick_params(length=0, pad=9)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    _legend(figure, antennas)
    return figure


def _draw_signal(axes: Axes, record: Record) -> None:
    column, row = (
        record["index"] % ANTENNAS_PER_BOARD,
        3.2 * (record["index"] // ANTENNAS_PER_BOARD),
    )
    pol = POLARIZATIONS.index(record["pol"])
    axes.add_patch(
        Rectangle(
            (column + 0.04, row + pol), 0.92, 0.94, lw=0, fc=style.STATUS_COLOURS[record["status"]]
        )
    )
    if record["reasons"]:
        axes.text(
            column + 0.5,
            row + pol + 0.5,
            REASONS[record["reasons"][0]].letter,
            ha="center",
            va="center",
            fontsize=7,
            weight="bold",
            color=style.STATUS_TEXT_COLOURS[record["status"]],
        )
    if column == 0:
        axes.text(
            -0.15,
            row + pol + 0.5,
            record["pol"],
            ha="right",
            va="center",
            fontsize=style.SMALLEST_PT,
            color=style.QUIET,
        )
    if pol == 0:
        axes.text(
            column + 0.5,
            row - 0.08,
            style.short_name(record["antenna"]),
            ha="center",
            va="bottom",
            fontsize=style.SMALLEST_PT,
            color="#444444",
        )


def _legend(figure: Figure, antennas: Sequence[Record]) -> None:
    """Explain colours and letters, with the number of antpols for each."""
    count = Counter(record["status"] for record in antennas)
    reasons = Counter(record["reasons"][0] for record in antennas if record["reasons"])
    handles: list[Patch | Line2D] = [
        Patch(color=style.STATUS_COLOURS[s], label=f"{s} ({count[s]})") for s in STATUSES
    ]
    handles += [
        Line2D(
            [],
            [],
            ls="",
            marker=rf"$\mathbf{{{REASONS[reason].letter}}}$",
            mew=0.2,
            color="#222222",
            ms=5,
            label=f"{reason.replace('_', ' ')} ({reasons[reason]})",
        )
        for reason in REASONS
        if reason in reasons
    ]
    per_row = max(2, int(figure.get_figwidth() / 1.35))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(per_row, len(handles)),
        columnspacing=1.2,
        handletextpad=0.4,
    )


def array_map(antennas: Sequence[Record], positions_m: np.ndarray, reference: str) -> Figure:
    """Draw the antenna positions; the left half of each marker is X, the right half Y.

    ``positions_m`` (antenna, 3), ITRF. If the array is much larger than its core, the core gets a
    panel of its own.
    """
    if len(positions_m) == 0:
        raise style.NothingToPlotError("the manifest lists no antennas")
    plane = geometry.local_enu_m(positions_m)[:, :2]
    plane = plane - np.median(plane, axis=0)
    distance = np.hypot(*plane.T)
    core = 1.25 * np.percentile(distance, 60)
    panels = 2 if len(plane) > 12 and distance.max() > 2 * core else 1
    figure = style.new(3.6, style.WIDTH_IN if panels == 2 else 4.2)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    reach = 1.08 * max(np.abs(plane).max(), 1.0)
    inside = [_draw_map(axes[0], antennas, plane, reference, reach)]
    axes[0].set_title("all antennas")
    if panels == 2:
        axes[0].add_patch(
            Rectangle((-core, -core), 2 * core, 2 * core, fill=False, lw=0.7, ec=style.QUIET)
        )
        inside.append(_draw_map(axes[1], antennas, plane, reference, core))
        axes[1].set_title("inside the square")
    _map_legend(figure)
    figure.draw_without_rendering()  # fixes the layout, so that positions on the page are known
    for number, (panel, indices) in enumerate(zip(axes, inside)):
        named_from = core if panels == 2 and number == 0 else 0.0
        _name_bad(panel, antennas, plane, indices, named_from)
    return figure


def _draw_map(
    axes: Axes, antennas: Sequence[Record], plane: np.ndarray, reference: str, half_m: float
) -> list[int]:
    """Draw the antennas inside a square and return their correlator numbers."""
    statuses: dict[int, dict[str, str]] = {}
    names: dict[int, str] = {}
    for record in antennas:
        statuses.setdefault(record["index"], {})[record["pol"]] = record["status"]
        names[record["index"]] = record["antenna"]
    inside = [i for i in statuses if np.abs(plane[i]).max() <= half_m]
    for index in sorted(inside, key=lambda i: RANK[worst(statuses[i].values())]):
        left, right = (style.STATUS_COLOURS[statuses[index].get(p, GOOD)] for p in POLARIZATIONS)
        axes.plot(
            *plane[index],
            marker="o",
            ms=5,
            mew=0.3,
            mec="#333333",
            fillstyle="left",
            mfc=left,
            markerfacecoloralt=right,
            ls="",
        )
    for index in inside:
        if names[index] == reference:
            axes.plot(*plane[index], marker="s", ms=9, mfc="none", mec="#0072B2", mew=1.2)
    axes.set(
        xlim=(-half_m, half_m),
        ylim=(-half_m, half_m),
        aspect="equal",
        xlabel="east of the centre (m)",
        ylabel="north of the centre (m)",
    )
    return inside


def _name_bad(
    axes: Axes,
    antennas: Sequence[Record],
    plane: np.ndarray,
    inside: Sequence[int],
    named_from_m: float,
) -> None:
    """Label bad antennas beyond a distance where there is room, outermost first."""
    names = {r["index"]: style.short_name(r["antenna"]) for r in antennas if r["status"] == BAD}
    marked = [i for i in inside if i in names and np.abs(plane[i]).max() >= named_from_m]
    outermost = sorted(marked, key=lambda i: -np.hypot(*plane[i]))
    if outermost:
        labels.name_points(
            axes, plane[outermost], [names[i] for i in outermost], plane[list(inside)], MAP_LABELS
        )


def _map_legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], ls="", marker="o", ms=5, mfc=colour, mec="#333333", mew=0.3, label=status)
        for status, colour in style.STATUS_COLOURS.items()
    ]
    handles.append(
        Line2D(
            [],
            [],
            ls="",
            marker="s",
            ms=7,
            mfc="none",
            mec="#0072B2",
            mew=1.2,
            label="reference antenna",
        )
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
