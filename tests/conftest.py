"""Fixtures that many tests share."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from lwacal import records
from lwacal.simulate import simulate
from night import NAME, OPTIONS, Night
from workflow_run import copy_project, folder_digest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


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
    return Night(project, raw, records.read_json(truth / "truth.json"), arrays, digest)
