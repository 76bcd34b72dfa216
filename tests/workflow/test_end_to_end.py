"""The whole workflow on a simulated night: what comes out is the truth that went in."""

import json
import re

import numpy as np
import pytest

import browser
import quality_schema
from lwacal.io import caltable
from night import (
    BANDS,
    DEAD,
    DELAYED,
    OPTIONS,
    RFI_BAND,
    RFI_CHANNEL,
    WEAK,
    ZERO_BAND,
    ZERO_INTEGRATION,
)
from thermal_expectation import relative_gain_error
from workflow_run import folder_digest

STAMP = OPTIONS.start
MEDIAN_OF_NORMAL = 0.6745  # of |x| in units of sigma


def compared(night, band):
    """Return gains over true gains, (antenna, channel, 2), NaN where flagged.

    Phases are relative to the mean over antennas, in which the reference antenna's own noise, which
    is in every phase, averages out.
    """
    table = caltable.read(night.path(f"tables/{STAMP}_{band}.bcal"))
    ratio = np.where(table.flag, np.nan, table.gain / night.arrays[f"gain_{band}"])
    return ratio / np.exp(1j * np.angle(np.nanmean(ratio, axis=0)))


@pytest.mark.parametrize("band", BANDS)
def test_gains_are_recovered_within_the_noise(night, band):
    ratio = compared(night, band)
    expected = relative_gain_error(night, band)
    for error in (np.abs(ratio) - 1, np.angle(ratio)):
        in_sigma = np.abs(error) / (expected / np.sqrt(2))
        assert np.nanmedian(in_sigma) < 1.5 * MEDIAN_OF_NORMAL
        assert np.nanmedian(in_sigma) > 0.5 * MEDIAN_OF_NORMAL  # or the expectation is wrong


def test_hardly_a_good_solution_is_flagged(night):
    ruined = {night.antenna(WEAK), night.antenna(DEAD)}
    good = [n for n in range(OPTIONS.n_antennas) if n not in ruined]
    for band in BANDS:
        flag = caltable.read(night.path(f"tables/{STAMP}_{band}.bcal")).flag[good]
        assert flag.mean() < 0.02


def test_tables_are_what_the_beamformer_loads(night):
    tables = sorted(path.name for path in night.path("tables").glob("*.bcal"))
    assert tables == [f"{STAMP}_{band}.bcal" for band in BANDS]
    table = caltable.read(night.path("tables") / tables[0])
    assert table.gain.shape == (OPTIONS.n_antennas, OPTIONS.n_channels, 2)
    assert caltable.read_antennas(night.path("tables") / tables[0]).names == night.truth["antennas"]


def test_delays_are_recovered_within_their_noise(night):
    found = night.record("delay/delay.json")
    truth = night.arrays["delays_ns"]
    reference = found["reference_index"]
    errors, stated = [], []
    for signal in found["antennas"]:
        pol = "XY".index(signal["pol"])
        if not signal["flagged"]:
            expected = truth[signal["index"], pol] - truth[reference, pol]
            errors.append(signal["delay_ns"] - expected)
            stated.append(signal["delay_err_ns"])
    errors, stated = np.array(errors), np.array(stated)
    assert len(errors) > 2 * OPTIONS.n_antennas - 8
    assert np.median(np.abs(errors)) < 2 * np.median(stated)
    assert np.abs(errors).max() < 25  # the planted 200 ns is unmistakable


def test_delay_table_has_the_delays(night):
    table = caltable.read_delays(night.path(f"tables/{STAMP}.K"))
    index = night.antenna(DELAYED)
    apart = table.delay_ns[index, 1] - table.delay_ns[index, 0]
    truth = night.arrays["delays_ns"][index]
    assert apart == pytest.approx(truth[1] - truth[0], abs=10)
    assert apart > 150


@pytest.mark.parametrize("source", ["CygA", "CasA"])
def test_sources_are_where_they_are_and_as_bright_as_they_are(night, source):
    found = [item for item in night.record("qa.json")["calibrators"] if item["source"] == source]
    assert [item["band"] for item in found] == list(BANDS)
    for item in found:
        assert item["fit"] == "ok"
        offset = np.hypot(item["ra_offset_arcsec"], item["dec_offset_arcsec"])
        assert offset < 0.1 * item["beam_fwhm_arcsec"]
        assert item["ratio"] == pytest.approx(1, abs=0.03)


def test_planted_antennas_are_named_and_nobody_else(night):
    accused = {
        (item["antenna"], item["pol"]): item["reasons"]
        for item in night.record("qa.json")["antennas"]
        if item["status"] == "bad"
    }
    assert accused == {
        (WEAK[:6], "X"): ["weak_gain"],
        (DEAD, "X"): ["dead"],
        (DEAD, "Y"): ["dead"],
    }


