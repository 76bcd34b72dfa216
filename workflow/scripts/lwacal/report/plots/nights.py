"""Figures of many observations: verdicts, antennas, fluxes and flags against time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Sized

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from lwacal.nights.history import Nights, Record
from lwacal.qa.metric import STAGES, STATUS_RANK, worst
from lwacal.records.quality import MetricStatus
from lwacal.report.plots import style
from lwacal.telescope import naming
from lwacal.telescope.antpol_states import BAD, GOOD, RANK, REASONS, SUSPECT

MOST_ANTENNAS = 60
LEAST_DEVIATION = 0.1  # smallest range of flux ratios about one that an axis shows
STATUS_COLOURS = {
    "n/a": "#e4e9ec",
    "pass": style.STATUS_COLOURS[GOOD],
    "warn": style.STATUS_COLOURS[SUSPECT],
    "fail": style.STATUS_COLOURS[BAD],
}


def count_statuses(antennas: Sequence[Record]) -> dict[str, Counter[str]]:
    """Return the number of antpols of each status, by observation."""
    counts: dict[str, Counter[str]] = {}
    for row in antennas:
        counts.setdefault(row["observation"], Counter())[row["status"]] += 1
    return counts


def median_ratios(calibrators: Sequence[Record]) -> dict[str, dict[str, np.ndarray]]:
    """Return the quartiles of the flux ratio, by observation and source."""
    values: dict[str, dict[str, list[float]]] = {}
    for row in calibrators:
        if row["ratio"] is not None:
            of_night = values.setdefault(row["observation"], {})
            of_night.setdefault(row["source"], []).append(row["ratio"])
    return {
        night: {source: np.percentile(ratios, [25, 50, 75]) for source, ratios in sources.items()}
        for night, sources in values.items()
    }


def night_axis(axes: Axes, history: Nights) -> None:
    """Label the observations with date and time; only some if there are many."""
    number = len(history.observations)
    step = max(1, -(-number // 24))
    places = np.arange(0, number, step)
    labels = [
        (history.observations[k]["mid_utc"] or "")[:16].replace("T", " ") for k in places.tolist()
    ]
    axes.set_xticks(places, labels, rotation=90 if number > 6 else 0, fontsize=style.SMALLEST_PT)
    axes.set_xlim(-0.6, max(number, 3) - 0.4)


def _status_board(axes: Axes, rows: Sequence[str], ranks: np.ndarray, colours: list[str]) -> None:
    axes.pcolormesh(
        np.arange(ranks.shape[1] + 1) - 0.5,
        np.arange(len(rows) + 1) - 0.5,
        ranks,
        cmap=ListedColormap(colours),
        norm=BoundaryNorm(np.arange(len(colours) + 1) - 0.5, len(colours)),
        edgecolors="white",
        linewidth=1.0 if ranks.shape[1] < 80 else 0.0,
    )
    axes.set_yticks(np.arange(len(rows)), rows)
    axes.invert_yaxis()
    axes.grid(False)


def _legend(figure: Figure, colours: Mapping[str, str]) -> None:
    handles = [
        Patch(fc=colour, ec="#999999", lw=0.4, label=name) for name, colour in colours.items()
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=min(6, len(handles)))


def verdicts(history: Nights) -> Figure:
    """Draw the verdict and the status of each stage, one column per observation."""
    _check(history.observations)
    place = history.place
    statuses: dict[tuple[str, str], list[MetricStatus]] = {}
    for row in history.metrics:
        statuses.setdefault((row["stage"], row["observation"]), []).append(row["status"])
    ranks = np.zeros((1 + len(STAGES), len(place)), int)
    for row in history.observations:
        ranks[0, place[row["id"]]] = STATUS_RANK[row["verdict"]]
        for k, stage in enumerate(STAGES, 1):
            ranks[k, place[row["id"]]] = STATUS_RANK[worst(statuses.get((stage, row["id"]), []))]
    figure = style.new(2.9)
    axes = figure.add_subplot()
    _status_board(axes, ["verdict", *STAGES], ranks, list(STATUS_COLOURS.values()))
    night_axis(axes, history)
    _legend(figure, STATUS_COLOURS)
    return figure


def _check(rows: Sized, what: str = "there are no observations yet") -> None:
    if not rows:
        raise style.NothingToPlotError(what)


def bad_signals(history: Nights) -> Figure:
    """Draw the fraction of bad antpols by their first reason."""
    _check(history.antennas)
    place = history.place
    total = np.zeros(len(place))
    shares: dict[str, np.ndarray] = {}
    for row in history.antennas:
        night = place[row["observation"]]
        total[night] += 1
        if row["status"] == BAD:
            reason = (row["reasons"].split() or ["other"])[0]
            shares.setdefault(reason, np.zeros(len(place)))[night] += 1
    figure = style.new(2.8)
    axes = figure.add_subplot()
    base = np.zeros(len(place))
    colours = {}
    for k, reason in enumerate(r for r in (*REASONS, "other") if r in shares):
        colour = style.colour_of(k, style.CAUSE_COLOURS[1:])
        part = 100 * shares[reason] / np.maximum(total, 1)
        axes.bar(np.arange(len(place)), part, 0.8, base, color=colour)
        colours[reason.replace("_", " ")] = colour
        base += part
    axes.set_ylabel("bad antpols (%)")
    axes.set_ylim(0, max(5.0, 1.1 * base.max()))
    axes.grid(axis="x", visible=False)
    night_axis(axes, history)
    if colours:
        _legend(figure, colours)
    return figure


def flux_ratios(history: Nights) -> Figure:
    """Draw the median flux ratio of each calibrator with its quartiles."""
    ratios = median_ratios(history.calibrators)
    _check(ratios, "no calibrator was measured in any observation")
    place = history.place
    sources = sorted({source for night in ratios.values() for source in night})
    figure = style.new(2.8)
    axes = figure.add_subplot()
    for k, source in enumerate(sources):
        nights = [night for night in place if source in ratios.get(night, {})]
        low, middle, high = np.array([ratios[night][source] for night in nights]).T
        shift = 0.12 * (k - (len(sources) - 1) / 2)
        axes.errorbar(
            [place[n] + shift for n in nights],
            middle,
            [middle - low, high - middle],
            fmt=style.SOURCE_MARKERS[k % len(style.SOURCE_MARKERS)],
            ms=4,
            elinewidth=0.8,
            color=style.colour_of(k),
            label=source,
        )
    axes.axhline(1, color="#222222", lw=0.8)
    reach = max(LEAST_DEVIATION, *(1.1 * abs(end - 1) for end in axes.dataLim.intervaly))
    axes.set_ylim(max(0, 1 - reach), 1 + reach)
    axes.set_ylabel("measured / expected flux")
    night_axis(axes, history)
    figure.legend(loc="outside upper right", ncols=6)
    return figure


def flagged(history: Nights) -> Figure:
    """Draw the flagged fraction of data and of solutions, by sub-band and observation."""
    _check(history.bands)
    place = history.place
    names = sorted({row["band"] for row in history.bands}, key=naming.band_mhz)
    figure = style.new(1.6 + 0.22 * min(len(names), 16))
    panels = figure.subplots(2, 1, sharex=True)
    for panel, key, title in (
        (panels[0], "flagged_fraction_healthy", "data of healthy antennas"),
        (panels[1], "flagged_fraction_solutions", "solutions"),
    ):
        values = np.full((len(names), len(place)), np.nan)
        for row in history.bands:
            if row[key] is not None:
                values[names.index(row["band"]), place[row["observation"]]] = 100 * row[key]
        image = panel.pcolormesh(
            np.arange(len(place) + 1) - 0.5,
            np.arange(len(names) + 1) - 0.5,
            values,
            cmap="YlGnBu",
            vmin=0,
            vmax=100,
        )
        panel.set_facecolor(style.NO_DATA)
        panel.set_title(title)
        ticks = np.arange(0, len(names), max(1, len(names) // 6))
        panel.set_yticks(ticks, [names[k].removesuffix("MHz") for k in ticks])
        panel.grid(False)
    figure.supylabel("sub-band (MHz)", fontsize="medium")
    night_axis(panels[1], history)
    figure.colorbar(image, ax=panels, label="flagged (%)", pad=0.01, aspect=30)
    return figure


def antenna_history(history: Nights) -> Figure:
    """Draw the status of antennas that were not always good, by antenna and observation."""
    place = history.place
    worse: dict[str, np.ndarray] = {}
    for row in history.antennas:
        ranks = worse.setdefault(row["antenna"], np.zeros(len(place), int))
        night = place[row["observation"]]
        ranks[night] = max(ranks[night], 1 + RANK[row["status"]])
    faulty = {name: ranks for name, ranks in worse.items() if ranks.max() > 1}
    _check(faulty, "all antennas were good in all observations")
    order = sorted(faulty, key=lambda name: (-int(faulty[name].sum()), name))[:MOST_ANTENNAS]
    figure = style.new(1.4 + 0.13 * len(order))
    axes = figure.add_subplot()
    colours = {"not observed": "#ffffff", **style.STATUS_COLOURS}
    _status_board(axes, order, np.array([faulty[name] for name in order]), list(colours.values()))
    axes.tick_params(axis="y", labelsize=style.SMALLEST_PT, length=0)
    night_axis(axes, history)
    _legend(figure, colours)
    return figure
