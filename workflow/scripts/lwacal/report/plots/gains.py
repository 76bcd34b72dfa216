"""Figures of the bandpass solutions: amplitude, phase, spectra by board, flags by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lwacal.io.solutions import MEANINGS, Solutions
from lwacal.report.plots import style
from lwacal.telescope.antpol_states import BAD
from lwacal.telescope.boards import ANTENNAS_PER_BOARD
from lwacal.telescope.correlations import POLARIZATIONS

SPECTRUM_BINS = 160
NAMES_IN_PANEL = 6
LETTERS_IN_PANEL = 26
# Causes of flags, most serious first: of several, the first is shown.
CAUSE_COLOURS = {
    "health": "#000000",
    "swapped": "#009E73",
    "weak": "#A3172B",
    "strong": "#D55E00",
    "baselines": "#C9C9C9",
    "solver": "#7F7F7F",
    "disagrees": "#882255",
    "scatter": "#0072B2",
    "uncertain": "#661100",
    "cliff": "#332288",
    "quorum": "#56B4E9",
    "deviation": "#CC79A7",
    "clip": "#E69F00",
}
CAUSE_LOOKS = {cause: (MEANINGS[cause], colour) for cause, colour in CAUSE_COLOURS.items()}
INTERPOLATED = ("interpolated", "#BFE3DA")

Record = Mapping[str, Any]


def _check(solutions: Solutions) -> np.ndarray:
    good = solutions.good()
    if not good.any():
        raise style.NothingToPlotError("all bandpass solutions are flagged")
    return good


def _waterfall_panels(n_antennas: int) -> tuple[Figure, Sequence[Axes]]:
    figure = style.new(float(np.clip(1.5 + 0.0185 * n_antennas, 2.3, 8.0)))
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for panel, pol in zip(axes, POLARIZATIONS):
        panel.set_title(f"polarization {pol}")
        panel.set_xlabel("frequency (MHz)")
        panel.set_yticks(style.antenna_ticks(n_antennas))
        panel.grid(False)
        panel.set_facecolor(style.NO_DATA)
    axes[0].set_ylabel("antenna (correlator number)")
    return figure, axes


def amplitude(solutions: Solutions) -> Figure:
    """Draw gain amplitudes by antenna and frequency, in dB relative to the array median."""
    good = _check(solutions)
    edges, bins = style.frequency_grid(solutions.frequency_hz)
    figure, axes = _waterfall_panels(solutions.n_antennas)
    for pol, panel in enumerate(axes):
        binned = style.mean_in_bins(
            np.abs(solutions.gain[:, :, pol]), good[:, :, pol], bins, len(edges) - 1
        )
        relative = _decibel_of_median(binned)
        image = panel.pcolormesh(
            edges,
            np.arange(len(relative) + 1) - 0.5,
            relative,
            cmap="PuOr",
            vmin=-6,
            vmax=6,
            rasterized=True,
        )
        panel.invert_yaxis() if pol == 0 else None
    figure.colorbar(
        image,
        ax=axes,
        extend="both",
        aspect=40,
        pad=0.01,
        label="relative to median (dB)",
    )
    return figure


def _decibel_of_median(binned: np.ndarray) -> np.ndarray:
    """Return amplitudes (antenna, bin) in dB relative to the median antenna of each bin."""
    empty = np.isnan(binned).all(axis=0)
    middle = np.nanmedian(np.where(empty, 1.0, binned), axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 20 * np.log10(binned / middle)


def phase(solutions: Solutions) -> Figure:
    """Draw gain phases by antenna and frequency, in degrees relative to the reference antenna."""
    good = _check(solutions)
    edges, bins = style.frequency_grid(solutions.frequency_hz)
    figure, axes = _waterfall_panels(solutions.n_antennas)
    for pol, panel in enumerate(axes):
        unit = solutions.gain[:, :, pol] / np.maximum(np.abs(solutions.gain[:, :, pol]), 1e-30)
        binned = style.mean_in_bins(unit, good[:, :, pol], bins, len(edges) - 1)
        image = panel.pcolormesh(
            edges,
            np.arange(len(binned) + 1) - 0.5,
            np.degrees(np.angle(binned)),
            cmap="twilight",
            vmin=-180,
            vmax=180,
            rasterized=True,
        )
        panel.invert_yaxis() if pol == 0 else None
    figure.colorbar(
        image,
        ax=axes,
        aspect=40,
        pad=0.01,
        ticks=[-180, -90, 0, 90, 180],
        label="gain phase (degrees)",
    )
    return figure


def spectra(solutions: Solutions, antennas: Sequence[Record]) -> Figure:
    """Draw gain amplitude against frequency, one panel per SNAP2 board, one line per antpol."""
    good = _check(solutions)
    edges, bins = style.frequency_grid(solutions.frequency_hz, SPECTRUM_BINS)
    count = len(edges) - 1
    level = [
        style.mean_in_bins(np.abs(solutions.gain[:, :, pol]), good[:, :, pol], bins, count)
        for pol in (0, 1)
    ]
    solved = solutions.solved()
    any_level = [
        style.mean_in_bins(np.abs(solutions.gain[:, :, pol]), solved[:, :, pol], bins, count)
        for pol in (0, 1)
    ]
    boards = -(-solutions.n_antennas // ANTENNAS_PER_BOARD)
    columns = min(3, boards)
    rows = -(-boards // columns)
    figure = style.new(0.5 + (2.0 if rows > 1 else 2.6) * rows)
    panels = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel())
    bad = {
        (r["index"], POLARIZATIONS.index(r["pol"])): r["antenna"]
        for r in antennas
        if r["status"] == BAD
    }
    centres = (edges[1:] + edges[:-1]) / 2
    for number, panel in enumerate(panels[:boards]):
        _draw_board(panel, number, centres, level, any_level, bad)
    _spectra_axes(panels, boards, columns, np.stack(level), np.stack(any_level))
    _spectra_legend(figure)
    return figure


def _draw_board(
    panel: Axes,
    number: int,
    centres: np.ndarray,
    level: Sequence[np.ndarray],
    any_level: Sequence[np.ndarray],
    bad: Mapping[tuple[int, int], str],
) -> None:
    first = number * ANTENNAS_PER_BOARD
    last = min(first + ANTENNAS_PER_BOARD, len(level[0])) - 1
    marker = "." if len(centres) < 12 else ""
    for index in range(first, last + 1):
        for pol, name in enumerate(POLARIZATIONS):
            if (index, pol) in bad:
                panel.plot(
                    centres,
                    any_level[pol][index],
                    color=style.STATUS_COLOURS[BAD],
                    lw=0.7,
                    ls=(0, (3, 1.5)),
                    marker=marker,
                    zorder=3,
                )
            else:
                panel.plot(
                    centres,
                    level[pol][index],
                    lw=0.4,
                    alpha=0.7,
                    marker=marker,
                    color=style.POLARIZATION_COLOURS[name],
                )
    panel.set_title(f"SNAP2 {number + 1}  ({first}-{last})")
    names = [
        f"{style.short_name(name)}{POLARIZATIONS[pol]}"
        for (index, pol), name in sorted(bad.items())
        if first <= index <= last
    ]
    panel.text(
        0.98,
        0.03,
        _few(names),
        transform=panel.transAxes,
        fontsize=style.SMALLEST_PT,
        ha="right",
        color=style.STATUS_COLOURS[BAD],
        bbox={"fc": "white", "ec": "none", "alpha": 0.8, "pad": 0.8},
    )


def _few(names: Sequence[str]) -> str:
    """Return the names that fit into a panel, and the number of the others."""
    shown = min(len(names), NAMES_IN_PANEL)
    while shown > 1 and len(" ".join(names[:shown])) > LETTERS_IN_PANEL:
        shown -= 1
    more = f" +{len(names) - shown}" if len(names) > shown else ""
    return " ".join(names[:shown]) + more


def _spectra_axes(
    panels: Sequence[Axes], boards: int, columns: int, level: np.ndarray, any_level: np.ndarray
) -> None:
    """Scale the axes to all good antpols, and to bad ones unless that squeezes the good ones."""
    low, high = np.nanpercentile(level, [0.5, 99.9])
    panels[0].set_yscale("log")
    panels[0].set_ylim(
        max(low / 30, min(low / 1.5, np.nanmin(any_level))),
        min(high * 10, max(high * 1.5, np.nanmax(any_level))),
    )
    for number, panel in enumerate(panels):
        panel.set_visible(number < boards)
        if number % columns == 0:
            panel.set_ylabel("gain amplitude")
        if number + columns >= boards:
            panel.tick_params(labelbottom=True)
        if number // columns == (boards - 1) // columns:
            panel.set_xlabel("frequency (MHz)")
        else:
            panel.xaxis.set_in_layout(False)  # no space between rows for tick labels


def _spectra_legend(figure: Figure) -> None:
    handles = [
        Line2D([], [], color=colour, label=f"polarization {pol}")
        for pol, colour in style.POLARIZATION_COLOURS.items()
    ]
    handles.append(
        Line2D(
            [],
            [],
            color=style.STATUS_COLOURS[BAD],
            ls=(0, (3, 1.5)),
            label="bad antpol, named in the panel (not used)",
        )
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


def flags(solutions: Solutions) -> Figure:
    """Draw the cause of each flag by antenna and frequency; the most serious cause is shown."""
    if solutions.gain.size == 0:
        raise style.NothingToPlotError("there are no bandpass solutions")
    edges, bins = style.frequency_grid(solutions.frequency_hz)
    figure, axes = _waterfall_panels(solutions.n_antennas)
    looks = [
        ("not flagged", "#ffffff"),
        INTERPOLATED,
        ("other cause", "#F0E442"),
        *reversed(CAUSE_LOOKS.values()),
        ("no data", style.NO_DATA),
    ]
    missing = len(looks) - 1
    kinds = gravest(solutions)
    seen: set[int] = set()
    for pol, panel in enumerate(axes):
        binned = style.largest_in_bins(kinds[:, :, pol], bins, len(edges) - 1, missing)
        seen |= set(np.unique(binned).tolist())
        panel.pcolormesh(
            edges,
            np.arange(len(binned) + 1) - 0.5,
            binned,
            cmap=ListedColormap([colour for _, colour in looks]),
            rasterized=True,
            norm=BoundaryNorm(np.arange(missing + 2) - 0.5, missing + 1),
        )
        panel.invert_yaxis() if pol == 0 else None
    handles = []
    for kind in sorted(seen):
        name, colour = looks[kind]
        share = f" ({100 * (kinds == kind).mean():.2g} %)" if 0 < kind < missing else ""
        handles.append(Patch(fc=colour, ec="#999999", lw=0.4, label=name + share))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
    return figure


def gravest(solutions: Solutions) -> np.ndarray:
    """Return a code for the state of each solution, (antenna, channel, polarization).

    0 good, 1 interpolated, 2 flagged for an unlisted cause, then the causes of CAUSE_LOOKS from
    last to first.
    """
    kinds = np.where(solutions.flag, 2, np.where(solutions.interpolated, 1, 0))
    for rank, name in enumerate(reversed(CAUSE_LOOKS), 3):
        kinds[solutions.flag & solutions.has(name)] = rank
    return kinds
