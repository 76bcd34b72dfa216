"""Fixtures that many tests share."""

from __future__ import annotations

import logging
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quality_schema
from lwacal.qa import assess
from lwacal.runtime import logs, products
from lwacal.simulate import simulate
from night import NAME, OPTIONS, SMALL_OPTIONS, Evening, Night
from workflow_run import copy_project, folder_digest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


# Modules that share a finished run, the longest first: each group is run by one process.
GROUPS = {
    "test_determinism": "determinism",
    "test_faults": "determinism",
    "test_interrupted_runs": "determinism",
    "test_nights_run": "determinism",
    "test_cluster": "cluster",
    "test_private_cluster": "cluster",
    "test_end_to_end": "night",
    "test_staleness": "night",
    "test_publish_rule": "night",
    "test_full_array": "full array",
    "test_environments_run": "environments",
    "test_real_data": "real data",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a module's tests in one process (pytest -n), and begin with those that take longest."""
    order = list(GROUPS)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(GROUPS.get(item.path.stem, item.path.stem)))
    items.sort(
        key=lambda item: order.index(item.path.stem) if item.path.stem in order else len(order)
    )


@pytest.fixture(scope="session", autouse=True)
def every_verdict_fits_the_schema() -> Iterator[None]:
    """Check each qa.json that a test makes in its own process; workflow_run checks the others."""
    judge = assess.assess

    def checked(*arguments: Any, **named: Any) -> dict[str, Any]:
        quality = judge(*arguments, **named)
        quality_schema.check(products.plain(quality))
        return quality

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assess, "assess", checked)
        yield


@pytest.fixture
def log_to_stdout() -> Iterator[None]:
    """Write what the package logs to standard output, as in a job; undo it after the test."""
    known = {name: logging.getLogger(name) for name in logs.NAMES}
    before = {name: (one.level, one.propagate, one.handlers[:]) for name, one in known.items()}
    logs.write_to_stdout()
    yield
    for name, one in known.items():
        level, one.propagate, one.handlers[:] = before[name]
        one.setLevel(level)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real OVRO-LWA data beside the project; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip(f"no real data: {SHARED} is not there")
    return SHARED


@pytest.fixture(scope="session")
def unpack_real(real_data: Path, tmp_path_factory: pytest.TempPathFactory):
    """Return a function that unpacks one of the real measurement sets and returns its path."""

    def unpack(archive: str) -> Path:
        folder = tmp_path_factory.mktemp("real")
        with tarfile.open(real_data / "ms" / archive) as stream:
            stream.extractall(folder, filter="data")
        return next(path for path in folder.iterdir() if path.suffix == ".ms")

    return unpack


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A simulated night with planted faults that the whole workflow has run on, once."""
    folder = tmp_path_factory.mktemp("night")
    raw = folder / "raw data"  # paths with spaces work
    truth = simulate(OPTIONS, raw)
    digest = folder_digest(raw)
    project = copy_project(folder / "project", f"input={raw}", f"observation={NAME}")
    project.snakemake("--cores", "2")
    with np.load(truth / "truth.npz") as archive:
        arrays = dict(archive)
    return Night(project, raw, products.read_json(truth / "truth.json"), arrays, digest)


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """A smaller observation without faults, and its finished run."""
    folder = tmp_path_factory.mktemp("evening")
    simulate(SMALL_OPTIONS, folder / "raw")
    project = copy_project(folder / "first", f"input={folder / 'raw'}", "observation=evening")
    project.snakemake("--cores", "2")
    return Evening(project, folder / "raw")
