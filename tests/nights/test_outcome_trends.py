"""Links by outcome, and the database and page that follow the nights."""

import os
import sqlite3
from contextlib import closing

import pytest

from lwacal.nights import database_tables, trends_database
from lwacal.qa import outcome
from lwacal.records.configuration.trends import Trends
from lwacal.report import antenna_history, trends_page
from lwacal.runtime import products
from small_quality import quality

TRENDS = Trends()


@pytest.fixture
def night(tmp_path):
    folder = tmp_path / "results" / "night"
    products.write_json(folder / "qa.json", quality("night"))
    return folder


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [
        ("pass", "successful"),
        ("warn", "successful"),
        ("fail", "unsuccessful"),
    ],
)
def test_link_by_verdict_is_relative_and_products_stay(night, verdict, kind):
    record = outcome.sort(quality("night", verdict), night, night.parent, links=True)
    link = night.parent / kind / "night"
    assert record["outcome"] == kind
    assert record["link"] == f"{kind}/night"
    assert os.readlink(link) == "../night"
    assert (link / "qa.json").is_file()
    assert not night.is_symlink()


def test_link_of_an_earlier_verdict_goes_away(night):
    outcome.sort(quality("night", "fail"), night, night.parent, links=True)
    outcome.sort(quality("night", "pass"), night, night.parent, links=True)
    assert not (night.parent / "unsuccessful" / "night").is_symlink()
    assert (night.parent / "successful" / "night").is_symlink()
    outcome.sort(quality("night", "pass"), night, night.parent, links=False)
    assert not (night.parent / "successful" / "night").is_symlink()


def test_what_is_not_a_link_is_left_alone(night):
    place = night.parent / "successful" / "night"
    place.mkdir(parents=True)
    record = outcome.sort(quality("night"), night, night.parent, links=True)
    assert "left unchanged" in record["message"]
    assert place.is_dir()
    assert not place.is_symlink()


def build(results, database):
    """Build the database; return what could not be read."""
    return trends_database.build(trends_database.find(results), database, TRENDS)[1]


def write_nights(results, verdicts):
    for day, verdict in enumerate(verdicts, 1):
        name = f"202405{day:02d}_090003"
        products.write_json(results / name / "qa.json", quality(name, verdict, 1 + 0.01 * day))


def test_database_has_every_night_once(tmp_path):
    results = tmp_path / "results"
    write_nights(results, ["pass", "warn", "fail"])
    folder = results / "20240501_090003"
    outcome.sort(quality("20240501_090003"), folder, results, links=True)
    assert build(results, tmp_path / "trends.sqlite") == []
    with closing(sqlite3.connect(tmp_path / "trends.sqlite")) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in database_tables.OF_OBSERVATIONS
        }
        ratio = connection.execute(
            "SELECT ratio FROM calibrators WHERE observation = '20240503_090003'"
        ).fetchone()[0]
    assert counts == {"observations": 3, "metrics": 3, "antennas": 6, "bands": 3, "calibrators": 3}
    assert ratio == pytest.approx(1.03)


def test_same_records_give_the_same_bytes_and_odd_ones_are_left_out(tmp_path):
    results = tmp_path / "results %7E?mode=rw#"  # a path is no address
    write_nights(results, ["pass", "warn", "fail"] * 2)
    odd = quality("20240520_090003")
    odd["antennas"][0]["status"] = "wonderful"
    products.write_json(results / "odd" / "qa.json", odd)
    for name in ("one", "two"):
        assert "wonderful" in build(results, results / name)[0]
    assert (results / "one").read_bytes() == (results / "two").read_bytes()
    assert len(trends_database.read(results / "one").observations) == 6
    assert len(trends_database.read(results / "one", newest=2).antennas) == 4


