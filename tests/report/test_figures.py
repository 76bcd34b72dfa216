"""The figures in print: text is large enough, lies over no other text, and axes say their units."""

import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.text import Text

from lwacal.nights import trends_database, validity
from lwacal.records import files
from lwacal.records.configuration.trends import Trends
from lwacal.records.quality import QualityRecord
from lwacal.report import figures, trends_page
from lwacal.report.plots import (
    antennas,
    boards,
    calibrators,
    data,
    delays,
    gains,
    labels,
    nights,
    style,
    trend_curves,
)
from made_up_plan import usual_faults
from report_case import NIGHT, records_of
from small_quality import quality

WITH_UNIT = re.compile(r"\((MHz|Jy|ns|m|arcsec|arcmin|degrees|deg|%|dB)\)|/beam|dB")
WITHOUT_UNIT = (
    "ratio",
    "gain amplitude",
    "flux / mean flux",
    "offset / beam",
    "integration",
    "antenna (correlator",
    "seconds after",
    "deg",
)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Records of a night with faults of all kinds, drawn by no one yet."""
    plan = replace(NIGHT, n_antennas=70, bad=usual_faults(70))
    return records_of(tmp_path_factory.mktemp("night"), plan)


def texts(figure):
    """Return the texts of a figure that are seen, and their boxes on the page, in points."""
    figure.set_dpi(72)
    figure.draw_without_rendering()
    hidden = not_drawn(figure)
    items = [
        item
        for item in figure.findobj(Text)
        if item.get_visible() and item.get_text().strip() and item not in hidden
    ]
    return items, [item.get_window_extent() for item in items]


def not_drawn(figure):
    """Return the labels of ticks beyond the ends of their axes, and all of hidden axes."""
    labels = set()
    for axes in figure.axes:
        if not axes.get_visible():
            labels |= set(axes.findobj(Text))
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            room = 1e-9 * (high - low)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low - room <= tick.get_loc() <= high + room:
                    labels |= {tick.label1, tick.label2}
    return labels


def overlaps(items, boxes):
    """Return the pairs of texts that cover each other by more than a point."""
    low = np.array([box.min for box in boxes]) + 0.5
    high = np.array([box.max for box in boxes]) - 0.5
    both = ((low[:, None] < high[None]) & (low[None] < high[:, None])).all(axis=2)
    pairs = np.argwhere(np.triu(both, 1))
    return [(items[i].get_text(), items[j].get_text()) for i, j in pairs]


def drawn(report, key):
    with style.applied():
        if key == "board":
            return boards.page(report.solutions, report.qa["antennas"], 0)
        return figures.FIGURES[key](report)


@pytest.mark.parametrize("key", [*figures.FIGURES, "board"])
def test_text_is_legible_in_print(report, key):
    with style.applied():
        items, boxes = texts(drawn(report, key))
    assert items
    small = {item.get_text() for item in items if item.get_fontsize() < style.SMALLEST_PT}
    assert small == set()
    assert overlaps(items, boxes) == []
    labels = {axes.get_xlabel() for axes in items[0].get_figure().axes}
    labels |= {axes.get_ylabel() for axes in items[0].get_figure().axes}
    bare = {
        text
        for text in labels
        if text and not WITH_UNIT.search(text) and not text.startswith(WITHOUT_UNIT)
    }
    assert bare - {"sub-band (MHz)"} == set()


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Twelve nights, of which the first knows only the higher of two sub-bands."""
    results = tmp_path_factory.mktemp("nights")
    for day in range(1, 13):
        night = quality(f"202405{day:02d}_090003", "pass", 1 + 0.001 * day)
        night["bands"].append({**night["bands"][0], "band": "41MHz", "freq_mhz": 43.2})
        night["bands"] = night["bands"][:1] if day == 1 else night["bands"]
        files.write(QualityRecord, results / f"n{day:02d}" / "qa.json", night)
    choice = Trends()
    assert (
        trends_database.build(trends_database.find(results), results / "trends.sqlite", choice)[1]
        == []
    )
    return trends_database.read(results / "trends.sqlite")


@pytest.mark.parametrize("key", trends_page.FIGURES)
def test_figures_of_the_nights_are_legible(history, key):
    with style.applied():
        items, boxes = texts(trends_page.FIGURES[key][1](history))
    assert {item.get_text() for item in items if item.get_fontsize() < style.SMALLEST_PT} == set()
    assert overlaps(items, boxes) == []


def test_figure_of_validity_is_legible():
    rows = [
        {"sky": sky, "median_days": days, "quantity": quantity, "p10": 0.5, "p50": 1, "p90": 2}
        for sky in ("same", "other")
        for days in (1, 2, 5.5, 11, 20, 45, 90, 180, 300)
        for quantity in validity.QUANTITIES
    ]
    with style.applied():
        items, boxes = texts(trend_curves.validity(rows))
    assert {item.get_text() for item in items if item.get_fontsize() < style.SMALLEST_PT} == set()
    assert overlaps(items, boxes) == []


