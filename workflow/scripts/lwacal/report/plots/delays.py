"""Figure of the antennas' delays and their differences from the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lwacal.report.plots import labels, style
from lwacal.telescope.antpol_states import BAD
from lwacal.telescope.correlations import POLARIZATIONS

NAMES = 24

Record = Mapping[str, Any]


def delays(delay: Record, limit_ns: float) -> Figure:
    """Draw delay.json: delays with errors, the reference, and the differences."""
    signals = [
        s
        for s in delay.get("antennas", [])
        if not s.get("flagged") and s.get("delay_ns") is not None
    ]
    if not signals:
        why = delay.get("message") or delay.get("status") or "none were measured"
        raise style.NothingToPlotError(f"no delays: {why}")
    compared = [s for s in signals if s.get("difference_ns") is not None]
    n_antennas = max(s["index"] for s in delay["antennas"]) + 1
    figure = style.new(4.2 if compared else 2.6)
    panels = figure.subplots(2 if compared else 1, 1, sharex=True, squeeze=False)[:, 0]
    _draw_delays(panels[0], signals)
    if compared:
        _draw_differences(panels[1], compared, limit_ns)
    for panel in panels:
        style.shade_boards(panel, n_antennas)
        panel.set_xticks(style.antenna_ticks(n_antennas))
        panel.set_xlim(-1.5, n_antennas + 0.5)
    panels[-1].set_xlabel("antenna (correlator number; shading: SNAP2 boards)")
    if compared:
        figure.draw_without_rendering()  # so that positions on the page are known
        _name_outside(panels[1], compared, limit_ns)
    return figure


def _draw_delays(axes: Axes, signals: Sequence[Record]) -> None:
    reference = {
        s["index"]: s["reference_ns"] for s in signals if s.get("reference_ns") is not None
    }
    if reference:
        axes.plot(
            list(reference),
            list(reference.values()),
            "_",
            color="#222222",
            ms=5,
            mew=1,
            label="reference",
            zorder=4,
        )
    for pol, marker in zip(POLARIZATIONS, "ov"):
        own = [s for s in signals if s["pol"] == pol]
        axes.errorbar(
            [s["index"] for s in own],
            [s["delay_ns"] for s in own],
            [s.get("delay_err_ns") or 0.0 for s in own],
            fmt=marker,
            ms=2.4,
            elinewidth=0.5,
            color=style.POLARIZATION_COLOURS[pol],
            label=pol,
            alpha=0.85,
        )
    axes.set_ylabel("delay (ns)")
    axes.set_title("measured delay")
    _legend_above(axes)


def _draw_differences(axes: Axes, signals: Sequence[Record], limit_ns: float) -> None:
    for pol, marker in zip(POLARIZATIONS, "ov"):
        own = [s for s in signals if s["pol"] == pol]
        axes.plot(
            [s["index"] for s in own],
            [s["difference_ns"] for s in own],
            marker,
            ms=2.4,
            color=style.POLARIZATION_COLOURS[pol],
            label=pol,
        )
    outside = [s for s in signals if abs(s["difference_ns"]) > limit_ns]
    for sign in (-1, 1):
        axes.axhline(
            sign * limit_ns,
            color=style.STATUS_COLOURS[BAD],
            lw=0.8,
            ls="--",
            label=f"limit {limit_ns:.0f} ns" if sign > 0 else None,
        )
    largest = max(abs(s["difference_ns"]) for s in signals)
    axes.set_ylim(-1.25 * max(largest, limit_ns), 1.25 * max(largest, limit_ns))
    rms = float(np.sqrt(np.mean([s["difference_ns"] ** 2 for s in signals])))
    axes.set_title(
        f"difference from the reference: rms {rms:.1f} ns, {len(outside)} of"
        f" {len(signals)} beyond the limit"
    )
    axes.set_ylabel("difference (ns)")
    _legend_above(axes)


def _name_outside(axes: Axes, signals: Sequence[Record], limit_ns: float) -> None:
    """Label the antennas beyond the limit, farthest first, each once."""
    farthest: dict[int, Record] = {}
    for signal in sorted(signals, key=lambda s: -abs(s["difference_ns"])):
        if abs(signal["difference_ns"]) > limit_ns:
            farthest.setdefault(signal["index"], signal)
    if farthest:
        points = [(s["index"], s["difference_ns"]) for s in farthest.values()]
        names = [style.short_name(s["antenna"]) for s in farthest.values()]
        labels.name_points(axes, np.array(points), names, np.empty((0, 2)), NAMES)


def _legend_above(axes: Axes) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=4, borderaxespad=0)
