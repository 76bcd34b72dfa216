"""The same input gives the same products (docs/contracts.md, C5), joined by others or not."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from lwacal.calibration import delay_reference
from lwacal.io import caltable
from lwacal.records.configuration.delay import Delay
from lwacal.runtime import casa, products
from lwacal.telescope import naming
from night import SMALL_OPTIONS
from workflow_run import copy_project, folder_digest, job_counts

PRODUCTS = (
    "manifest.json",
    "health.json",
    "reference.json",
    "sky_model.json",
    "sky_model.csv",
    "flags/59MHz.json",
    "tables/raw/73MHz.json",
    "tables/bandpass_flags.json",
    "delay/delay.json",
    "delay/delays.csv",
    "qa/measurements.json",
    "qa/spectra.csv",
    "qa.json",
)
TABLES = [f"{SMALL_OPTIONS.start}_{band}.bcal" for band in SMALL_OPTIONS.bands]


@pytest.fixture(scope="module")
def again(evening, tmp_path_factory):
    """The same observation, elsewhere, with one job at a time."""
    folder = tmp_path_factory.mktemp("again") / "project"
    project = copy_project(folder, f"input={evening.raw}", "observation=evening")
    project.snakemake("--cores", "1")
    return project.results / "evening"


@pytest.mark.parametrize("product", PRODUCTS)
def test_records_are_the_same_byte_by_byte(evening, again, product):
    assert evening.path(product).read_bytes() == (again / product).read_bytes()


@pytest.mark.parametrize("name", [*TABLES, f"{SMALL_OPTIONS.start}.K"])
def test_tables_are_the_same(evening, again, name):
    read = caltable.read_delays if name.endswith(".K") else caltable.read
    first, second = (read(folder / name) for folder in (evening.path("tables"), again / "tables"))
    for part in vars(first):
        assert np.array_equal(getattr(first, part), getattr(second, part))


def test_flags_are_the_same(evening, again):
    for band in SMALL_OPTIONS.bands:
        with (
            np.load(evening.path(f"flags/{band}.npz")) as first,
            np.load(again / "flags" / f"{band}.npz") as second,
        ):
            assert sorted(first) == sorted(second)
            assert all(np.array_equal(first[name], second[name]) for name in first)


def test_tables_of_a_night_become_references(evening, tmp_path):
    """By name, and only by name; what is there is not made again for it."""
    keep = tmp_path / "references"
    keep.mkdir()
    shutil.copytree(evening.project.folder, tmp_path / "project", symlinks=True)
    done = replace(evening.project, folder=tmp_path / "project").snakemake(
        "results/evening/promoted.json",
        "--cores",
        "1",
        "--rerun-triggers",
        "mtime",
        config=(f"delay={{reference_dir: {keep}, promote_verdict: fail}}",),
    )
    assert job_counts(done) == {"promote": 1}
    hour = int(products.read_json(evening.path("qa.json"))["observation"]["lst_hours"])
    promoted = sorted((keep / f"{hour:02d}h").iterdir())
    assert [path.name for path in promoted] == sorted([*TABLES, f"{SMALL_OPTIONS.start}.K"])
    choice = Delay(reference_dir=str(keep))
    next_day = naming.stamp_time(SMALL_OPTIONS.start) + 86400
    path, _ = delay_reference.choose(choice, hour + 0.5, next_day)
    names = caltable.read_antennas(path).names
    delays = caltable.read_delays(evening.path(f"tables/{SMALL_OPTIONS.start}.K"))
    found = delay_reference.read_delays(path, names, 41)
    expected = np.where(delays.flag, np.nan, delays.delay_ns)
    assert np.array_equal(found, expected, equal_nan=True)


def run_on_set(path, folder, *targets):
    """Run the workflow on a concatenated set, which it must not change; return its results."""
    digest = folder_digest(path)
    project = copy_project(folder / "project", f"input_ms={path}", "observation=joined")
    project.snakemake("--cores", "2", *targets, config=("delay={enabled: false}",))
    assert folder_digest(path) == digest
    return project.results / "joined"


@pytest.fixture(scope="module")
def joined(evening, tmp_path_factory):
    """The finished run on a set of both spectral windows, joined by CASA."""
    folder = tmp_path_factory.mktemp("joined")
    sets = [str(folder / f"{band}.ms") for band in SMALL_OPTIONS.bands]
    for band, copy in zip(SMALL_OPTIONS.bands, sets):  # CASA writes into the history of its input
        shutil.copytree(evening.path(f"concat/{band}.ms"), copy)
    casa.start(folder / "casa.log").concat(vis=sets, concatvis=str(folder / "joined.ms"))
    return run_on_set(folder / "joined.ms", folder)


def assert_same_gains(evening, results, band):
    found = caltable.read(results / "tables" / "raw" / f"{band}.bcal")
    expected = caltable.read(evening.path(f"tables/raw/{band}.bcal"))
    assert np.array_equal(found.flag, expected.flag)
    used = ~found.flag
    assert used.mean() > 0.9
    ratio = found.gain[used] / expected.gain[used]
    assert np.abs(ratio - 1).max() < 1e-3


def test_set_of_many_windows_gives_the_same_gains(evening, joined):
    record = products.read_json(joined / "manifest.json")
    assert record["observation"]["kind"] == "concatenated"
    assert record["observation"]["n_integrations"] == SMALL_OPTIONS.n_integrations
    assert list(record["bands"]) == list(SMALL_OPTIONS.bands)
    for band in SMALL_OPTIONS.bands:
        assert_same_gains(evening, joined, band)


def test_set_of_one_window_gives_the_same_gains(evening, tmp_path):
    target = "results/joined/tables/raw/59MHz.bcal"
    results = run_on_set(evening.path("concat/59MHz.ms"), tmp_path, target)
    assert_same_gains(evening, results, "59MHz")


def test_set_of_many_windows_reaches_a_report(evening, joined):
    quality = products.read_json(joined / "qa.json")
    expected = json.loads(evening.path("qa.json").read_text())
    bands = [band["band"] for band in quality["bands"]]
    ours = {(item["source"], item["band"]): item["ratio"] for item in expected["calibrators"]}
    found = {(item["source"], item["band"]): item["ratio"] for item in quality["calibrators"]}
    assert found == {
        key: pytest.approx(ratio, rel=0.02) for key, ratio in ours.items() if key[1] in bands
    }
    assert (joined / "report.pdf").read_bytes().startswith(b"%PDF")
