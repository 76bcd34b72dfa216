"""Figures of all nights: positions, dependence on sidereal time, validity of a calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from lwacal.nights.history import Nights
from lwacal.report.plots import style
from lwacal.report.plots.nights import count_statuses, median_ratios, night_axis

Record = Mapping[str, Any]
LEAST_OFFSET_ARCSEC = 60.0  # smallest range that an axis shows
SKIES = {"same": ("similar sidereal time", "#0072B2"), "other": ("other sidereal time", "#D55E00")}
PANELS = {
    "phase_rms_deg": "phase, rms (deg)",
    "gain_rms_db": "gain, rms (dB)",
    "coherence_loss": "beam power lost",
}
TICKS_DAYS = {
    1 / 24: "1 h",
    0.25: "6 h",
    1: "1 d",
    2: "2 d",
    4: "4 d",
    7: "1 week",
    14: "2 weeks",
    30: "1 month",
    90: "3 months",
    365: "1 year",
}


def positions(history: Nights) -> Figure:
    """Draw the offset of each calibrator from its catalogue position, median over sub-bands."""
    offsets: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in history.calibrators:
        if row["ra_offset_arcsec"] is not None:
            at = row["source"], row["observation"]
            offsets.setdefault(at, []).append((row["ra_offset_arcsec"], row["dec_offset_arcsec"]))
    if not offsets:
        raise style.NothingToPlotError("no calibrator's position was measured")
    place, sources = history.place, sorted({source for source, _ in offsets})
    figure = style.new(3.8)
    panels = figure.subplots(2, 1, sharex=True)
    for k, source in enumerate(sources):
        own = sorted(
            (place[night], *np.median(pairs, axis=0))
            for (name, night), pairs in offsets.items()
            if name == source
        )
        x, east, north = np.array(own).T
        shift = 0.12 * (k - (len(sources) - 1) / 2)
        for panel, values in zip(panels, (east, north)):
            panel.plot(
                x + shift,
                values,
                style.SOURCE_MARKERS[k % len(style.SOURCE_MARKERS)],
                ms=4,
                color=style.colour_of(k),
                label=source,
            )
    for panel, name in zip(panels, ("RA × cos(dec)", "declination")):
        panel.axhline(0, color="#222222", lw=0.8)
        reach = max(LEAST_OFFSET_ARCSEC, *(1.1 * abs(end) for end in panel.dataLim.intervaly))
        panel.set(ylabel=f"{name} (arcsec)", ylim=(-reach, reach))
    night_axis(panels[1], history)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=6)
    return figure


def sidereal(history: Nights) -> Figure:
    """Draw flux ratios, flagged data and bad antpols against sidereal time."""
    hours = {
        row["id"]: row["lst_hours"] for row in history.observations if row["lst_hours"] is not None
    }
    if not hours:
        raise style.NothingToPlotError("there are no observations yet")
    figure = style.new(4.6)
    panels = figure.subplots(3, 1, sharex=True)
    _ratios(panels[0], history, hours)
    flagged: dict[str, list[float]] = {}
    for row in history.bands:
        if row["flagged_fraction_healthy"] is not None:
            flagged.setdefault(row["observation"], []).append(row["flagged_fraction_healthy"])
    counts = count_statuses(history.antennas)
    bad = {night: count["bad"] / sum(count.values()) for night, count in counts.items()}
    for panel, shares, name in (
        (panels[1], {night: float(np.mean(own)) for night, own in flagged.items()}, "flagged data"),
        (panels[2], bad, "bad antpols"),
    ):
        own = [(hours[night], share) for night, share in shares.items() if night in hours]
        panel.plot(*np.array(own).reshape(-1, 2).T, "o", ms=4, color="#444444", alpha=0.6)
        panel.set_ylabel(name)
        panel.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        panel.set_ylim(0, max(0.05, 1.15 * max([share for _, share in own], default=0)))
    panels[2].set(xlabel="local sidereal time (h)", xlim=(0, 24), xticks=range(0, 25, 3))
    figure.align_ylabels(panels)
    return figure


def _ratios(panel: Axes, history: Nights, hours: Mapping[str, float]) -> None:
    ratios = median_ratios(history.calibrators)
    sources = sorted({source for night in ratios.values() for source in night})
    for k, source in enumerate(sources):
        own = [
            (hours[night], ratio[source][1])
            for night, ratio in ratios.items()
            if source in ratio and night in hours
        ]
        panel.plot(
            *np.array(own).reshape(-1, 2).T,
            style.SOURCE_MARKERS[k % len(style.SOURCE_MARKERS)],
            ms=4,
            color=style.colour_of(k),
            label=source,
        )
    panel.axhline(1, color="#222222", lw=0.8)
    panel.set_ylabel("flux ratio")
    if sources:
        panel.figure.legend(loc="outside upper right", ncols=6)


def validity(curve: Sequence[Record]) -> Figure:
    """Draw the differences of gains and phases against time; rows of the table validity."""
    if not curve:
        raise style.NothingToPlotError("no two observations have phases of enough antennas yet")
    figure = style.new(5.4)
    panels = figure.subplots(3, 1, sharex=True)
    for panel, (quantity, title) in zip(panels, PANELS.items()):
        for sky, (label, colour) in SKIES.items():
            own = [row for row in curve if (row["quantity"], row["sky"]) == (quantity, sky)]
            if own:
                days, low, middle, high = np.array(
                    [[row[key] for key in ("median_days", "p10", "p50", "p90")] for row in own]
                ).T
                panel.fill_between(days, low, high, color=colour, alpha=0.18, lw=0)
                panel.plot(
                    days, middle, "o-" if sky == "same" else "s--", ms=4, color=colour, label=label
                )
        panel.set(ylabel=title, xscale="log")
        panel.set_ylim(0, 1.1 * panel.dataLim.intervaly[1] or 1)
    panels[2].yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    _day_axis(panels[2], [row["median_days"] for row in curve])
    figure.align_ylabels(panels)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def _day_axis(panel: Axes, days: Sequence[float]) -> None:
    low, high = min(days) / 1.3, max(days) * 1.3
    panel.set_xlim(low, high)
    panel.set_xticks([day for day in TICKS_DAYS if low <= day <= high])
    panel.xaxis.set_major_formatter(FuncFormatter(lambda day, _: _word(day)))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_xlabel("time between two observations")


def _word(day: float) -> str:
    nearest = min(TICKS_DAYS, key=lambda known: abs(known - day))
    return TICKS_DAYS[nearest]
