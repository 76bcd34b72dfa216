"""What a change makes stale: exactly these rules run again (docs/contracts.md, C6)."""

import os
import shutil
from dataclasses import replace

import pytest

import component_list_text
from lwacal.sky import sources
from night import BANDS, NAME
from workflow_run import job_counts

N = len(BANDS)
SOURCES = 4
JUDGE = {"assess": 1, "trends": 1, "run_record": 1, "report": 1, "outcome": 1}
MEASURE = {"measure": 1, **JUDGE}
IMAGES = {"image_source": SOURCES, "image_allsky": 1, **MEASURE}
SPLIT = {"calibrate_split": N, **IMAGES}
DELAYS = {"delay": 1, "delay_table": 1}
TABLES = {"flag_solutions": 1, "bandpass_table": N, **DELAYS, **SPLIT}
IONOSPHERE = {"ionosphere": 1, **TABLES}
SOLVE = {"bandpass": N, **IONOSPHERE}
FLAGS = {"flag": N, "reference_antenna": 1, **SOLVE}
HEALTH = {"antenna_health": 1, **FLAGS}
MANIFEST = {"manifest": 1, "mnc_query": 1, "sky_model": 1, **HEALTH}
EVERYTHING = {"inventory": 1, "concat": N, **MANIFEST}
# run.json holds the whole configuration, so any key makes it and the report stale
NOTED = {"run_record": 1, "report": 1, "outcome": 1}

KEYS = [
    ("sky_model={min_elevation_deg: 15}", {"sky_model": 1, **SOLVE}),
    ("sky_model={galaxy: true}", {"sky_model": 1, **SOLVE}),
    ("beam={x_azimuth_deg: 90}", {"sky_model": 1, **SOLVE}),
    ("bandpass={min_snr: 4}", SOLVE),
    ("bandpass={reference_max_flagged: 0.3}", {"reference_antenna": 1, **SOLVE}),
    ("bandpass={reference_antennas: [LWA114]}", {"reference_antenna": 1, **SOLVE}),
    ("ionosphere={take_out: false}", IONOSPHERE),
    ("solution_flags={clip_sigma: 4}", TABLES),
    ("flagging={protect_fraction: 0.8}", FLAGS),
    ("health={bad_antennas: [LWA001]}", HEALTH),
    ("health={mnc: {timeout_s: 5}}", {"mnc_query": 1, **HEALTH}),
    ("delay={difference_ns: 50}", {**DELAYS, **JUDGE}),
    ("delay={engine: casa}", {**DELAYS, **JUDGE}),
    ("imaging={max_smearing_loss: 0.02}", SPLIT),
    ("imaging={allsky: {niter: 400}}", {"image_allsky": 1, **MEASURE}),
    ("imaging={source: {niter: 50}}", {"image_source": SOURCES, **MEASURE}),
    ("imaging={scintillation: {niter: 50}}", {"image_source": SOURCES, **MEASURE}),
    ("imaging={scintillation: {size: 128}}", SPLIT),
    ("cleanup={images: true}", NOTED),
    ("imaging={source: {subtract_others: false}}", SPLIT),
    ("measure={fit_radius_beams: 2}", MEASURE),
    ("quality={flux_ratio_deviation: {warn: 0.1, fail: 0.4}}", JUDGE),
    ("outcome={links: false}", NOTED),
    ("environment_modules={aoflagger: [aoflagger/3.5]}", FLAGS),
    ("trends={jump_sigma: 6}", {"trends": 1, **NOTED}),
    ("publish={force: true}", {}),
    ("nights={to: 2030-12-31}", {}),
]


@pytest.mark.parametrize(("change", "expected"), KEYS, ids=[key for key, _ in KEYS])
def test_key_makes_stale_what_depends_on_it(night, change, expected):
    assert night.project.stale(change) == expected


@pytest.fixture
def list_of_cyg_a(tmp_path):
    """A component list."""
    place = sources.POSITIONS["CygA"]
    line = component_list_text.point(place.ra_rad, place.dec_rad, 1.0)
    return component_list_text.write(tmp_path / "list of CygA.txt", line)


def test_component_list_makes_stale_what_reads_it(night, list_of_cyg_a):
    """Given in the configuration; and, by times alone, an old one nothing, a changed one again."""
    change = f"sky_model={{component_lists: {{CygA: '{list_of_cyg_a}'}}}}"
    stale = {"sky_model": 1, **SOLVE}
    assert night.project.stale(change) == stale
    times = ("--rerun-triggers", "mtime")
    os.utime(list_of_cyg_a, (0, 0))
    assert night.project.stale(change, words=times) == {}
    os.utime(list_of_cyg_a)
    assert night.project.stale(change, words=times) == stale


