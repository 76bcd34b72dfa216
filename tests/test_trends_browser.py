"""The page of the nights in a headless Chromium: an antenna's history, and the way to a report."""

import numpy as np
import pytest

import browser
from lwacal import records, settings, trends, trends_page
from test_outcome_trends import quality

NIGHTS = 30
TRENDS = settings.resolve({})["trends"]
STEPS = {"gain_db": 0.01, "delay_ns": 0.1}


def write_page(folder):
    """Write database and page for the records below a folder."""
    database = folder / "trends.sqlite"
    suggested, problems = trends.build(trends.find(folder), database, TRENDS)
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
            for number in range(2 if day == 7 else 3) for pol in "XY"]
        known["observation"]["mid_utc"] = f"2024-06-{day:02d}T09:00:13"
        records.write_json(folder / name / "qa.json", known)
    write_page(folder)
    return folder


def signal(number, pol, gain_db, delay_ns, broken):
    return {"index": number, "antenna": f"LWA00{number}", "pol": pol,
            "status": "bad" if broken else "good", "reasons": ["dead"] if broken else [],
            "gain_db": gain_db, "delay_ns": None if broken else 100 + delay_ns,
            "delay_difference_ns": None, "flagged_fraction": 0.1}


def recorded(results, name, pol, key):
    """Return a value of a signal over the nights, None where it is not known or not there."""
    nights = [records.read_json(path)["antennas"] for path in trends.find(results)]
    return [next((a[key] for a in night if (a["antenna"], a["pol"]) == (name, pol)), None)
            for night in nights]


@pytest.mark.parametrize("name", ["LWA000", "LWA001", "LWA002"])
@pytest.mark.parametrize("key", ["gain_db", "delay_ns"])
def test_history_holds_what_the_records_say(page, results, name, key):
    page.open(results / "trends.html")
    page.page.select_option("#history-antenna", name)
    for pol, letter in enumerate("XY"):
        values = f"Array.from(pastOf('{key}', {pol}))"
        shown = page.value(f"{values}.map(value => isKnown(value) ? value : null)")
        assert len(shown) == NIGHTS
        assert shown == pytest.approx(recorded(results, name, letter, key), rel=1e-6)
    assert page.errors == []


def test_address_chooses_the_antenna_and_hovering_tells_values(page, results):
    address = (results / "trends.html").as_uri() + "#antenna=LWA001"
    page.page.goto("about:blank")
    page.open(address)
    assert page.value("document.querySelector('#history-antenna').value") == "LWA001"
    last = page.value("nightInWords(29)").split("\n")
    assert last[0] == "20240630_090003: pass"
    assert last[1].startswith("X: bad, gain ")
    assert "delay not known" in last[1]
    assert "202406" in page.hover("#history")
    assert page.errors == []


def test_unknown_antenna_is_said(page, results):
    page.page.goto("about:blank")
    page.open((results / "trends.html").as_uri() + "#antenna=LWA999")
    assert page.text("#history-unknown") == "No observation has an antenna LWA999."
    assert page.errors == []


def test_click_on_a_night_opens_its_report(page, results):
    (results / "20240630_090003" / "report.html").write_text("<p>the report</p>")
    page.open(results / "trends.html")
    place = page.page.locator("#history").bounding_box()
    page.page.locator("#history").click(position={"x": place["width"] - 12, "y": 100})
    page.page.wait_for_url("**/20240630_090003/report.html")


def test_page_without_observations_loads(page, tmp_path):
    write_page(tmp_path)
    page.open(tmp_path / "trends.html")
    assert page.errors == []
