"""The report in a headless Chromium, as a reader uses it: look, sort, filter, click, hover."""

import copy
import functools
import http.server
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

import browser
from lwacal.records import files
from lwacal.records.quality import QualityRecord
from lwacal.report import antenna_history, html
from lwacal.report.plots import sky
from made_up_plan import usual_faults
from report_case import NIGHT, records_of

ALL = "#antenna-table tbody tr"
NUMBER = r"([−+]?[\d.]+)"


@pytest.fixture(scope="module")
def page():
    """A browser for the module; without Chromium, the tests are skipped and say so."""
    with browser.opened() as reader:
        yield reader


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """Records of a night with faults and its report, without figures: they are tested apart."""
    folder = tmp_path_factory.mktemp("results") / "night"
    folder.mkdir()
    plan = replace(NIGHT, bad=usual_faults(NIGHT.n_antennas), unsolved=("46MHz",))
    report = with_history(records_of(folder, plan))
    html.write(report, [], folder / "report.html")
    return report, folder


def with_history(report):
    """Return the records with two nights before: an antenna's delays 3 and 2 ns from this one's."""
    nights = []
    for number, more_ns in ((1, 3), (2, 2)):
        qa = copy.deepcopy(report.qa)
        qa["observation"] |= {"id": f"before{number}", "mid_utc": f"2020-01-0{number}T09:00:00"}
        for signal in qa["antennas"]:
            if signal["delay_ns"] is not None:
                signal["delay_ns"] += more_ns
        path = report.allsky[1].parents[1].parent / f"before{number}" / "qa.json"
        files.write(QualityRecord, path, qa)
        nights.append(path)
    return replace(report, nights=antenna_history.until(report.qa, nights))


@pytest.fixture
def shown(page, night):
    """The report, freshly loaded."""
    page.open(night[1] / "report.html")
    yield page
    assert page.errors == []


def choose(page, field, value):
    """Set a field of the filter as a reader does, and return the rows that are shown."""
    page.value(f"""(() => {{
      const field = document.querySelector("form.filter").elements["{field}"];
      field.value = "{value}";
      field.dispatchEvent(new Event("input", {{bubbles: true}}));
    }})()""")
    return page.value(f"""[...document.querySelectorAll("{ALL}")].filter(row => !row.hidden)
      .map(row => [row.cells[0].innerText, row.cells[3].innerText])""")


def signals(report, wanted):
    return [[a["antenna"], a["pol"]] for a in report.qa["antennas"] if wanted(a)]


def numbers(text):
    return [float(word.replace("−", "-")) for word in re.findall(NUMBER, text)]


