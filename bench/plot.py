"""The plot of the benchmarks: times compared with the reference tools, and scaling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mode
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from lwacal.report.plots import style

OURS, THEIRS = "#0072B2", "#E69F00"
AXES = (("antennas", "antennas"), ("channels", "channels"), ("integrations", "integrations"))
HEIGHT_IN = 3.6
PLAIN = FuncFormatter(lambda value, _: f"{value:g}")
Found = Mapping[str, Any]


def draw(found: Found) -> bytes | None:
    """Return the plot as PNG, or None without measurements."""
    parts = found["parts"]
    bars = pairs(parts.get("stages", {}).get("records", [])[:1])
    growth = parts.get("growth", {}).get("records", [])
    if not bars and not growth:
        return None
    with style.applied():
        figure = style.new(HEIGHT_IN)
        columns = figure.subplots(1, 4, width_ratios=[1.6, 1, 1, 1])
        _bars(columns[0], bars)
        for axes, (key, label) in zip(columns[1:], AXES):
            _lines(axes, growth, key, label)
        _same_limits(columns[1:])
        columns[1].set_ylabel("wall time (s)")
        columns[1].set_title("Scaling of the steps")
        for axes, left in ((columns[0], True), (columns[1], False)):
            handles, labels = axes.get_legend_handles_labels()
            if handles:
                figure.legend(
                    handles,
                    labels,
                    loc="outside lower left" if left else "outside lower right",
                    ncols=len(labels),
                )
        return style.png(figure)


def _same_limits(columns: Sequence[Axes]) -> None:
    """Set common limits of the time axes."""
    limits = np.array([axes.get_ylim() for axes in columns if axes.lines])
    if limits.size:
        for axes in columns:
            axes.set_ylim(limits[:, 0].min(), limits[:, 1].max())


def pairs(records: Sequence[Found]) -> list[tuple[str, float, float]]:
    """Return label, our time and the reference time of each comparison."""
    return [
        (
            f"{stage['rule']}\n{peer['name'].partition(',')[0]}",
            stage["median"]["wall_s"],
            peer["median"]["wall_s"],
        )
        for record in records
        for stage in record["stages"]
        for peer in stage["peers"]
    ]


def _bars(axes: Axes, bars: Sequence[tuple[str, float, float]]) -> None:
    axes.set_title("Comparison with the reference tools")
    place = np.arange(len(bars))[::-1]
    if not bars:
        axes.set_axis_off()
        return
    labels, ours, theirs = zip(*bars)
    axes.barh(place + 0.2, ours, 0.38, color=OURS, label="ours")
    axes.barh(
        place - 0.2,
        theirs,
        0.38,
        color=THEIRS,
        label="reference",
        hatch="///",
        edgecolor="white",
        linewidth=0,
    )
    for at, mine, other in zip(place, ours, theirs):
        axes.annotate(f" {other / mine:.1f} x", (other, at - 0.2), va="center", fontsize=6)
    axes.set_yticks(place, labels, fontsize=6)
    axes.set_xscale("log")
    axes.margins(x=0.25)
    axes.set_xlabel("wall time (s)")
    axes.xaxis.set_major_formatter(PLAIN)


def _lines(axes: Axes, growth: Sequence[Found], key: str, label: str) -> None:
    """Draw times against one quantity, with the two others at their usual values."""
    axes.set_xlabel(label)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(PLAIN)
    chosen = along(growth, key)
    rules = [stage["rule"] for stage in growth[0]["stages"]] if growth else []
    for number, rule in enumerate(rules):
        walls = [record["stages"][number]["median"]["wall_s"] for record in chosen]
        axes.plot(
            [record["size"][key] for record in chosen],
            walls,
            label=rule,
            color=style.colour_of(number),
            marker=style.SOURCE_MARKERS[number],
        )
    ticks = [record["size"][key] for record in chosen]
    axes.set_xticks(ticks, list(map(str, ticks)), fontsize=6)
    axes.minorticks_off()


def along(growth: Sequence[Found], key: str) -> list[Found]:
    """Return the records that differ in one quantity only, sorted by it.

    The others have their most frequent values.
    """
    if not growth:
        return []
    usual = {name: mode(record["size"][name] for record in growth) for name, _ in AXES}
    kept = [
        record
        for record in growth
        if all(record["size"][other] == usual[other] for other in usual if other != key)
    ]
    return sorted(kept, key=lambda record: record["size"][key])
