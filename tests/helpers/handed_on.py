"""Looks at the folders that tables are handed on to: references, and the beamformer's."""

from __future__ import annotations

from pathlib import Path

from fault_place import Place
from lwacal.runtime import atomic
from workflow_run import folder_digest


def check(place: Place, complete: bool) -> None:
    """Check that each table there is its source, and that `latest` leads to a whole version.

    ``complete``: the job has ended well, so that no table is missing, and nothing half made is
    left. Folders that are not there are of jobs that hand nothing on.
    """
    sources = {
        path.name: folder_digest(path)
        for pattern in ("*.bcal", "*.K")
        for path in place.path("tables").glob(pattern)
    }
    hours = list((place.folder / "references").glob("*"))
    for hour in hours:
        check_tables(hour, sources, complete)
    beamformer = place.folder / "beamformer"
    versions = [path for path in beamformer.glob("2*") if not path.is_symlink()]
    wanted = {name: digest for name, digest in sources.items() if name.endswith(".bcal")}
    for version in versions:
        check_tables(version, wanted, complete=True)  # a version is there as a whole
        assert (version / "provenance.json").is_file()
    latest = beamformer / "latest"
    if latest.is_symlink():
        assert latest.resolve() in versions
    if complete:
        assert bool(hours) == place.path("promoted.json").exists()
        assert bool(versions) == place.path("published.json").exists()
        left = {path.name for path in beamformer.glob("*")} - {path.name for path in versions}
        assert left <= {"latest", ".publishing"}
        assert latest.is_symlink() == bool(versions)


def check_tables(folder: Path, sources: dict[str, str], complete: bool) -> None:
    """Check that the tables of a folder are whole; what is half made has another name."""
    found = {
        path.name: folder_digest(path)
        for path in folder.iterdir()
        if path.is_dir() and (complete or not path.name.endswith(atomic.PART))
    }
    assert found == {name: sources.get(name) for name in found}
    assert found.keys() == sources.keys() or not complete
