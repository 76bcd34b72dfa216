"""Figure of the ionosphere: shifts of sources by integration, and agreement of sub-bands."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lwacal.records.ionosphere import IonosphereRecord
from lwacal.report.plots import style
from lwacal.telescope.antpol_states import BAD
from lwacal.telescope.constants import TECU_M_HZ2

MOST_SOURCES = 6
WORDS = ("east", "north")
SPREAD = 0.06  # of sources about their integration, in integrations
SMALLEST_ARCMIN = 0.5  # of the range of an axis


def ionosphere(record: IonosphereRecord) -> Figure:
    """Draw ionosphere.json."""
    if record["status"] != "separated":
        raise style.NothingToPlotError(record["message"])
    figure = style.new(5.0)
    panels = figure.subplot_mosaic([["east", "north"], ["bands", "bands"]])
    for word in WORDS:
        _draw_shifts(panels[word], record, word)
    panels["east"].sharey(panels["north"])
    low = min(panels[word].get_ylim()[0] for word in WORDS)
    high = max(panels[word].get_ylim()[1] for word in WORDS)
    panels["north"].set_ylim(min(low, -SMALLEST_ARCMIN), max(high, SMALLEST_ARCMIN))
    panels["east"].set_ylabel("shift at 40 MHz (arcmin)")
    handles, names = panels["east"].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=4)
    _draw_bands(panels["bands"], record)
    return figure


def _draw_shifts(axes: Axes, record: IonosphereRecord, word: str) -> None:
    """Draw the shifts of the sources that several sub-bands have, and of the array as a whole."""
    several = [one for one in record["sources"] if one["freedom"] > 0][:MOST_SOURCES]
    scans = np.array([one["integration"] for one in record["integration_gradients"]], float)
    for number, source in enumerate(several):
        values: Any = source
        _points(
            axes,
            scans + SPREAD * (number - (len(several) - 1) / 2),
            np.array(values[f"shift_{word}_arcmin"], float),
            np.array(values[f"shift_{word}_err_arcmin"], float),
            color=style.colour_of(number),
            marker=style.SOURCE_MARKERS[number % len(style.SOURCE_MARKERS)],
            label=source["source"],
        )
    arcmin = 1e-3 * TECU_M_HZ2 / record["frequency_hz"] ** 2 * np.rad2deg(1) * 60
    gradients: Any = record["integration_gradients"]
    _points(
        axes,
        scans,
        arcmin * np.array([one[f"{word}_tecu_per_km"] for one in gradients], float),
        arcmin * np.array([one[f"{word}_err_tecu_per_km"] for one in gradients], float),
        color="#000000",
        marker="_",
        label="gradient over the array",
    )
    axes.axhline(0, color=style.QUIET, lw=0.6)
    axes.set_title(f"to the {word}")
    axes.set_xlabel("integration")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _points(
    axes: Axes,
    x: np.ndarray,
    y: np.ndarray,
    error: np.ndarray,
    *,
    color: str,
    marker: str,
    label: str,
) -> None:
    axes.errorbar(
        x,
        y,
        np.nan_to_num(error),
        color=color,
        fmt=marker,
        ls="-",
        lw=0.7,
        ms=3,
        elinewidth=0.7,
        label=label,
    )


def _draw_bands(axes: Axes, record: IonosphereRecord) -> None:
    """Draw how far each sub-band is from the others and from the last tables, in beams."""
    bands = list(record["bands"].values())
    mhz = np.array([one["frequency_hz"] for one in bands]) / 1e6
    distance = np.array([one["offset_beams"] for one in bands], float)
    apart = np.array([one["agrees"] is False for one in bands])
    for some, colour, label in (
        (~apart, style.SOURCE_COLOURS[0], "agrees"),
        (apart, style.STATUS_COLOURS[BAD], "disagrees: flagged"),
    ):
        if np.isfinite(distance[some]).any():
            axes.plot(mhz[some], distance[some], "o", ms=4, color=colour, label=label)
    last = np.array([one["last_offset_beams"] for one in bands], float)
    if np.isfinite(last).any():
        axes.plot(mhz, last, "^", ms=4, mfc="none", color="0.3", label="from the last tables")
    axes.axhline(1, color=style.STATUS_COLOURS[BAD], lw=0.8, ls="--", label="one beam")
    axes.set_yscale("log")
    axes.set_ylim(top=max(3.0, 3 * float(np.nanmax([distance, last], initial=1))))
    axes.set_xlabel("frequency (MHz)")
    axes.set_ylabel("offset / beam")
    axes.set_title("phase plane of each sub-band relative to that expected from the others")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=4, borderaxespad=0)
