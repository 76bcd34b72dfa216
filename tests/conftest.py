"""Fixtures that many tests share."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

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
