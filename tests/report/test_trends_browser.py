"""The page of the nights in a headless Chromium: an antenna's history, and the way to a report."""

import numpy as np
import pytest

import browser
import many_nights
from lwacal.nights import trends_database
from lwacal.records import files
from lwacal.records.configuration.trends import Trends
from lwacal.records.quality import QualityRecord
from lwacal.report import trends_page
from lwacal.runtime import products
from small_quality import quality

NIGHTS = 30
TRENDS = Trends()
STEPS = {"gain_db": 0.01, "delay_ns": 0.1}


def write_page(folder):
    """Write database and page for the records below a folder."""
    database = folder / "trends.sqlite"
    suggested, problems = trends_database.build(trends_database.find(folder), database, TRENDS)
    assert problems == []
    trends_page.write(database, suggested, problems, TRENDS, folder / "trends.html")


@pytest.fixture(scope="module")
def page():
    """A browser for the module; without Chromium, the tests are skipped and say so."""
    with browser.opened() as reader:
        yield reader


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Thirty nights of three antennas with drawn gains and delays, one night without the last."""
    folder = tmp_path_factory.mktemp("nights") / "results"
    rng = np.random.default_rng(30)
    for day in range(1, NIGHTS + 1):
        name = f"202406{day:02d}_090003"
        known = quality(name)
        known["antennas"] = [
            signal(number, pol, *np.round(rng.normal(size=2), 3), broken=number == 1 and day > 20)
            for number in range(2 if day == 7 else 3)
            for pol in "XY"
        ]
        known["observation"]["mid_utc"] = f"2024-06-{day:02d}T09:00:13"
        files.write(QualityRecord, folder / name / "qa.json", known)
    write_page(folder)
    return folder


def signal(number, pol, gain_db, delay_ns, broken):
    return {
        "index": number,
        "antenna": f"LWA00{number}",
        "pol": pol,
        "status": "bad" if broken else "good",
        "reasons": ["dead"] if broken else [],
        "gain_db": gain_db,
        "delay_ns": None if broken else 100 + delay_ns,
        "delay_difference_ns": None,
        "flagged_fraction": 0.1,
    }


def recorded(results, name, pol, key):
    """Return a value of a signal over the nights, None where it is not known or not there."""
    nights = [products.read_json(path)["antennas"] for path in trends_database.find(results)]
    return [
        next((a[key] for a in night if (a["antenna"], a["pol"]) == (name, pol)), None)
        for night in nights
    ]


@pytest.mark.parametrize("name", ["LWA000", "LWA001", "LWA002"])
@pytest.mark.parametrize("key", ["gain_db", "delay_ns"])
def test_history_holds_what_the_records_say(page, results, name, key):
    """Up to what all antennas have in common in a night, which is the same for each of them."""
    page.open(results / "trends.html")
    shown, recorded_ = {}, {}
    for antenna in (name, "LWA000"):
        page.page.select_option("#history-antenna", antenna)
        for pol, letter in enumerate("XY"):
            values = f"Array.from(pastOf('{key}', {pol}))"
            shown[antenna, letter] = page.value(
                f"{values}.map(value => isKnown(value) ? value : NaN)"
            )
            recorded_[antenna, letter] = recorded(results, antenna, letter, key)
    for letter in "XY":
        known, told = (
            np.array(pair[name, letter], float) - np.array(pair["LWA000", letter], float)
            for pair in (recorded_, shown)
        )
        assert len(told) == NIGHTS
        assert np.allclose(told, known, rtol=0, atol=1.01 * STEPS[key], equal_nan=True)
    assert page.errors == []


def test_address_chooses_the_antenna_and_hovering_tells_values(page, results):
    address = (results / "trends.html").as_uri() + "#antenna=LWA001"
    page.page.goto("about:blank")
    page.open(address)
    assert page.value("document.querySelector('#history-antenna').value") == "LWA001"
    last = page.value("nightInWords(29)").split("\n")
    assert last[0] == "20240630_090003: pass"
    assert last[1].startswith("X: bad, gain ")
    assert "delay unknown" in last[1]
    assert "202406" in page.hover("#history")
    assert page.errors == []


def test_unknown_antenna_is_said(page, results):
    page.page.goto("about:blank")
    page.open((results / "trends.html").as_uri() + "#antenna=LWA999")
    assert page.text("#history-unknown") == "No observation includes antenna LWA999."
    assert page.errors == []


def test_click_on_a_night_opens_its_report(page, results):
    (results / "20240630_090003" / "report.html").write_text("<p>the report</p>")
    page.open(results / "trends.html")
    place = page.page.locator("#history").bounding_box()
    page.page.locator("#history").click(position={"x": place["width"] - 12, "y": 100})
    page.page.wait_for_url("**/20240630_090003/report.html")


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """The page of thirty nights of 96 antennas: a board fails, one drifts, one is swapped."""
    folder = tmp_path_factory.mktemp("planted")
    first = many_nights.template(folder / "records", 96, ("41MHz", "59MHz"))
    events = many_nights.Planted(
        board=(1, 16, -6.1),
        drift=(77, "X", 12, 0.45),
        swap=(20, 29),
        dead=((5, "X", 0, 99), (70, "Y", 3, 18)),
        gaps=(9, 10),
    )
    many_nights.write(folder / "results", first, NIGHTS, events)
    write_page(folder / "results")
    return folder / "results"


def names_of(places):
    return [many_nights.real_names(96)[place] for place in places]


def test_page_leads_with_what_changed_and_what_to_look_at(page, planted):
    swapped, drifting, dead, recovered = names_of([20, 77, 5, 70])
    page.open(planted / "trends.html")
    assert page.text("#last li") == (
        f"{swapped} X and Y: cables swapped on 2024-05-30 (one night so far)"
    )
    look = page.text("#look tbody").splitlines()
    assert [line.split()[0] for line in look] == [swapped, dead, drifting]
    assert recovered not in page.text("#look")
    headings = page.page.locator("h2").all_inner_texts()
    assert headings[:3] == ["What changed last night", "What to check", "One antenna"]
    changes = page.text("#changes tbody")
    assert "SNAP2 board 2: gain of 32 antennas changed by −6.1 dB on 2024-05-17" in changes
    assert f"{recovered} Y: recovered on 2024-05-19" in changes
    assert f"{drifting} X: delay drifts by +0.4" in changes
    assert len(changes.splitlines()) == 5  # and nothing that was not planted
    assert page.errors == []


def test_click_on_what_to_look_at_shows_the_antenna(page, planted):
    drifting = names_of([77])[0]
    page.open(planted / "trends.html")
    assert page.value("document.querySelector('#history-antenna').value") == names_of([20])[0]
    page.click(f"#look a[href='#antenna={drifting}']")
    page.page.wait_for_timeout(100)
    assert page.value("document.querySelector('#history-antenna').value") == drifting
    assert page.text("#history-changes").startswith(f"{drifting} X: delay drifts")
    assert "SNAP2 board 3" in page.text("#history-wiring")
    assert "phase change" in page.value("nightInWords(27)")
    assert page.errors == []


def test_boards_tell_their_values(page, planted):
    page.open(planted / "trends.html")
    last = "boards.arrays[0].gain_db[1 * NIGHTS.length + NIGHTS.length - 1]"
    first = "boards.arrays[0].gain_db[1 * NIGHTS.length]"
    assert page.value(f"{last} - {first}") == pytest.approx(-6.1, abs=0.1)
    assert "SNAP2 board 3: 0.0 dB" in page.hover("#board-map", across=0.9)
    page.page.select_option("#boards-kind", "1")
    page.page.select_option("#boards-quantity", "bad")
    assert page.text("#boards-scale").split()[0] == "0"
    assert page.value("chosenBoards().names").count("ARX board 24") == 1
    assert page.errors == []


def test_sidereal_time_chooses_the_nights_that_are_shown(page, planted):
    page.open(planted / "trends.html")
    count = "NIGHTS.map((_, night) => isShown(night)).filter(Boolean).length"
    assert page.value(count) == NIGHTS - 2
    page.page.select_option("#history-lst", "0")
    assert page.value(count) == 0  # all are at 16 h
    page.page.select_option("#history-lst", "12")
    assert page.value(count) == NIGHTS - 2
    assert page.errors == []


@pytest.mark.parametrize("width", [1400, 900, 480])
def test_page_is_no_wider_than_the_window(page, planted, width):
    page.page.set_viewport_size({"width": width, "height": 900})
    page.open(planted / "trends.html")
    assert page.value("document.documentElement.scrollWidth") <= width


def test_page_without_observations_loads(page, tmp_path):
    write_page(tmp_path)
    page.open(tmp_path / "trends.html")
    assert page.errors == []