def test_last_tables_make_stale_what_is_compared_with_them(night, tmp_path):
    """Given in the configuration; by times alone, old ones nothing, changed or replaced ones."""
    latest, change = tmp_path / "latest", f"ionosphere={{last_tables: '{tmp_path / 'latest'}'}}"
    for version, times in (("v001", (0, 0)), ("v002", None)):
        table = tmp_path / version / "20260101_000000_41MHz.bcal"
        table.mkdir(parents=True)
        os.utime(table, times)
    latest.symlink_to("v001")
    assert night.project.stale(change) == IONOSPHERE
    times = ("--rerun-triggers", "mtime")
    assert night.project.stale(change, words=times) == {}
    latest.unlink()
    latest.symlink_to("v002")
    assert night.project.stale(change, words=times) == IONOSPHERE


def test_cached_list_makes_stale_what_reads_it(night, tmp_path):
    """One that is not there stops nothing; with other contents the antennas are judged again."""
    change = f"health={{cached_list: '{tmp_path / 'list.json'}'}}"
    assert night.project.stale(change) == HEALTH
    folder = tmp_path / "project"
    shutil.copytree(night.project.folder, folder, symlinks=True)
    project = replace(night.project, folder=folder)
    target = f"results/{NAME}/health.json"
    project.snakemake("--cores", "2", target, config=(change,))
    assert "antenna_health" not in job_counts(project.snakemake("-n", target, config=(change,)))
    (tmp_path / "list.json").write_text("{}")
    assert job_counts(project.snakemake("-n", target, config=(change,))) == {"antenna_health": 1}


@pytest.fixture
def changeable(night, tmp_path):
    """A copy of the finished project, times kept, in which files may be changed."""
    folder = tmp_path / "project"
    shutil.copytree(night.project.folder, folder, symlinks=True)
    return replace(night.project, folder=folder)


FILES = [
    ("workflow/scripts/lwacal/sky/sky_model.py", {"sky_model": 1, **SOLVE}),
    ("workflow/scripts/lwacal/sky/data/galaxy_map.npz", SOLVE),
    ("workflow/scripts/lwacal/calibration/solution_flags.py", TABLES),
    ("workflow/strategies/stacked-baselines.lua", FLAGS),
    ("workflow/scripts/lwacal/imaging/point_source_fit.py", {"image_allsky": 1, **MEASURE}),
    ("workflow/scripts/lwacal/report/plots/delays.py", {"report": 1, "outcome": 1}),
    ("workflow/report/style.css", {"report": 1, "outcome": 1, "trends": 1}),
    ("workflow/scripts/concat.py", {"concat": N, **MANIFEST}),
    ("workflow/scripts/lwacal/records/quality.py", JUDGE),
    ("workflow/scripts/lwacal/records/delay.py", {**DELAYS, **JUDGE}),
    ("workflow/scripts/manifest.py", MANIFEST),
]


@pytest.mark.parametrize(("name", "expected"), FILES, ids=[name for name, _ in FILES])
def test_code_makes_stale_what_runs_it(changeable, name, expected):
    path = changeable.folder / name
    comment = b"/* changed */" if path.suffix == ".css" else b"# changed"
    path.write_bytes(path.read_bytes() + b"\n" + comment + b"\n")
    assert changeable.stale() == expected


def test_touched_scripts_make_nothing_stale(changeable):
    for path in (changeable.folder / "workflow").rglob("*.py"):
        os.utime(path)
    assert changeable.stale() == {}


def test_new_raw_data_make_everything_stale(night):
    table = night.raw / sorted(os.listdir(night.raw))[0] / "table.dat"
    before = table.stat()
    os.utime(table)
    try:
        assert night.project.stale() == EVERYTHING
    finally:
        os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_one_product_can_be_asked_for_by_name(changeable):
    target = f"results/{NAME}/tables/raw/59MHz.bcal"
    shutil.rmtree(changeable.folder / target)
    done = changeable.snakemake("-n", target)
    assert job_counts(done) == {"bandpass": 1}


def test_forced_rule_reruns_what_follows(night):
    assert night.project.stale(words=("-R", "flag")) == FLAGS


def test_missing_table_is_made_again_with_what_follows(changeable):
    shutil.rmtree(next((changeable.results / NAME / "tables").glob("*_59MHz.bcal")))
    assert changeable.stale() == {"bandpass_table": 1, "calibrate_split": 1, **IMAGES}


def test_removed_intermediate_product_is_not_missed(changeable):
    """What nobody asks for and nothing needs is not made again: sets may be removed."""
    shutil.rmtree(changeable.results / NAME / "concat" / "59MHz.ms")
    assert changeable.stale() == {}
