"""Many nights by Snakemake itself: what fails, what is said, two runs at once, hostile values."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lwacal.runtime import products
from small_sets import STAMP, small_array, write_raw
from workflow_run import SMALL_IMAGES, Project, copy_project, job_counts

HOSTILE = "a $(touch X) `touch X`; touch X & 'b' \"c\" {input} {{x}} -d ü #!"
BROKEN = f"{STAMP}_73MHz.ms"


def nights_table(project):
    with (project.results / "nights.tsv").open(newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {row["observation"]: row for row in rows}


@pytest.fixture(scope="module")
def batch(evening, tmp_path_factory):
    """A sheet of a finished observation and two that cannot be made, run once."""
    folder = tmp_path_factory.mktemp("batch")
    shutil.copytree(evening.project.folder, folder / "project", symlinks=True)
    (folder / "raw" / BROKEN).mkdir(parents=True)
    (folder / "project" / "sheet.tsv").write_text(
        f"observation\tinput\nmissing\t{folder}/nowhere\nevening\t{evening.raw}\n"
        f"broken\t{folder}/raw\n"
    )
    project = Project(folder / "project", ["observations=sheet.tsv", SMALL_IMAGES])
    (project.results / "trends.html").unlink()
    return project, project.snakemake("nights", "--cores", "1", check=False)


def test_nights_that_fail_do_not_stop_the_others(batch):
    project, done = batch
    assert done.returncode == 1
    table = nights_table(project)
    verdict = products.read_json(project.results / "evening" / "qa.json")["verdict"]
    assert {name: row["verdict"] for name, row in table.items()} == {
        "missing": "error",
        "evening": verdict,
        "broken": "error",
    }
    assert "nowhere is not a folder" in table["missing"]["cause"]
    assert table["missing"]["failed_job"] == table["broken"]["failed_job"] == "inventory"
    for name in ("missing", "broken"):
        assert (project.folder / table[name]["log"]).is_file()


def test_trends_are_made_of_the_nights_that_finished(batch):
    project, done = batch
    page = (project.results / "trends.html").read_text()
    assert "evening" in page
    assert "broken" not in page
    assert "could not be made" not in done.stderr


def test_output_is_a_line_a_product_and_a_table(batch):
    _, done = batch
    said = done.stderr
    assert re.search(r"^FAILED missing: inventory: input: \S+nowhere is not a folder", said, re.M)
    assert "    log: logs/missing/inventory.log" in said
    assert re.search(r"^missing +ERROR$", said, re.M)
    row = r"^evening +\d{4}-\d\d-\d\d \d\d:\d\d +\d+\.\d h +(PASS|WARN|FAIL) "
    assert re.search(row, said, re.M)
    assert "2 not finished (error)" in said
    assert "\033" not in said
    assert len(said.splitlines()) < 60
    assert not re.search(r"^(rule|localrule) ", said, re.M)


def test_second_call_makes_what_is_missing_alone(batch):
    project, _ = batch
    missing = project.snakemake("nights", "-n")
    assert job_counts(missing)["inventory"] == 2
    assert "evening: " not in missing.stdout  # messages of its jobs begin with its name
    others = project.snakemake(
        "nights", "--cores", "1", config=("nights={without: [missing, broken]}",)
    )
    assert "Nothing to be done" in others.stderr + others.stdout
    assert "evening: " in others.stderr  # what came out is said again


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            ("nights={from: 2001-01-01, to: 2001-01-02, without: [missing, broken]}",),
            "No observation of sheet.tsv is selected",
        ),
        (("input=raw", "observation=x"), "The target nights processes the sheet"),
    ],
)
def test_what_nights_refuses(batch, config, words):
    done = batch[0].snakemake("nights", "-n", config=config, check=False)
    assert done.returncode == 1
    assert words in done.stdout + done.stderr


# --- two runs at once --------------------------------------------------------------------------


def start(project, *words):
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "1",
        *words,
        "--config",
        *project.config,
    ]
    return subprocess.Popen(
        command,
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(path: Path, seconds=60):
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.1)


def test_second_run_on_an_observation_is_refused_and_a_killed_one_explained(tmp_path):
    (tmp_path / "raw").mkdir()
    write_raw(tmp_path / "raw", small_array())
    config = (f"input={tmp_path}/raw", "observation=night", f"results={tmp_path}/results")
    first = copy_project(tmp_path / "first", *config)
    script = first.folder / "workflow" / "scripts" / "inventory.py"
    script.write_text(
        script.read_text().replace(
            "    parser = ",
            f"    open({str(tmp_path / 'begun')!r}, 'w')\n"
            "    import time\n    time.sleep(120)\n    parser = ",
            1,
        )
    )
    target = f"{tmp_path}/results/night/inventory.json"
    running = start(first, target)
    try:
        wait_for(tmp_path / "begun")
        same = first.snakemake(target, "--cores", "1", check=False)
        elsewhere = copy_project(tmp_path / "second", *config)
        second = elsewhere.snakemake(target, "--cores", "1", check=False)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    for refused in (same, second):
        assert refused.returncode == 1
        assert "night is being calibrated by another run" in refused.stderr
        assert f"process {running.pid}" in refused.stderr
        assert "--unlock" in refused.stderr
    assert not Path(target).exists()
    killed = first.snakemake(target, "--cores", "1", check=False)
    assert killed.returncode == 1
    assert "was killed" in killed.stderr
    assert "night: unlocked" in first.snakemake(target, "--cores", "1", "--unlock").stderr
    shutil.copy(elsewhere.folder / "workflow" / "scripts" / "inventory.py", script)
    first.snakemake(target, "--cores", "1")
    assert Path(target).is_file()
    assert not list((tmp_path / "results" / ".running").iterdir())


# --- configuration and sheets are data ---------------------------------------------------------


def test_nothing_in_paths_and_values_is_executed(tmp_path):
    raw = tmp_path / HOSTILE.replace("/", "") / "-raw"
    raw.mkdir(parents=True)
    write_raw(raw, small_array())
    results = "out $(touch X) 'q' \"p\"; touch X"
    project = copy_project(tmp_path / "project")
    (project.folder / "-in").symlink_to(raw)
    (project.folder / "sheet.tsv").write_text(f"observation\tinput\nnight\t-in\nfull\t{raw}\n")
    project = Project(
        project.folder,
        [
            "observations=sheet.tsv",
            f"results={results}",
            'health={mnc: {command: "$(touch X); {input}"}}',
        ],
    )
    wanted = [f"{results}/{name}/concat/73MHz.json" for name in ("night", "full")]
    project.snakemake(*wanted, f"{results}/night/mnc.json", "--cores", "1")
    for path in wanted:
        assert json.loads((project.folder / path).read_text())["entries"][0]["used"]
    mnc = json.loads((project.folder / results / "night" / "mnc.json").read_text())
    assert "$(touch X); {input} cannot be run" in mnc["message"]
    assert not [path for path in tmp_path.rglob("X")]
    assert sorted(path.name for path in project.folder.iterdir()) == sorted(
        [
            ".snakemake",
            "-in",
            "benchmarks",
            "config",
            "logs",
            "profiles",
            "sheet.tsv",
            "workflow",
            results,
            *(["resources"] if (project.folder / "resources").is_dir() else []),
        ]
    )
