"""The rules that look past a night, run by Snakemake: publishing, and a list for the next night."""

import shutil
from dataclasses import replace

import pytest

from lwacal.io import caltable
from lwacal.runtime import products
from night import BANDS, DEAD, NAME
from workflow_run import job_counts


@pytest.fixture(scope="module")
def project(night, tmp_path_factory):
    """A copy of the finished project, so that the shared run stays as it is."""
    folder = tmp_path_factory.mktemp("publish") / "project"
    shutil.copytree(night.project.folder, folder, symlinks=True)
    return replace(night.project, folder=folder)


def test_tables_are_published_on_request(project, tmp_path):
    folder = tmp_path / "cal tables"
    target = f"results/{NAME}/published.json"
    words = f"publish={{folder: '{folder}', force: true, sub_bands: 0, antennas: 0, channels: 0}}"
    project.snakemake("--cores", "1", target, config=(words,))
    record = products.read_json(project.folder / target)
    found = sorted((folder / "latest").glob("*.bcal"))
    assert [path.stem.rpartition("_")[2] for path in found] == list(BANDS)
    for path in found:
        own = project.results / NAME / "tables" / path.name
        assert (caltable.read(path).gain == caltable.read(own).gain).all()
    provenance = record["provenance"]
    assert provenance["forced"]
    assert (
        provenance["verdict"] == products.read_json(project.results / NAME / "qa.json")["verdict"]
    )
    assert len(provenance["input_files"]) == 7  # two integrations of four sub-bands, one of zeros
    assert "similar sidereal times" in provenance["valid"]["why"]
    link, other = folder / "latest", "20300101_000000_v001"
    (folder / other).mkdir()
    for _ in range(2):  # another version becomes active, then this one again
        assert job_counts(project.snakemake("-n", target, config=(words,))) == {}
        link.unlink()
        link.symlink_to(other)
        assert job_counts(project.snakemake("-n", target, config=(words,))) == {"publish": 1}
        project.snakemake("--cores", "1", target, config=(words,))
        assert link.readlink().name == record["version"]
    assert job_counts(project.snakemake("-n", target, config=(words,))) == {}


def test_publishing_without_a_folder_fails_in_words(project):
    target = f"results/{NAME}/published.json"
    (project.folder / target).unlink(missing_ok=True)
    done = project.snakemake("--cores", "1", target, check=False)
    assert done.returncode
    log = (project.folder / "logs" / NAME / "publish.log").read_text()
    assert "publish.folder is empty" in log
    assert not (project.folder / target).exists()


def test_suggested_flags_are_made_with_the_trends(night):
    """One night is not enough to suggest anything, but the list is there and says of when it is."""
    record = products.read_json(night.project.results / "suggested_flags.json")
    assert (record["ok"], record["bad"], record["of_observation"]) == (True, [], NAME)
    assert (night.project.results / "trends.html").is_file()


def test_phases_are_recorded(night):
    quality = night.record("qa.json")
    assert quality["observation"]["phase_freq_mhz"] == 64
    phases = {(a["antenna"], a["pol"]): a["phase_deg"] for a in quality["antennas"]}
    assert phases[DEAD, "X"] is None
    assert sum(phase is not None for phase in phases.values()) > 50