def test_observations_without_antennas_are_followed(tmp_path):
    for day in range(1, 7):
        empty = {**quality(f"202405{day:02d}_090003"), "antennas": []}
        products.write_json(tmp_path / f"n{day}" / "qa.json", empty)
    database = tmp_path / "trends.sqlite"
    suggested, problems = trends_database.build(trends_database.find(tmp_path), database, TRENDS)
    assert (suggested["bad"], problems) == ([], [])
    trends_page.write(database, suggested, problems, TRENDS, tmp_path / "trends.html")
    assert "<h2>One antenna" not in (tmp_path / "trends.html").read_text()


def test_every_table_and_column_is_explained():
    """Each line of the schema that begins a table has a comment."""
    for line in database_tables.SCHEMA.splitlines():
        assert not line.startswith("CREATE TABLE") or "--" in line or line.endswith("("), line


def test_database_is_made_anew(tmp_path):
    results = tmp_path / "results"
    write_nights(results, ["pass", "pass"])
    database = tmp_path / "trends.sqlite"
    database.write_text("not a database")
    build(results, database)
    (results / "20240501_090003" / "qa.json").unlink()
    build(results, database)
    assert [row["id"] for row in trends_database.read(database).observations] == ["20240502_090003"]


def test_unreadable_nights_are_left_out_whole_and_named(tmp_path):
    results = tmp_path / "results"
    write_nights(results, ["pass"])
    broken = quality("20240509_090003")
    broken["bands"] = [{"band": "50MHz"}]
    products.write_json(results / "broken" / "qa.json", broken)
    (results / "odd").mkdir()
    (results / "odd" / "qa.json").write_text("{")
    problems = build(results, tmp_path / "trends.sqlite")
    assert len(problems) == 2
    assert "broken" in problems[0]
    history = trends_database.read(tmp_path / "trends.sqlite")
    assert len(history.observations) == 1
    assert {row["observation"] for row in history.antennas} == {"20240501_090003"}


@pytest.mark.parametrize("verdicts", [[], ["fail"], ["pass", "warn", "fail"] * 9])
def test_page_for_no_one_and_many_nights(tmp_path, verdicts):
    results = tmp_path / "results"
    results.mkdir()
    write_nights(results, verdicts)
    database, page = results / "trends.sqlite", results / "trends.html"
    found = trends_database.build(trends_database.find(results), database, TRENDS)
    trends_page.write(database, *found, TRENDS, page)
    text = page.read_text()
    rows = text.index('<section id="observations">')
    assert text.count('/report.html">', rows) == len(verdicts)
    assert "://" not in text
    assert text.count("Not drawn") == (1 if verdicts else 8)  # no phases, no validity


@pytest.mark.parametrize("number", [1, 7, 8])
def test_page_says_that_nights_are_too_few(tmp_path, number):
    write_nights(tmp_path, ["pass"] * number)
    found = trends_database.build(
        trends_database.find(tmp_path), tmp_path / "trends.sqlite", TRENDS
    )
    trends_page.write(tmp_path / "trends.sqlite", *found, TRENDS, tmp_path / "trends.html")
    text = (tmp_path / "trends.html").read_text()
    assert (f"Too few nights to detect changes ({number} of 8)" in text) == (number < 8)
    assert ("No antenna or board has changed" in text) == (number == 8)
    assert ("can only be detected with at least 8 nights" in text) == (number < 8)
    assert "over its first seven observations shown" in text


def test_history_of_a_report_ends_with_its_night(tmp_path, caplog):
    """Nights after it, and what is no record of a night, are left out."""
    paths = [tmp_path / name / "qa.json" for name in ("first", "second", "third", "broken")]
    for path, day in zip(paths, (1, 2, 3)):
        qa = quality(path.parent.name)
        qa["observation"]["mid_utc"] = f"2024-06-0{day}T09:00:13"
        products.write_json(path, qa)
    products.write_text(paths[3], "{}")
    history = antenna_history.until(products.read_json(paths[1]), paths)
    assert [(night["id"], night["folder"]) for night in history.observations] == [
        ("first", "first"),
        ("second", ""),
    ]
    assert {row["observation"] for row in history.antennas} == {"first", "second"}
    assert "is left out" in caplog.text