def test_loads_from_a_plain_web_server(page, night):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *words):
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(night[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.open(f"http://127.0.0.1:{server.server_port}/report.html")
        server.shutdown()
    assert page.errors == []
    assert page.text("#verdict") == night[0].qa["verdict"].upper()


def test_table_sorts_both_ways_and_says_so(shown, night):
    heading = "#antenna-table th:nth-child(7)"
    for order in ("ascending", "descending"):
        shown.click(f"{heading} button")
        assert shown.value(f"document.querySelector('{heading}').ariaSort") == order
        gains = shown.value(f"""[...document.querySelectorAll("{ALL}")]
          .map(row => row.cells[6].dataset.sort).filter(text => text).map(Number)""")
        assert len(gains) > 70
        assert gains == sorted(gains, reverse=order == "descending")


def test_filters_show_the_same_in_table_board_and_maps(shown, night):
    report, _ = night
    assert choose(shown, "status", "bad") == signals(report, lambda a: a["status"] == "bad")
    bright = shown.value(
        "[...document.querySelectorAll('#board .antenna:not(.away)')]"
        ".map(cell => Number(cell.dataset.index))"
    )
    assert bright == sorted({a["index"] for a in report.qa["antennas"] if a["status"] == "bad"})
    dots = shown.value(
        "[...document.querySelectorAll('.map .antenna:not(.away)')]"
        ".map(dot => Number(dot.dataset.index))"
    )
    assert set(dots) == set(bright)
    choose(shown, "status", "")
    assert choose(shown, "board", "2") == signals(report, lambda a: a["index"] >= 32)
    choose(shown, "board", "")
    noisy = choose(shown, "reason", "noisy")
    assert noisy == signals(report, lambda a: "noisy" in a["reasons"]) != []
    choose(shown, "reason", "")
    name = report.qa["antennas"][5]["antenna"]
    assert choose(shown, "text", name) == signals(report, lambda a: a["antenna"] == name)


@pytest.mark.parametrize("place", ["#board .antenna", ".map .antenna", ALL])
def test_click_opens_the_bandpass_of_the_antenna(shown, night, place):
    report, _ = night
    index = int(shown.value("document.querySelector('.map .antenna:last-of-type').dataset.index"))
    shown.click(f'{place}[data-index="{index}"]')
    signal = next(a for a in report.delay["antennas"] if (a["index"], a["pol"]) == (index, "Y"))
    assert report.qa["antennas"][2 * index]["antenna"] in shown.text("#panel-title")
    facts = shown.text("#facts")
    value = (
        "flagged"
        if signal["delay_ns"] is None
        else f"{signal['delay_ns']:.2f} ± {signal['delay_err_ns']:.2f} ns".replace("-", "−")
    )
    assert value in facts
    assert shown.value("document.querySelector('#history-link').href").endswith(
        "/trends.html#antenna=" + report.qa["antennas"][2 * index]["antenna"]
    )


def test_values_under_the_mouse_are_those_of_the_solutions(shown, night):
    report, _ = night
    index = 13
    shown.click(f'#board .antenna[data-index="{index}"]')
    said = shown.hover("#bandpass", 0.95).split("\n")  # in the last sub-band, which is solved
    mhz = numbers(said[0].split(" at ")[1])[0]
    solutions = report.solutions
    channel = int(np.abs(solutions.frequency_hz / 1e6 - mhz).argmin())
    assert solutions.frequency_hz[channel] / 1e6 == pytest.approx(mhz, abs=0.001)
    for pol, line in enumerate(said[1:]):
        gain = solutions.gain[index, channel, pol]
        amplitude, _, phase = numbers(line.replace(",", ""))[:3]
        assert amplitude == pytest.approx(20 * np.log10(abs(gain)), abs=0.101)
        difference = (phase - np.degrees(np.angle(gain)) + 180) % 360 - 180
        assert abs(difference) <= 360 / 256 / 2 + 0.5
        assert ("flagged" in line) == bool(solutions.flag[index, channel, pol])


def test_panel_stays_where_it_is_when_values_are_said(shown):
    """If it grew under the mouse, the mouse would be elsewhere, and what it said would go away."""
    shown.page.set_viewport_size({"width": 1400, "height": 1400})
    shown.click('#board .antenna[data-index="13"]')
    place = "document.querySelector('#bandpass').getBoundingClientRect().top"
    before = shown.value(place)
    shown.hover("#bandpass")
    assert "MHz" in shown.text("#reading")
    assert shown.value(place) == before
    shown.page.set_viewport_size({"width": 1400, "height": 1000})


@pytest.mark.parametrize("width", [1400, 900, 500])
def test_page_fits_the_window_and_headings_are_not_hidden(shown, width):
    shown.page.set_viewport_size({"width": width, "height": 1000})
    shown.page.locator("nav a", has_text="Solutions").click()
    shown.page.wait_for_timeout(100)
    heading, bar = (
        shown.value(f"document.querySelector('{name}').getBoundingClientRect().{end}")
        for name, end in (("#solutions h2", "top"), ("nav", "bottom"))
    )
    assert heading >= bar
    assert shown.value("document.documentElement.scrollWidth") <= width
    shown.page.set_viewport_size({"width": 1400, "height": 1000})


def test_stages_lead_to_their_sections(shown):
    targets = shown.value("[...document.querySelectorAll('#top td a')].map(a => a.hash)")
    assert targets == ["#bands", "#antennas", "#solutions", "#delays", "#calibrators", "#sky"]


def test_panel_shows_the_history_up_to_this_night(shown, night):
    report, _ = night
    signal = next(a for a in report.qa["antennas"] if a["pol"] == "X" and a["delay_ns"])
    shown.click(f'#board .antenna[data-index="{signal["index"]}"]')
    assert shown.value("NIGHTS.map(night => night.id)") == [
        "before1",
        "before2",
        report.qa["observation"]["id"],
    ]
    changes = shown.value("seriesOf(PANELS[1])[0]")
    assert changes == pytest.approx([1, 0, -2], abs=1e-3)  # from the median of the nights
    assert signal["status"] in shown.value("nightInWords(2)")
    assert shown.value("document.querySelector('#history').getBoundingClientRect().height") > 300


def test_panel_says_where_the_history_is_if_the_file_is_alone(shown):
    shown.click('#board .antenna[data-index="13"]')
    said = shown.text("#panel")
    assert "trends.html" in said
    assert "has been copied elsewhere" in said


def test_every_solution_is_unpacked_as_it_was(shown, night):
    solutions = night[0].solutions
    solved = solutions.solved().transpose(2, 0, 1)
    read = shown.value("""(() => { const places = Array.from(bandpass.amplitude.keys());
      const pol = place => POLARIZATIONS[Math.floor(place / bandpass.channels / bandpass.antennas)];
      return {solved: places.map(isSolved), flagged: places.map(isFlagged),
        interpolated: places.map(isInterpolated), phase: places.map(phaseAt),
        level: places.map(k => isSolved(k) ? amplitudeAt(k, pol(k), k % bandpass.channels) : 0)};
      })()""")
    gain = solutions.gain.transpose(2, 0, 1)
    assert np.array_equal(np.reshape(read["solved"], gain.shape), solved)
    for name, array in (("flagged", solutions.flag), ("interpolated", solutions.interpolated)):
        assert np.array_equal(np.reshape(read[name], gain.shape), array.transpose(2, 0, 1))
    level = np.reshape(read["level"], gain.shape)[solved]
    assert np.abs(level - 20 * np.log10(np.abs(gain[solved]))).max() < 0.0501
    phase = np.radians(np.reshape(read["phase"], gain.shape))
    off = np.abs(np.degrees(np.angle(gain * np.exp(-1j * phase))))[solved]
    assert off.max() <= 360 / 256 / 2 + 1e-3


def test_hover_tells_status_and_reason(shown, night):
    bad = next(a for a in night[0].qa["antennas"] if a["reasons"] == ["weak_gain"])
    place = f'#board .antenna[data-index="{bad["index"]}"] [data-pol={bad["pol"]}]'
    said = shown.hover(place)
    assert bad["antenna"] in said
    assert "bad: much weaker than comparable antennas" in said
    assert f"gain {bad['gain_db']:+.1f} dB".replace("-", "−") in said


def test_waterfall_and_spectra_answer(shown, night):
    said = shown.hover("#waterfall")
    assert re.match(r"LWA\d+, board \d, at [\d.]+ MHz\nX: ", said)
    shown.value("document.querySelector('#fall-what').value = 'flags'; drawWaterfall()")
    first = night[0].qa["calibrators"][0]
    said = shown.hover("svg.spectrum .measured")
    assert f"measured {first['flux_jy']:,.0f} ± {first['flux_err_jy']:,.0f} Jy" in said
    assert f"ratio {first['ratio']:.3f}" in said


def test_keyboard_reaches_antennas_and_closes_the_panel(shown, night):
    shown.value("document.querySelector('#board .antenna').focus()")
    shown.press("ArrowRight")
    shown.press("ArrowDown")
    shown.press("Enter")
    assert "number 33" in shown.text("#panel-title")
    shown.press("Escape")
    assert shown.value("document.querySelector('#panel').hidden")
    shown.value("document.querySelector('#antenna-table button.open').focus()")
    shown.press("Enter")
    assert "number 0" in shown.text("#panel-title")


def test_sky_tells_direction_and_brightness(shown, night):
    _, folder = night
    path = folder / "images/allsky/mid-MFS-image.fits"
    image = sky.read_image(path)
    shown.value("chooseSky(1)")
    x, y = 201, 301
    brightness, ra, dec = re.match(
        rf"{NUMBER} Jy/beam\nRA .* \({NUMBER}°\), Dec {NUMBER}°",
        shown.value(f"skyInWords({x}, {y})"),
    ).groups()
    step = shown.value("sky.image.step_jy")
    noise = 1.4826 * np.median(np.abs(image.values - np.median(image.values)))
    assert step <= noise / 4
    assert float(brightness) == pytest.approx(image.values[y, x], abs=0.51 * step + 0.005)
    truth = WCS(fits.getheader(path)).celestial.wcs_pix2world([[x, y]], 0)[0]
    assert [float(ra), float(dec.replace("−", "-"))] == pytest.approx(truth, abs=0.0051)
    assert "Jy/beam" in shown.hover("#sky-canvas")
    shown.click("#sky-in")
    assert shown.value("sky.zoom") == 2


def test_nothing_can_be_loaded_from_elsewhere(shown, night):
    policy = shown.value("document.querySelector('meta[http-equiv]').content")
    assert policy.startswith("default-src 'none'")
    blocked = shown.value("fetch('https://example.org/').then(() => 'loaded', () => 'blocked')")
    assert blocked == "blocked"
    assert "Content Security Policy" in shown.errors[0]
    shown.errors.clear()


def test_report_without_solutions_and_images_says_so(page, tmp_path):
    plan = replace(NIGHT, unsolved=NIGHT.bands, images=False, delay=False)
    html.write(records_of(tmp_path, plan), [], tmp_path / "report.html")
    page.open(tmp_path / "report.html")
    page.click('#board .antenna[data-index="3"]')
    assert "no bandpass solutions" in page.text("#no-bandpass")
    assert "unknown" in page.text("#facts")
    assert page.errors == []
