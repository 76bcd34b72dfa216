"""Figures of the calibrators: spectra, positions, scintillation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lwacal.imaging.refraction_fit import REFERENCE_MHZ
from lwacal.qa.calibrator_metrics import offset_arcsec
from lwacal.records.measurements import Calibrator, Position
from lwacal.report.plots import style
from lwacal.telescope.antpol_states import BAD

MODEL_RANGE = "#c9cfd3"
LEAST_CHANGE = 0.1  # smallest range of relative flux that an axis shows
Record = Mapping[str, Any]
Expected = Mapping[str, tuple[np.ndarray, np.ndarray]]


def _sources(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(record["source"] for record in records))


def _fitted(records: Sequence[Record], source: str) -> list[Record]:
    return [
        r
        for r in records
        if r["source"] == source and r["fit"] == "ok" and r["flux_jy"] is not None
    ]


def spectra(calibrators: Sequence[Record], expected: Expected, tolerance: float | None) -> Figure:
    """Draw measured and expected flux, and their ratio, one column per source.

    ``expected`` gives the frequencies in MHz and fluxes in Jy of each source; ``tolerance`` is the
    warning limit on the deviation of the ratio from one.
    """
    sources = _sources(calibrators)
    if not any(_fitted(calibrators, source) for source in sources):
        raise style.NothingToPlotError("no calibrator was measured")
    figure = style.new(3.6)
    panels = figure.subplots(2, len(sources), sharex=True, squeeze=False, height_ratios=[2, 1.2])
    for column, source in enumerate(sources):
        own = [r for r in calibrators if r["source"] == source]
        _draw_spectrum(panels[0, column], _fitted(own, source), expected.get(source))
        _draw_ratio(panels[1, column], own, tolerance)
        panels[0, column].set_title(source)
        panels[1, column].set_xlabel("frequency (MHz)")
    panels[0, 0].set_ylabel("flux density (Jy)")
    panels[1, 0].set_ylabel("ratio")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    handles.append(Line2D([], [], ls="", marker="x", color=style.STATUS_COLOURS[BAD]))
    handles.append(Patch(color=MODEL_RANGE))
    figure.legend(
        handles,
        [*labels, "no fit", "spread of the flux scales"],
        loc="outside lower center",
        ncols=3,
    )
    return figure


def _draw_spectrum(
    axes: Axes, fitted: Sequence[Record], curve: tuple[np.ndarray, np.ndarray] | None
) -> None:
    if curve is not None:
        marker = "_" if len(curve[0]) < 3 else ""
        axes.plot(*curve, color="#222222", lw=1, marker=marker, ms=14, label="expected", zorder=1)
    mhz = [r["freq_mhz"] for r in fitted]
    apparent = [r.get("flux_apparent_jy") for r in fitted]
    axes.plot(
        mhz,
        [np.nan if a is None else a for a in apparent],
        "o",
        ms=2.5,
        mfc="none",
        mew=0.6,
        color=style.QUIET,
        label="apparent (not beam-corrected)",
    )
    axes.errorbar(
        mhz,
        [r["flux_jy"] for r in fitted],
        [r["flux_err_jy"] or 0 for r in fitted],
        fmt="o",
        ms=3.2,
        elinewidth=0.7,
        color=style.SOURCE_COLOURS[0],
        label="measured, beam-corrected",
    )
    seen = [r.get("flux_visibility_jy") for r in fitted]
    axes.plot(
        mhz,
        [np.nan if f is None else f for f in seen],
        "_",
        ms=7,
        mew=0.9,
        color=style.SOURCE_COLOURS[1],
        label="from the visibilities",
    )
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _draw_ratio(axes: Axes, own: Sequence[Record], tolerance: float | None) -> None:
    if tolerance is not None:
        axes.axhspan(1 - tolerance, 1 + tolerance, color="#e3f1ee", lw=0, zorder=0)
    model = [
        (r["freq_mhz"], r["flux_expected_err_jy"] / r["flux_expected_jy"])
        for r in own
        if r.get("flux_expected_err_jy") is not None and r["freq_mhz"] is not None
    ]
    for mhz, share in model:
        axes.plot(
            [mhz, mhz],
            [1 - share, 1 + share],
            color=MODEL_RANGE,
            lw=5,
            zorder=0.5,
            solid_capstyle="butt",
        )
    axes.axhline(1, color="#222222", lw=0.8)
    known = [r for r in own if r["fit"] == "ok" and r.get("ratio") is not None]
    errors = [
        r["ratio"] * (r["flux_err_jy"] or 0) / r["flux_jy"] if r["flux_jy"] else 0 for r in known
    ]
    seen = [r for r in own if r.get("flux_visibility_jy") is not None]
    axes.plot(
        [r["freq_mhz"] for r in seen],
        [r["flux_visibility_jy"] / r["flux_expected_jy"] for r in seen],
        "_",
        ms=7,
        mew=0.9,
        color=style.SOURCE_COLOURS[1],
    )
    axes.errorbar(
        [r["freq_mhz"] for r in known],
        [r["ratio"] for r in known],
        errors,
        fmt="o",
        ms=3.2,
        elinewidth=0.7,
        color=style.SOURCE_COLOURS[0],
    )
    reach = max([0.3, *(1.15 * abs(r["ratio"] - 1) for r in known)])
    axes.set_ylim(max(0, 1 - reach), 1 + reach)
    failed = [r["freq_mhz"] for r in own if r["fit"] == "failed" and r["freq_mhz"] is not None]
    if failed:
        axes.plot(
            failed,
            [0.06] * len(failed),
            "x",
            transform=axes.get_xaxis_transform(),
            color=style.STATUS_COLOURS[BAD],
            ms=4,
        )


def offsets(calibrators: Sequence[Calibrator], fits: Sequence[Position]) -> Figure:
    """Draw the offset of each calibrator from its catalogue position.

    ``fits`` as refraction_fit.of_sources returns them: constant plus ionosphere.
    """
    known = [r for r in calibrators if r["fit"] == "ok" and offset_arcsec(r) is not None]
    if not known:
        raise style.NothingToPlotError("no position was measured")
    figure = style.new(3.2)
    places = figure.subplot_mosaic(
        [["direction", "ra"], ["direction", "dec"]], width_ratios=[1, 1.25]
    )
    _draw_directions(figure, places["direction"], known)
    for key, words in (("ra", "east (arcsec)"), ("dec", "north (arcsec)")):
        _draw_against_frequency(places[key], key, known, fits)
        places[key].set_ylabel(words)
    places["ra"].tick_params(labelbottom=False)
    places["ra"].set_title("against frequency")
    places["dec"].set_xlabel("frequency (MHz)")
    places["ra"].legend(ncols=3, columnspacing=1.0)
    low, high = places["ra"].get_ylim()
    places["ra"].set_ylim(low, high + 0.25 * (high - low))  # room for the legend
    return figure


def _draw_directions(figure: Figure, axes: Axes, known: Sequence[Record]) -> None:
    scale, colours = _frequency_colours(known)
    for number, source in enumerate(_sources(known)):
        own = [r for r in known if r["source"] == source]
        axes.scatter(
            [r["ra_offset_arcsec"] for r in own],
            [r["dec_offset_arcsec"] for r in own],
            c=[r["freq_mhz"] for r in own],
            norm=scale,
            cmap=colours,
            marker=style.SOURCE_MARKERS[number % len(style.SOURCE_MARKERS)],
            s=16,
            lw=0.4,
            ec="#333333",
        )
    reach = 1.15 * max(
        max(abs(r["ra_offset_arcsec"]), abs(r["dec_offset_arcsec"]), 1e-3) for r in known
    )
    axes.axhline(0, color=style.QUIET, lw=0.6)
    axes.axvline(0, color=style.QUIET, lw=0.6)
    axes.set(
        xlim=(reach, -reach),
        ylim=(-reach, reach),
        aspect="equal",
        xlabel="east: RA offset x cos Dec (arcsec)",
        ylabel="north: Dec offset (arcsec)",
        title="direction",
    )
    if len({r["freq_mhz"] for r in known}) > 1:
        figure.colorbar(
            matplotlib.cm.ScalarMappable(scale, colours),
            ax=axes,
            label="frequency (MHz)",
            pad=0.01,
            aspect=30,
            shrink=0.8,
        )


def _draw_against_frequency(
    axes: Axes, key: str, known: Sequence[Record], fits: Sequence[Record]
) -> None:
    """Draw one coordinate of all sources with its fit, and a tenth of the beam on either side.

    The beam is the narrowest among the sources.
    """
    mhz = np.array(sorted({r["freq_mhz"] for r in known}))
    for number, source in enumerate(_sources(known)):
        own = [r for r in known if r["source"] == source]
        colour = style.colour_of(number)
        axes.errorbar(
            [r["freq_mhz"] for r in own],
            [r[f"{key}_offset_arcsec"] for r in own],
            [r.get("offset_err_arcsec") or 0 for r in own],
            ls="",
            ms=3.2,
            elinewidth=0.7,
            color=colour,
            marker=style.SOURCE_MARKERS[number % len(style.SOURCE_MARKERS)],
            label=source,
        )
        for item in fits:
            if item["source"] == source:
                curve = np.linspace(mhz[0], mhz[-1], 100)
                share = item[f"{key}_ionosphere_arcsec"] * (REFERENCE_MHZ / curve) ** 2
                axes.plot(curve, item[f"{key}_constant_arcsec"] + share, lw=0.8, color=colour)
    beams = {
        f: min(
            (
                r["beam_fwhm_arcsec"]
                for r in known
                if r["freq_mhz"] == f and r.get("beam_fwhm_arcsec")
            ),
            default=np.nan,
        )
        for f in mhz
    }
    if np.isfinite(list(beams.values())).any():
        place, tenth = mhz, np.array(list(beams.values())) / 10
        axes.fill_between(
            place, -tenth, tenth, color="#e3f1ee", lw=0, zorder=0, label="a tenth of the beam"
        )
    axes.axhline(0, color=style.QUIET, lw=0.6)


def _frequency_colours(records: Sequence[Record]) -> tuple[Normalize, matplotlib.colors.Colormap]:
    values = [record["freq_mhz"] for record in records]
    low, high = min(values), max(values)
    margin = 1 if low == high else 0
    return Normalize(low - margin, high + margin), matplotlib.colormaps["viridis"]


def scintillation(points: Sequence[Record], freq_mhz: Mapping[str, float]) -> Figure:
    """Draw the flux of each source in time relative to its mean, one line per sub-band.

    ``freq_mhz`` gives the frequency of each sub-band.
    """
    known = [p for p in points if p.get("flux_jy") is not None and p["band"] in freq_mhz]
    if len({p["time_utc"] for p in known}) < 2:
        raise style.NothingToPlotError("scintillation needs images of at least two integrations")
    sources = _sources(known)
    start = min(datetime.fromisoformat(p["time_utc"]) for p in known)
    figure = style.new(2.5)
    panels = figure.subplots(1, len(sources), sharey=True, squeeze=False)[0]
    scale, colours = _frequency_colours([{"freq_mhz": freq_mhz[p["band"]]} for p in known])
    for panel, source in zip(panels, sources):
        for band in dict.fromkeys(p["band"] for p in known):
            own = sorted(
                (p for p in known if p["source"] == source and p["band"] == band),
                key=lambda p: p["time_utc"],
            )
            _draw_series(panel, own, start, colours(scale(freq_mhz[band])))
        panel.axhline(1, color="#222222", lw=0.6)
        panel.set(title=source, xlabel=f"seconds after {start:%H:%M:%S} UTC")
    reach = max(
        LEAST_CHANGE, *(1.1 * abs(end - 1) for panel in panels for end in panel.dataLim.intervaly)
    )
    panels[0].set_ylim(max(1 - reach, 0), 1 + reach)
    panels[0].set_ylabel("flux / mean flux")
    panels[0].yaxis.set_minor_formatter(NullFormatter())
    figure.colorbar(
        matplotlib.cm.ScalarMappable(scale, colours),
        ax=panels,
        label="frequency (MHz)",
        pad=0.01,
        aspect=30,
    )
    return figure


def _draw_series(
    axes: Axes, own: Sequence[Record], start: datetime, colour: tuple[float, ...]
) -> None:
    mean = np.mean([p["flux_jy"] for p in own]) if own else 0
    if mean > 0:
        seconds = [(datetime.fromisoformat(p["time_utc"]) - start).total_seconds() for p in own]
        axes.plot(
            seconds, [p["flux_jy"] / mean for p in own], marker=".", ms=3, lw=0.7, color=colour
        )
