"""The workflow from a user's own folder, and as a module of a user's own workflow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lwacal.driver import run_hooks
from lwacal.simulate import Simulation, simulate
from workflow_run import PROJECT, folder_digest, job_counts

TINY = Simulation(n_antennas=8, bands=("59MHz",), n_channels=4, n_integrations=1, n_faint=0)
STAMP = TINY.start
UP_TO_MANIFEST = {"inventory": 1, "concat": 1, "manifest": 1}


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("observation") / "raw"
    simulate(TINY, folder)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the project without products."""
    folder = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "workflow", folder / "workflow", ignore=ignored)
    return folder


@pytest.fixture
def own(tmp_path):
    """A user's own folder."""
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def snakemake(folder, *words, check=True):
    """Run Snakemake in a folder."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "snakemake", *map(str, words)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is check, said
    return done


def write_config(folder, config):
    path = folder / "config" / "config.yaml"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(config))


def test_folder_without_configuration_has_all_defaults(own, checkout, raw):
    before = folder_digest(checkout)
    snakefile = checkout / "workflow" / "Snakefile"
    target = f"results/{STAMP}/manifest.json"
    done = snakemake(own, "-s", snakefile, target, "--config", f"input={raw}")
    assert f"profile {checkout}/workflow/profiles/default" in done.stderr  # it gives the cores
    assert job_counts(done) == UP_TO_MANIFEST
    assert (own / target).is_file()
    assert {path.name for path in own.iterdir()} == {".snakemake", "results", "logs", "benchmarks"}
    assert folder_digest(checkout) == before  # nothing is written there


def test_own_configuration_and_its_relative_paths(own, checkout, raw, tmp_path):
    """From a third folder: paths are relative to the one of --directory."""
    (own / "data").symlink_to(raw)
    write_config(own, {"input": "data", "observation": "first"})
    words = ("-s", checkout / "workflow" / "Snakefile", "--directory", own, "-n")
    done = snakemake(tmp_path, *words, "results/first/manifest.json")
    assert job_counts(done) == UP_TO_MANIFEST
    (tmp_path / "more.yaml").write_text("observation: second")
    done = snakemake(
        tmp_path, *words, "results/second/manifest.json", "--configfile", tmp_path / "more.yaml"
    )
    assert job_counts(done) == UP_TO_MANIFEST


MODULE = """
module calib:
    snakefile: "{snakefile}"
    config: config{section}
    {more}
"""


def write_workflow(own, checkout, text, section="", more=""):
    snakefile = checkout / "workflow" / "Snakefile"
    module = MODULE.format(snakefile=snakefile, section=section, more=more)
    (own / "Snakefile").write_text(
        'configfile: "config/config.yaml"\n' + text.replace("MODULE", module)
    )


WITH_PREFIX = """
rule mine:
    input: "calibration/results/night/manifest.json"
    output: "mine.txt"
    shell: "cd . ; wc -l < {input} > {output}; echo more >> {output}"

MODULE

use rule * from calib as calib_*

use rule concat from calib as calib_concat with:
    threads: 1

onstart: calib.onstart()
onsuccess: calib.onsuccess()
onerror: calib.onerror()
"""


def test_module_with_a_prefix(own, checkout, raw):
    """The user's rule is the default target, and its shell commands are not changed."""
    write_config(own, {"calibration": {"input": str(raw), "observation": "night"}})
    write_workflow(own, checkout, WITH_PREFIX, '["calibration"]', 'prefix: "calibration"')
    done = snakemake(own, "--cores", "1")
    lines = (own / "mine.txt").read_text().split()
    assert int(lines[0]) > 5
    assert lines[1] == "more"
    assert (own / "calibration" / "logs" / "night" / "manifest.log").is_file()
    assert "night: no verdict yet\n  products so far: calibration/results/night" in done.stderr
    assert "Finished jobid: 0 (Rule: mine)" in done.stderr  # Snakemake's own words
    assert list((own / "calibration" / "results" / ".running").iterdir()) == []
    assert not (own / "results").exists()
    assert "localrules" not in done.stderr


def test_module_without_a_prefix_or_new_names(own, checkout, raw):
    write_config(own, {"input": str(raw), "observation": "night"})
    write_workflow(
        own,
        checkout,
        "rule mine:\n    input: 'results/night/qa.json'\nMODULE\nuse rule * from calib",
    )
    done = snakemake(own, "-n", "--cores", "1")
    counts = job_counts(done)
    assert counts["mine"] == counts["assess"] == 1
    assert "report" not in counts


def test_files_of_the_user_have_no_prefix(own, checkout, raw):
    """A file that the configuration names is not a product of the module."""
    (own / "own.lua").write_text("")
    config = {"input": str(raw), "observation": "night", "flagging": {"strategy": "own.lua"}}
    write_config(own, config)
    write_workflow(own, checkout, "MODULE\nuse rule * from calib", more='prefix: "calibration"')
    target = "calibration/results/night/flags/59MHz.json"
    assert job_counts(snakemake(own, "-n", "--cores", "1", target))["flag"] == 1


@pytest.mark.parametrize(
    ("text", "config", "more", "words"),
    [
        ("MODULE", {"delai": {}}, "", "delai / found: a key that does not exist"),
        ("MODULE", {"results": "/data"}, 'prefix: "x"', "the module has a prefix"),
        ("MODULE", {"input": "nowhere"}, "", "nowhere"),
        ("import sys\nsys.path.insert(0, 'other')\nimport lwacal\nMODULE", {}, "", "Use one copy"),
    ],
)
def test_what_is_wrong_is_said_in_words(own, checkout, text, config, more, words):
    (own / "other" / "lwacal").mkdir(parents=True)
    (own / "other" / "lwacal" / "__init__.py").write_text("")
    write_config(own, config)
    write_workflow(own, checkout, text + "\nuse rule * from calib", more=more)
    done = snakemake(own, "-n", "--cores", "1", check=False)
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_trends_after_a_failure_go_where_the_module_writes(own, checkout, monkeypatch, raw):
    """Another Snakemake makes them, without the user's workflow and its configuration."""
    monkeypatch.chdir(own)
    write_config(own, {"a key of the user": 1})
    folders = {name: f"calibration/{name}" for name in ("results", "logs", "benchmarks")}
    again = run_hooks.TrendsAgain(
        checkout / "workflow",
        {"input": str(raw), "observation": "night", "pathvars": folders},
        {"from": "", "to": "", "without": []},
        [],
        Path("calibration/logs/trends.log"),
    )
    quality = own / "calibration" / "results" / "night" / "qa.json"
    quality.parent.mkdir(parents=True)
    quality.write_text("not a record")
    said = again.trends(Path("calibration/results"), [])
    assert said == ""
    assert (own / "calibration" / "results" / "trends.html").is_file()
    assert "night" in again.log.read_text()