def test_nights_keep_sub_bands_in_order_and_do_not_magnify(history):
    flagged = nights.flagged(history).axes[0]
    assert [label.get_text() for label in flagged.get_yticklabels()] == ["41", "50"]
    low, high = nights.flux_ratios(history).axes[0].get_ylim()
    assert low <= 0.9
    assert high >= 1.1


def signals(names, reasons):
    return [
        {
            "index": index,
            "antenna": name,
            "pol": pol,
            "reasons": reasons,
            "status": "bad" if reasons else "good",
        }
        for index, name in enumerate(names)
        for pol in "XY"
    ]


def test_names_of_another_array_fit_the_board():
    with style.applied():
        figure = antennas.board(signals([f"ANT{k:03d}" for k in range(40)], ["no_data"]))
        items, boxes = texts(figure)
    assert overlaps(items, boxes) == []
    assert "039" in {item.get_text() for item in items}
    assert "no data (80)" in {item.get_text() for item in items}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("LWA266", "266"),
        ("LWA-266", "266"),
        ("ANT014", "014"),
        ("core", "core"),
        ("7", "7"),
    ],
)
def test_short_names_keep_what_differs(name, short):
    assert style.short_name(name) == short


def test_points_are_named_where_there_is_room():
    """Twelve points on a spot cannot all be named; those far from each other are."""
    rng = np.random.default_rng(3)
    points = np.vstack([rng.normal(0, 1, (12, 2)), [[300, 300], [-300, 300], [300, -300]]])
    figure = style.new(3.0)
    axes = figure.add_subplot()
    axes.set(xlim=(-400, 400), ylim=(-400, 400))
    figure.draw_without_rendering()
    labels.name_points(axes, points, [f"{k:03d}" for k in range(15)], points, 20)
    items = list(axes.texts)
    named = {item.get_text() for item in items}
    assert {"012", "013", "014"} <= named
    assert len(named) < 15
    assert overlaps(items, [item.get_window_extent() for item in items]) == []


def test_a_board_that_is_late_is_named_without_overlap():
    signals = [
        {
            "index": k,
            "antenna": f"LWA{k:03d}",
            "pol": pol,
            "delay_ns": 200.0,
            "reference_ns": 0.0,
            "difference_ns": 200.0 if k < 32 else 0.0,
        }
        for k in range(64)
        for pol in "XY"
    ]
    with style.applied():
        figure = delays.delays({"antennas": signals}, 100.0)
        items, boxes = texts(figure)
    named = [item.get_text() for item in items if re.fullmatch(r"0\d\d", item.get_text())]
    assert len(named) >= 8
    assert len(named) == len(set(named))
    assert overlaps(items, boxes) == []


def test_panels_name_as_many_bad_signals_as_fit():
    assert gains._few(["266X", "266Y"]) == "266X 266Y"
    many = gains._few([f"{k}X" for k in range(100, 140)])
    assert many.endswith("+35")
    assert len(many) < 32


def test_changes_in_time_are_not_magnified():
    """A flux that is constant to a thousandth is a flat line, not a mountain range."""
    points = [
        {
            "source": "CygA",
            "band": "50MHz",
            "time_utc": f"2024-05-24T09:00:{10 * k:02d}",
            "flux_jy": 1000 + (k % 2),
        }
        for k in range(4)
    ]
    figure = calibrators.scintillation(points, {"50MHz": 52.0})
    low, high = figure.axes[0].get_ylim()
    assert low <= 0.9
    assert high >= 1.1
    points[0]["flux_jy"] = 3000
    assert calibrators.scintillation(points, {"50MHz": 52.0}).axes[0].get_ylim()[1] > 1.9


def test_range_of_the_flux_scales_is_drawn():
    record = {
        "source": "CygA",
        "band": "50MHz",
        "freq_mhz": 52.0,
        "flux_jy": 1000.0,
        "ratio": 1.0,
        "flux_err_jy": 10.0,
        "flux_expected_jy": 1000.0,
        "flux_expected_err_jy": 80.0,
        "fit": "ok",
    }
    lines = calibrators.spectra([record], {}, 0.2).axes[1].lines
    ranges = [line.get_ydata() for line in lines if line.get_color() == calibrators.MODEL_RANGE]
    assert np.allclose(ranges, [[0.92, 1.08]])


def test_no_flags_are_seen_and_labels_stay_with_their_bars():
    band = {"band": "50MHz", "flagged_fraction_data": 0.0, "flagged_by_cause": {}}
    figure = data.flagged([band], {"50MHz": ([50e6, 51e6], [0.0, 0.0])})
    top, bottom = figure.axes
    assert [label.xy for label in top.texts] == [(0, 0.0)]
    assert bottom.get_ylim()[0] < 0
