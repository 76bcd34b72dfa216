"""One page per SNAP2 board: gain amplitude and phase of each of its antennas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from lwacal.io.solutions import Solutions
from lwacal.report.plots import style
from lwacal.telescope.antpol_states import BAD, REASONS, worst
from lwacal.telescope.boards import ANTENNAS_PER_BOARD
from lwacal.telescope.correlations import POLARIZATIONS

COLUMNS = 4
BINS = 120  # frequency bins in a panel 1.4 inches wide
AMPLITUDE_DB = 9.0
HEIGHT_IN = 9.2
LEFT, RIGHT, TOP, BOTTOM = 0.075, 0.005, 0.03, 0.065  # margins, fractions of the page
GAP, NAME = 0.022, 0.016  # between columns, and above a panel for the names

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Binned:
    """Gains of one board in frequency bins: ``centres`` in MHz, arrays (antenna, bin, 2).

    ``amplitude_db`` is relative to the array median in each bin, ``phase_deg`` to the reference
    antenna; NaN where there is no solution. ``used``: not flagged.
    """

    centres: np.ndarray
    amplitude_db: np.ndarray
    phase_deg: np.ndarray
    used: np.ndarray


def number_of_boards(solutions: Solutions) -> int:
    """Return the number of boards of the array."""
    return -(-solutions.n_antennas // ANTENNAS_PER_BOARD)


def page(solutions: Solutions, antennas: Sequence[Record], board: int) -> Figure:
    """Draw board number ``board`` (from 0), one panel per antenna, amplitude above phase.

    ``antennas`` are the records of qa.json. Raises NothingToPlotError if no antenna of the board
    has a solution.
    """
    first, last = (
        board * ANTENNAS_PER_BOARD,
        min((board + 1) * ANTENNAS_PER_BOARD, solutions.n_antennas),
    )
    binned = _binned(solutions, slice(first, last))
    if not np.isfinite(binned.amplitude_db).any():
        raise style.NothingToPlotError("no antenna of this board has a solution")
    signals: dict[int, list[Record]] = {}
    for record in antennas:
        signals.setdefault(record["index"], []).append(record)
    figure = Figure(figsize=(style.WIDTH_IN, HEIGHT_IN))
    rows = -(-ANTENNAS_PER_BOARD // COLUMNS)
    width = (1 - LEFT - RIGHT - GAP * (COLUMNS - 1)) / COLUMNS
    height = (1 - TOP - BOTTOM) / rows
    for place in range(last - first):
        row, column = divmod(place, COLUMNS)
        x, y = LEFT + column * (width + GAP), 1 - TOP - (row + 1) * height
        half = (height - NAME) / 2
        upper = figure.add_axes((x, y + half, width, half))
        lower = figure.add_axes((x, y, width, half))
        _draw(upper, lower, binned, place)
        _name(upper, signals.get(first + place, []), first + place)
        at_end = place + COLUMNS >= last - first
        _ticks(upper, lower, column == 0, at_end)
        for axes in (upper, lower):
            axes.set_xlim(binned.centres[0] - 1, binned.centres[-1] + 1)
    _legend(figure)
    return figure


def _binned(solutions: Solutions, rows: slice) -> Binned:
    edges, bins = style.frequency_grid(solutions.frequency_hz, BINS)  # MHz
    count = len(edges) - 1
    good, solved = solutions.good(), solutions.solved()
    amplitude, phase, used = [], [], []
    for pol in (0, 1):
        size = np.abs(solutions.gain[:, :, pol])
        usual = style.mean_in_bins(size, good[:, :, pol], bins, count)
        empty = np.isnan(usual).all(axis=0)
        usual = np.where(empty, np.nan, np.nanmedian(np.where(empty, 1.0, usual), axis=0))
        own = style.mean_in_bins(size[rows], solved[rows, :, pol], bins, count)
        unit = solutions.gain[rows, :, pol] / np.maximum(size[rows], 1e-30)
        with np.errstate(divide="ignore", invalid="ignore"):
            amplitude.append(20 * np.log10(own / usual))
        turned = style.mean_in_bins(unit, solved[rows, :, pol], bins, count)
        phase.append(np.degrees(np.angle(turned)))
        share = style.mean_in_bins(
            good[rows, :, pol].astype(float), solved[rows, :, pol], bins, count
        )
        used.append(np.nan_to_num(share) > 0.5)
    return Binned(
        (edges[1:] + edges[:-1]) / 2,
        *(np.stack(item, axis=-1) for item in (amplitude, phase, used)),
    )


def _draw(upper: Axes, lower: Axes, binned: Binned, place: int) -> None:
    """Draw an antenna: used gains in the colour of their polarization, others in grey."""
    for pol, name in enumerate(POLARIZATIONS):
        used = binned.used[place, :, pol]
        for axes, values in ((upper, binned.amplitude_db), (lower, binned.phase_deg)):
            own = values[place, :, pol]
            own = np.clip(own, -AMPLITUDE_DB, AMPLITUDE_DB) if axes is upper else own
            for which, colour in ((~used, style.NO_DATA), (used, style.POLARIZATION_COLOURS[name])):
                axes.plot(
                    binned.centres[which],
                    own[which],
                    ls="none",
                    marker=".",
                    ms=1.6,
                    mew=0,
                    color=colour,
                )


def _name(axes: Axes, signals: Sequence[Record], index: int) -> None:
    """Write the antenna's name above its panel, with the reasons why it is not good."""
    name = style.short_name(signals[0]["antenna"]) if signals else "?"
    status = worst(item["status"] for item in signals)
    problems = [
        f"{item['pol']} {REASONS[item['reasons'][0]].short}" for item in signals if item["reasons"]
    ]
    if len(problems) == 2 and problems[0][2:] == problems[1][2:]:
        problems = [problems[0][2:]]
    colour = style.STATUS_COLOURS[BAD] if status == BAD else "#000000"
    axes.text(
        0,
        1.03,
        f"{name} ({index})",
        transform=axes.transAxes,
        color=colour,
        fontsize=style.SMALLEST_PT,
        fontweight="bold",
    )
    axes.text(
        1,
        1.03,
        ", ".join(problems),
        transform=axes.transAxes,
        color=colour,
        ha="right",
        fontsize=style.SMALLEST_PT,
    )


def _ticks(upper: Axes, lower: Axes, first_column: bool, last_row: bool) -> None:
    upper.set(ylim=(-1.1 * AMPLITUDE_DB, 1.1 * AMPLITUDE_DB), yticks=[-6, 0, 6], xticklabels=[])
    lower.set(ylim=(-200, 200), yticks=[-120, 0, 120])
    for axes in (upper, lower):
        axes.tick_params(labelsize=style.SMALLEST_PT, length=1.5, pad=1.5)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(lw=0.3)
        if not first_column:
            axes.set_yticklabels([])
    if first_column:
        for axes, unit in ((upper, "dB"), (lower, "deg")):
            axes.set_ylabel(unit, fontsize=style.SMALLEST_PT, labelpad=0)
            axes.yaxis.set_label_coords(-0.21, 0.5)
    if last_row:
        lower.set_xlabel("frequency (MHz)", fontsize=style.SMALLEST_PT, labelpad=1)
    else:
        lower.set_xticklabels([])


def _legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], ls="none", marker=".", color=colour, label=f"polarization {pol}")
        for pol, colour in style.POLARIZATION_COLOURS.items()
    ]
    handles.append(
        Line2D([], [], ls="none", marker=".", color=style.NO_DATA, label="solved but flagged")
    )
    figure.legend(handles=handles, loc="lower center", ncols=3, frameon=False)
