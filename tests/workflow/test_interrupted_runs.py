"""A run of the whole workflow that is killed, and run again; and where a run writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fault_place import wait_for
from lwacal.runtime import products
from same_products import differences
from workflow_run import copy_project, folder_digest

TARGET = "results/evening/tables/bandpass_flags.json"
PRODUCTS = (
    "manifest.json",
    "health.json",
    "reference.json",
    "flags/59MHz.npz",
    "flags/73MHz.json",
    "tables/raw/59MHz.bcal",
    "tables/raw/73MHz.bcal",
    "tables/bandpass_flags.npz",
    "tables/bandpass_flags.json",
    "sky_model.json",
)
OF_A_RUN = {"results", "logs", "benchmarks", ".snakemake"}


def begin(project, environment):
    """Start a run in a process group of its own."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        TARGET,
        "--cores",
        "2",
        "--config",
        *project.config,
    ]
    return subprocess.Popen(
        command,
        cwd=project.folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process, number=signal.SIGKILL):
    """Kill all processes of a run."""
    os.killpg(process.pid, number)
    process.wait(20)


def jobs_in(folder):
    """Return the processes that work in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").resolve() == folder.resolve():
                words = (entry / "cmdline").read_bytes().split(b"\0")
                found.append(b" ".join(words).decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended meanwhile, or is another user's
    return [words for words in found if words]


@pytest.fixture
def place(evening, tmp_path, monkeypatch):
    """A project that has run nothing yet, with an empty home and an empty folder for scratch."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    for variable in ("MPLCONFIGDIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    return copy_project(tmp_path / "project", f"input={evening.raw}", "observation=evening")


def test_killed_run_is_completed_by_the_next(evening, place, tmp_path):
    """All of it is killed while sub-bands are solved; the same products come out in the end."""
    raw = folder_digest(evening.raw)
    before = {path.name for path in place.folder.iterdir()}
    results = place.results / "evening"
    process = begin(place, dict(os.environ))
    wait_for((results / "concat" / "59MHz.npz").exists, 120)
    kill(process)
    assert not (results / "tables" / "bandpass_flags.json").exists()
    place.snakemake("--unlock")
    process = begin(place, dict(os.environ))
    wait_for((results / "sky_model.json").exists, 120)
    os.kill(process.pid, signal.SIGKILL)  # Snakemake alone: its jobs end with it
    process.wait(20)
    wait_for(lambda: not jobs_in(place.folder), 30)
    log = (place.folder / "logs" / "evening" / "sky_model.log").read_text()
    assert "error: stopped by SIGTERM" in log
    assert not (results / "sky_model.cl").exists()
    place.snakemake("--unlock")
    place.snakemake(TARGET, "--cores", "2")
    for name in PRODUCTS:
        assert differences(evening.path(name), results / name) == []
    assert [path for path in results.rglob("*") if path.name.endswith((".part", ".old"))] == []
    assert folder_digest(evening.raw) == raw
    left = [path.name for path in (tmp_path / "tmp").iterdir()]
    assert [name for name in left if not name.startswith("snakemake")] == []  # its own
    assert {path.name for path in place.folder.iterdir()} - before <= OF_A_RUN
    assert_only_snakemake_wrote(tmp_path / "home")


def assert_only_snakemake_wrote(home):
    """Snakemake keeps a cache of sources there (XDG_CACHE_HOME puts it elsewhere)."""
    written = [path.relative_to(home).parts for path in home.rglob("*")]
    assert [
        parts for parts in written if parts[:2] not in ((".cache",), (".cache", "snakemake"))
    ] == []


def test_odd_names_are_names(evening, place, tmp_path):
    """Quotes, spaces, dollars, braces and stars in the input, quotes and spaces in the results."""
    odd = tmp_path / 'it\'s "raw" $(touch bad) {x} *1* ü;'
    odd.symlink_to(evening.raw)
    place.config = [word for word in place.config if not word.startswith("input=")]
    place.config.append(f"input={odd}")
    results = "re sul'ts $HOME ü;"
    target = f"{results}/evening/concat/59MHz.npz"
    place.snakemake(target, "--cores", "1", config=(f"results={results}",))
    assert (place.folder / target).read_bytes() == evening.path("concat/59MHz.npz").read_bytes()
    inventory = products.read_json(place.folder / results / "evening" / "inventory.json")
    assert inventory["observation"]["input"] == str(odd)
    assert not (place.folder / "bad").exists()
