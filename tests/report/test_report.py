"""The report: complete for any array and band, self-contained, the same each time."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import made_up_images
import made_up_observation as made_up
from lwacal.driver import settings
from lwacal.io.solutions import CAUSES, Solutions
from lwacal.report import figures as report_figures
from lwacal.report import html, pdf, pdf_first_page, result_tables
from lwacal.report.plots import gains, sky, style
from lwacal.runtime import paths
from made_up_plan import Plan, usual_faults
from report_case import NIGHT, records_of

PROJECT = paths.PROJECT
SCHEMA = PROJECT / "workflow" / "schemas" / "config.schema.json"
SMALL = Plan(n_antennas=20, bands=("27MHz",), n_channels=6, n_integrations=1)


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    plan = replace(NIGHT, bad=usual_faults(NIGHT.n_antennas))
    report = records_of(tmp_path_factory.mktemp("night"), plan)
    return report, report_figures.draw_all(report)


def test_a_whole_night_draws_every_figure(night):
    _, figures = night
    assert [figure.message for figure in figures] == [""] * len(figures)
    assert [figure.number for figure in figures] == list(range(1, len(figures) + 1))
    assert all(figure.png.startswith(b"\x89PNG") for figure in figures)
    assert all(figure.shows and figure.normal for figure in figures)


@pytest.mark.parametrize(
    "plan",
    [
        SMALL,
        replace(SMALL, n_antennas=5, images=False),
        replace(SMALL, n_antennas=1, n_channels=1),
        replace(SMALL, unsolved=SMALL.bands),
        replace(NIGHT, unsolved=("46MHz",), delay_reference=False),
    ],
    ids=["20 antennas", "no images", "one channel", "nothing solved", "gap in the band"],
)
def test_poor_observations_give_a_whole_report(tmp_path, plan):
    report = records_of(tmp_path, plan)
    figures = report_figures.draw_all(report)
    assert all(figure.png or figure.message for figure in figures)
    boards = report_figures.draw_boards(report)
    assert [page.number for page in boards] == [len(figures) + 1 + n for n in range(len(boards))]
    pdf.write(report, figures, boards, tmp_path / "report.pdf")
    html.write(report, figures, tmp_path / "report.html")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    page = (tmp_path / "report.html").read_text()
    for figure in figures:
        assert f"Figure {figure.number}. {figure.title}" in page
    assert page.count("Not drawn: ") == sum(bool(figure.message) for figure in figures)


def test_html_needs_nothing_else(night, tmp_path):
    report, figures = night
    html.write(report, figures, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    links = re.findall(r"""(?:src|href)=["']([^"']*)""", page)
    assert links
    assert all(link.startswith(("data:", "#")) for link in links)
    assert "://" not in re.sub(r"data:[^\"]*", "", page)
    targets = {link[1:] for link in links if link.startswith("#")}
    assert targets <= set(re.findall(r'id="([^"]*)"', page))


def test_text_of_records_is_escaped(night, tmp_path):
    report, figures = night
    qa = {**report.qa, "reasons": ["<script>alert(1)</script> & more"]}
    changed = replace(report, qa=qa)
    html.write(changed, figures, tmp_path / "report.html")
    pdf.write(changed, figures, [], tmp_path / "report.pdf")
    assert "<script>alert" not in (tmp_path / "report.html").read_text()


def test_same_records_give_the_same_files(night, tmp_path):
    report, figures = night
    again = report_figures.draw_all(report)
    assert [figure.png for figure in figures] == [figure.png for figure in again]
    for number, drawn in enumerate((figures, again)):
        pdf.write(report, drawn, [], tmp_path / f"{number}.pdf")
        html.write(report, drawn, tmp_path / f"{number}.html")
    for suffix in ("pdf", "html"):
        first, second = ((tmp_path / f"{k}.{suffix}").read_bytes() for k in (0, 1))
        assert first == second


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_first_page_of_the_pdf_has_what_decides(night, tmp_path):
    report, figures = night
    pdf.write(report, figures, [], tmp_path / "report.pdf")
    done = subprocess.run(
        ["pdftotext", "-l", "1", "-layout", tmp_path / "report.pdf", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    page = " ".join(done.stdout.split())
    assert report.qa["verdict"].upper() in page
    assert " ".join(report.qa["reasons"][0].split()[:6]) in page
    for word in ("LST", "CygA", "elevation", "Reference antenna", "calibrators", "Figure 1"):
        assert word in page


def test_links_of_the_first_page_lead_into_the_document(night, tmp_path):
    """A link to a target that is not there would be an error when the document is built."""
    report, figures = night
    pdf.write(report, figures, [], tmp_path / "report.pdf")
    raw = (tmp_path / "report.pdf").read_bytes()
    wanted = (
        len(pdf_first_page.CONTENTS) + len(report.qa["stages"]) + len(pdf_first_page.THUMBNAILS)
    )
    assert raw.count(b"/Subtype /Link") == wanted
    broken = [figure for figure in figures if figure.key != "data_flags"]
    with pytest.raises(ValueError, match="data_flags"):
        pdf.write(report, broken, [], tmp_path / "broken.pdf")


def test_tables_say_what_is_bad(night):
    report, _ = night
    table = result_tables.antennas(report.qa, everything=False)
    named = {(row[0].text, row[3].text) for row in table.rows}
    bad = {(a["antenna"], a["pol"]) for a in report.qa["antennas"] if a["status"] != "good"}
    assert named == bad
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_antennas_without_data_are_one_row(night):
    """Of 236 antennas that a file names but does not hold, a table of pages says nothing."""
    qa = night[0].qa
    absent = [
        {**a, "status": "bad", "reasons": ["no_data"], "gain_db": None, "delay_ns": None}
        if 20 <= a["index"] < 38
        else a
        for a in qa["antennas"]
    ]
    table = result_tables.antennas({**qa, "antennas": absent}, everything=False)
    first, last = (qa["antennas"][2 * index]["antenna"] for index in (20, 37))
    rows = [[cell.text for cell in row[:6]] for row in table.rows]
    assert [row for row in rows if "no data" in row[5]] == [
        [
            f"{first} to {last}",
            "20 to 37",
            "1 to 2",
            "X Y",
            "bad",
            "no data, or all flagged in the raw data",
        ]
    ]
    other = {
        (a["antenna"], a["pol"])
        for a in absent
        if a["status"] != "good" and a["reasons"] != ["no_data"]
    }
    assert {(row[0], row[3]) for row in rows if "no data" not in row[5]} == other != set()
    everything = result_tables.antennas({**qa, "antennas": absent}, everything=True)
    assert len(everything.rows) == len(absent)


def test_frequency_grid_leaves_gaps():
    frequency_hz = np.array([10e6, 11e6, 12e6, 20e6, 21e6])
    edges, bins = style.frequency_grid(frequency_hz)
    assert len(edges) == 13
    assert bins.tolist() == [0, 1, 2, 10, 11]
    values = style.mean_in_bins(np.arange(5.0)[None], np.ones((1, 5), bool), bins, 12)
    assert np.isnan(values[0, 3:10]).all()
    assert values[0, [0, 1, 2, 10, 11]].tolist() == [0, 1, 2, 3, 4]


def test_thinning_keeps_point_sources_and_their_place(tmp_path):
    data = np.zeros((1500, 1500), np.float32)
    data[900, 300] = 7.0
    data[:100] = np.nan
    made_up_images.write_fits(tmp_path / "a.fits", data, 0.05, 50.0, 37.0)
    image = sky.read_image(tmp_path / "a.fits")
    assert image.step == 3
    assert image.values[300, 100] == 7.0
    direction = WCS(fits.getheader(tmp_path / "a.fits")).celestial.wcs_pix2world([[301, 901]], 0)
    assert np.round(sky.pixel_of(image, *direction[0])).tolist() == [100, 300]
    assert sky.read_image(tmp_path / "gone.fits") is None


def test_wide_bins_average_only_good_channels():
    frequency_hz = np.linspace(10e6, 20e6, 100)
    edges, bins = style.frequency_grid(frequency_hz, max_bins=10)
    assert len(edges) == 11
    good = np.zeros((1, 100), bool)
    good[0, :5] = True
    values = style.mean_in_bins(np.arange(100.0)[None], good, bins, 10)
    assert values[0, 0] == 2.0
    assert np.isnan(values[0, 1:]).all()


def test_the_gravest_cause_is_shown():
    causes = [0, CAUSES["clip"], CAUSES["clip"] | CAUSES["health"], CAUSES["scatter"]]
    cause = np.array(causes, np.uint16).reshape(1, 4, 1).repeat(2, axis=2)
    interpolated = cause == CAUSES["scatter"]
    solutions = Solutions(
        antenna_names=["LWA001"],
        frequency_hz=np.arange(4.0),
        gain=np.ones(cause.shape, complex),
        cause=cause,
        interpolated=interpolated,
    )
    shown = gains.gravest(solutions)[0, :, 0].tolist()
    assert shown == [0, 3, 2 + len(gains.CAUSE_LOOKS), 1]


def test_every_cause_has_a_look():
    assert set(gains.CAUSE_LOOKS) == set(CAUSES)


def test_command_line(tmp_path):
    paths = made_up.write(tmp_path, replace(SMALL, n_antennas=3, images=False))
    scripts = PROJECT / "workflow" / "scripts"
    quality = settings.section_json(settings.resolve({}), "quality", "delay")
    common = [f"--{key}={paths[key]}" for key in ("manifest", "health", "delay", "measurements")]
    common += [f"--sky-model={paths['sky_model']}", "--flags", *map(str, paths["flags"])]
    subprocess.run(
        [
            sys.executable,
            scripts / "assess.py",
            *common,
            "--bandpass",
            *paths["bandpass"],
            "--solutions",
            paths["solutions"],
            "--settings",
            quality,
            "--output",
            tmp_path / "qa.json",
        ],
        check=True,
    )
    subprocess.run(
        [
            sys.executable,
            scripts / "report.py",
            *common,
            "--ionosphere",
            paths["ionosphere"],
            "--solutions",
            paths["solutions_npz"],
            "--qa",
            tmp_path / "qa.json",
            "--run",
            paths["run"],
            "--images",
            *paths["images"],
            "--allsky",
            paths["allsky"],
            "--results",
            tmp_path,
            "--figures",
            tmp_path / "figures",
            "--pdf",
            tmp_path / "report.pdf",
            "--html",
            tmp_path / "report.html",
        ],
        check=True,
    )
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
    assert (tmp_path / "report.html").stat().st_size > 10_000