def test_zero_filled_file_is_named(night):
    faults = night.record("manifest.json")["faults"]
    stamp = night.truth["integrations"][ZERO_INTEGRATION - 1]["stamp"]
    assert [(fault["kind"], fault["band"], fault["time"]) for fault in faults] == [
        ("zero_filled", ZERO_BAND, stamp)
    ]


def test_interference_is_flagged_in_its_channel(night):
    fractions = night.record(f"flags/{RFI_BAND}.json")["channel_fraction"]
    assert np.argmax(fractions) == RFI_CHANNEL
    assert fractions[RFI_CHANNEL] > 0.9
    assert np.delete(fractions, RFI_CHANNEL).max() < 0.5


def test_raw_data_are_untouched(night):
    assert folder_digest(night.raw) == night.raw_digest


def test_quality_record_keeps_its_contract(night):
    quality = night.record("qa.json")
    assert quality_schema.errors(quality) == []
    assert quality["verdict"] in ("pass", "warn")
    assert quality["observation"]["id"] == "night"


def test_reports_and_links_are_there(night):
    assert night.path("report.pdf").read_bytes().startswith(b"%PDF")
    assert "night" in night.path("report.html").read_text()
    link = night.project.results / "successful" / "night"
    assert (link / "qa.json").samefile(night.path("qa.json"))


def test_run_record_says_how_it_was_made(night):
    run = night.record("run.json")
    assert run["command"].startswith("snakemake ")
    assert run["configuration"]["imaging"]["source"]["size"] == 256
    assert {"key": "imaging.source.size", "value": 256, "default": 512} in run["differences"]
    assert {"concat", "bandpass", "flag", "delay"} <= {rule["rule"] for rule in run["rules"]}
    assert run["versions"]["wsclean"][0].isdigit()


@pytest.mark.parametrize(
    ("words", "succeeds"),
    [
        (("results/night/outcome.json", "--forcerun", "outcome"), True),
        (("results/night/promoted.json",), False),  # no delay.reference_dir is given
    ],
)
def test_the_end_of_a_run_tells_the_verdict(night, words, succeeds):
    done = night.project.snakemake(*words, "--cores", "1", check=False)
    assert (done.returncode == 0) == succeeds
    quality = night.record("qa.json")
    assert f"night: {quality['verdict'].upper()}" in done.stderr
    assert all(f"  - {reason}" in done.stderr for reason in quality["reasons"])
    assert "report: results/night/report.html, results/night/report.pdf" in done.stderr


@pytest.fixture(scope="module")
def snakemake_report(night, tmp_path_factory):
    """The page that ``snakemake --report`` makes of the finished run."""
    page = tmp_path_factory.mktemp("report") / "snakemake.html"
    night.project.snakemake("--report", str(page))
    return page


def test_snakemake_report_has_captions_and_labels(night, snakemake_report):
    entry = re.compile(
        r'"(results/[^"]+)": {"name": "[^"]+", "filename": "[^"]+", "labels":'
        r' ({[^}]+}), "size": "[^"]+", "caption": ("(?:[^"\\]|\\.)*")'
    )
    found = {
        name: (json.loads(labels), json.loads(caption))
        for name, labels, caption in entry.findall(snakemake_report.read_text())
    }
    figures = sorted(path.name for path in night.path("figures").glob("*.png"))
    assert set(found) == {
        "results/trends.html",
        "results/night/report.pdf",
        "results/night/report.html",
        *(f"results/night/figures/{name}" for name in figures),
    }
    captions = [caption for _, caption in found.values()]
    assert "" not in captions
    labels, caption = found["results/night/figures/03_gain_amplitude.png"]
    assert labels == {"figure": "03", "shows": "gain amplitude"}
    assert "in dB relative to the median antenna" in " ".join(caption.split())
    assert "<strong>Normal:</strong> Pale" in caption


def test_snakemake_report_asks_no_network(snakemake_report):
    with browser.opened() as reader:
        asked = []
        reader.page.on("request", lambda request: asked.append(request.url))
        reader.page.goto(snakemake_report.as_uri())
        reader.page.get_by_text("night", exact=True).first.click()
        reader.page.get_by_text("figures", exact=True).first.wait_for()
        assert not any("pageerror" in error or "Error" in error for error in reader.errors)
    assert [url for url in asked if url.startswith("http")] == []


def test_nothing_is_left_to_do(night):
    done = night.project.snakemake("-n")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_no_litter_is_left(night):
    expected = {"workflow", "config", "profiles", "results", "logs", "benchmarks", ".snakemake"}
    assert {path.name for path in night.project.folder.iterdir()} <= expected
    assert list(night.project.results.rglob("*.part")) == []
