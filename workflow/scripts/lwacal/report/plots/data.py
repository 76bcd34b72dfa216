"""Figure of the flagged fraction of the data, by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lwacal.qa.metric import percent
from lwacal.report.plots import style

CAUSE_WORDS = {
    "original": "flagged in the raw data",
    "antenna": "bad antenna",
    "aoflagger": "AOFlagger",
    "zero": "visibility is zero",
    "non_finite": "not finite",
    "burst": "burst (whole array brighter)",
}

Record = Mapping[str, Any]
Channels = Mapping[str, tuple[Sequence[float], Sequence[float | None]]]


def flagged(bands: Sequence[Record], channels: Channels) -> Figure:
    """Draw the flagged data of each sub-band by cause, and against frequency.

    ``bands`` are records of qa.json; ``channels`` gives the frequencies in Hz and the flagged
    fraction of each channel by sub-band.
    """
    known = [b for b in bands if b["flagged_fraction_data"] is not None]
    if not known:
        raise style.NothingToPlotError("no sub-band has usable data")
    figure = style.new(3.6)
    top, bottom = figure.subplots(2, 1)
    _bars(top, bands)
    _against_frequency(bottom, channels)
    return figure


def _bars(axes: Axes, bands: Sequence[Record]) -> None:
    """Stack the causes; a visibility with two causes counts twice, so the total is drawn too."""
    place = np.arange(len(bands))
    base = np.zeros(len(bands))
    for number, (cause, words) in enumerate(CAUSE_WORDS.items()):
        part = 100 * np.array([b["flagged_by_cause"].get(cause) or 0.0 for b in bands])
        if part.any():
            axes.bar(
                place,
                part,
                0.72,
                base,
                label=words,
                color=style.colour_of(number, style.CAUSE_COLOURS[1:]),
            )
        base += part
    total = [
        100 * b["flagged_fraction_data"] if b["flagged_fraction_data"] is not None else np.nan
        for b in bands
    ]
    axes.hlines(total, place - 0.44, place + 0.44, color="#000000", lw=1.3, label="any cause")
    for k, value in enumerate(total):
        text = "no data" if np.isnan(value) else percent(value / 100)
        axes.annotate(
            text,
            (k, np.nanmax([base[k], value])),
            (0, 2),
            ha="center",
            va="bottom",
            fontsize=style.SMALLEST_PT,
            textcoords="offset points",
        )
    high = np.nanmax([*total, *base])
    axes.set(
        xlim=(-0.7, max(len(bands), 4) - 0.3), ylim=(0, 1.22 * high + 4), ylabel="flagged data (%)"
    )
    axes.set_xticks(place, [b["band"].removesuffix("MHz") for b in bands])
    axes.set_xlabel("sub-band (MHz)")
    axes.grid(axis="x", visible=False)
    axes.legend(loc="upper right", ncols=6, columnspacing=1.0)


def _against_frequency(axes: Axes, channels: Channels) -> None:
    for frequency_hz, fraction in channels.values():
        values = 100 * np.array([np.nan if f is None else f for f in fraction], float)
        if len(values) == len(frequency_hz):
            axes.step(
                np.array(frequency_hz) / 1e6,
                values,
                where="mid",
                lw=0.9,
                color=style.SOURCE_COLOURS[0],
            )
    axes.set(ylim=(-3, 104), xlabel="frequency (MHz)", ylabel="flagged per channel (%)")
