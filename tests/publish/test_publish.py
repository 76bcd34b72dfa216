"""Tables for the beamformer: all or none, only good ones, and what is known beside them."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import made_up_records
from lwacal.driver import code_digest
from lwacal.io import caltable
from lwacal.nights import database_tables
from lwacal.publish import checks, latest_link
from lwacal.publish import publish as publication
from lwacal.publish.publish import PublicationError
from lwacal.records import files
from lwacal.records.catalogue import RECORDS
from lwacal.runtime import paths, products
from publish_case import (
    BANDS,
    STAMP,
    everything,
    loaded,
    publish,
    sources,
    write_table,
)

SCRIPT = paths.SCRIPTS / "publish.py"


def test_beamformer_finds_the_tables(tables, choice):
    record = publish(tables, choice)
    stamps, found = loaded(choice)
    assert stamps == {STAMP}
    assert [path.name for path in found] == [table.name for table in tables]
    for path, table in zip(found, tables):
        assert np.array_equal(caltable.read(path).gain, caltable.read(table).gain)
        assert checks.digests(path) == checks.digests(table)
    link = Path(choice.folder, "latest")
    assert os.readlink(link) == record["version"] == f"{STAMP}_v001"
    assert (record["message"], record["replaces"]) == ("published", None)


def test_provenance_is_beside_them(tables, choice):
    record = publish(tables, choice)
    beside = products.read_json(Path(choice.folder, "latest", "provenance.json"))
    assert beside == record["provenance"]
    assert beside["software"]["commit"] == made_up_records.run_record()["git"]["commit"]
    assert beside["input_files"] == ["/data/night/one.ms"]
    assert beside["verdict"] == "pass"
    assert not beside["forced"]
    assert beside["valid"]["from_utc"] == "2024-06-01T11:00:00.000"
    assert beside["valid"]["until_utc"] == "2024-07-01T11:00:00"
    assert "no none.sqlite of earlier nights" in beside["valid"]["why"]
    assert (beside["lst"]["from_hours"], beside["lst"]["until_hours"]) == (0, 24)
    for described, table in zip(beside["tables"], tables):
        assert described["files"] == checks.digests(table)
        assert len(described["sha256"]) == 64


def test_validity_follows_the_nights_so_far(tables, choice, tmp_path):
    database = tmp_path / "trends.sqlite"
    with sqlite3.connect(database) as connection:
        connection.executescript(database_tables.SCHEMA)
        rows = [
            ("same", 1, 3, 2, 9, "coherence_loss", 0, 0.01, 1),
            ("same", 3, 9, 4, 9, "coherence_loss", 0, 0.09, 1),
        ]
        connection.executemany(f"INSERT INTO validity VALUES ({', '.join('?' * 9)})", rows)
    connection.close()
    record = publish(tables, choice, database=database)
    valid = record["provenance"]["valid"]
    assert valid["days"] == pytest.approx(3)
    assert valid["until_utc"].startswith("2024-06-04T11:00")
    assert "lose 9.0 %" in valid["why"]
    elsewhere = {"folder": str(tmp_path / "elsewhere"), "database": database}
    shorter = publish(tables, choice, valid_days=1, **elsewhere)["provenance"]["valid"]
    assert (shorter["days"], shorter["why"]) == (1, "publish.valid_days")
    database.write_text("no database")
    again = publish(tables, choice, database=database)  # the same tables: what was said stays
    assert again == {**record, "message": "already active", "replaces": record["version"]}
    shutil.rmtree(elsewhere["folder"])
    assert "cannot be read" in publish(tables, choice, **elsewhere)["provenance"]["valid"]["why"]


def test_other_software_with_the_same_tables_is_no_new_version(tables, choice, monkeypatch):
    first = publish(tables, choice)
    run = made_up_records.run_record()
    run["git"]["commit"], run["versions"] = "f" * 40, {"numpy": "9"}
    monkeypatch.setattr(made_up_records, "run_record", lambda: run)
    again = publish(tables, choice)
    assert (again["message"], again["provenance"]) == ("already active", first["provenance"])
    assert publish(tables, choice, "warn", force=True)["version"] == f"{STAMP}_v002"


def test_nights_that_cross_no_limit_do_not_shorten_the_validity(tables, choice, tmp_path):
    """Two observations half an hour apart do not say that tables hold for half an hour."""
    database = tmp_path / "trends.sqlite"
    with sqlite3.connect(database) as connection:
        connection.executescript(database_tables.SCHEMA)
        connection.execute(
            "INSERT INTO validity VALUES ('same', 0, 0.05, 0.02, 1, 'coherence_loss', 0, 0.01, 1)"
        )
    connection.close()
    valid = publish(tables, choice, database=database)["provenance"]["valid"]
    assert valid["days"] == choice.valid_days
    assert valid["why"].startswith(
        "publish.valid_days; observations up to 0.02 days apart, the longest interval"
    )


def test_sidereal_range_passes_through_midnight(tables, choice):
    lst = publish(tables, choice, lst_within_h=4)["provenance"]["lst"]
    assert (lst["from_hours"], lst["until_hours"]) == (16.5, 0.5)


def test_publishing_again_writes_nothing(tables, choice):
    publish(tables, choice)
    before = {
        name: os.stat(Path(choice.folder, name)).st_mtime_ns for name in everything(choice.folder)
    }
    again = publish(tables, choice)
    after = {
        name: os.stat(Path(choice.folder, name)).st_mtime_ns for name in everything(choice.folder)
    }
    assert after == before
    assert (again["message"], again["version"]) == ("already active", f"{STAMP}_v001")


def test_other_tables_of_the_stamp_are_a_new_version(tables, choice):
    publish(tables, choice)
    first = Path(choice.folder, f"{STAMP}_v001")
    kept = checks.digests(first)
    gain = caltable.read(tables[0]).gain * 2
    shutil.rmtree(tables[0])
    write_table(tables[0], gain)
    record = publish(tables, choice)
    assert (record["version"], record["replaces"]) == (f"{STAMP}_v002", f"{STAMP}_v001")
    assert checks.digests(first) == kept
    assert np.array_equal(caltable.read(loaded(choice)[1][0]).gain, gain.astype(np.complex64))


def test_version_that_was_tampered_with_is_not_taken_for_whole(tables, choice):
    publish(tables, choice)
    (Path(choice.folder, f"{STAMP}_v001", tables[0].name, "table.f0")).write_bytes(b"spoilt")
    assert publish(tables, choice)["version"] == f"{STAMP}_v002"


def test_folder_in_place_of_the_link_is_left_alone(tables, choice):
    place = Path(choice.folder, "latest")
    place.mkdir(parents=True)
    (place / "old").write_text("old")
    with pytest.raises(PublicationError, match="not a link"):
        publish(tables, choice)
    assert (place / "old").read_text() == "old"
    assert everything(choice.folder) == ["latest", "latest/old"]


@pytest.mark.parametrize("stop", ["copytree", "_to_disk", "rename", "_switch"])
def test_killed_in_the_middle_the_old_tables_stay_active(tables, choice, monkeypatch, stop):
    """Whatever step is the last: readers see the version before, and the next call finishes."""
    before = [
        write_table(table.with_name(f"20240501_110000_{band}.bcal"))
        for table, band in zip(tables, BANDS)
    ]
    publish(before, choice)

    class KilledError(BaseException):
        pass

    def killed(*_, **__):
        raise KilledError

    owner = {"copytree": publication.shutil, "rename": publication.Path}.get(stop, publication)
    with monkeypatch.context() as patch:
        patch.setattr(owner, stop, killed)
        with pytest.raises(KilledError):
            publish(tables, choice)
    assert loaded(choice)[0] == {"20240501_110000"}
    assert len(loaded(choice)[1]) == 2
    publish(tables, choice)
    assert loaded(choice)[0] == {STAMP}
    assert not [name for name in everything(choice.folder) if name.endswith(".part")]


def test_two_at_once_are_refused(tables, choice):
    folder = Path(choice.folder)
    folder.mkdir()
    with publication._alone(folder), pytest.raises(PublicationError, match="another job"):
        publish(tables, choice)
    assert publish(tables, choice)["version"]


def run_script(tmp_path, tables, choice, verdict="pass", moved=""):
    for name, record in vars(sources(verdict)).items():
        files.write(RECORDS[name], tmp_path / f"{name}.json", record)
    words = [f"--{name}={tmp_path / name}.json" for name in ("qa", "run", "manifest")]
    return subprocess.run(
        [
            sys.executable,
            SCRIPT,
            *words,
            "--tables",
            *tables,
            "--database",
            "none.sqlite",
            "--settings",
            json.dumps({"publish": choice.as_json()}),
            f"--moved={moved}",
            "--output",
            tmp_path / "published.json",
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )


def test_script_writes_the_record_or_says_why_not(tmp_path, tables, choice):
    refused = run_script(tmp_path, tables, choice, "fail")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: the verdict of night is fail")
    assert not (tmp_path / "published.json").exists()
    done = run_script(tmp_path, tables, choice)
    assert done.returncode == 0, done.stderr
    record = products.read_json(tmp_path / "published.json")
    assert record["folder"] == str(Path(choice.folder) / f"{STAMP}_v001")


def test_publishing_again_is_asked_for_when_the_link_was_moved(tmp_path, tables, choice):
    """Each time it was; not by publishing itself."""
    record, link = tmp_path / "published.json", Path(choice.folder, "latest")
    seen = [latest_link.moved(choice.folder, record)]
    for _ in range(2):
        assert run_script(tmp_path, tables, choice, moved=seen[-1]).returncode == 0
        assert latest_link.moved(choice.folder, record) == seen[-1]
        link.unlink()
        gone = latest_link.moved(choice.folder, record)
        link.symlink_to("20230101_000000_v001")
        seen.append(latest_link.moved(choice.folder, record))
        assert seen[-1] == gone
    assert len(set(seen)) == 3
    record.write_text("{")
    assert latest_link.moved(choice.folder, record) == "unreadable"


def test_the_code_that_publishes_draws_nothing():
    """A changed plot does not make publications stale, nor does publishing load what draws."""
    files = {
        str(path.relative_to(paths.PACKAGE))
        for path in code_digest.code_files("publish.py")
        if path.is_relative_to(paths.PACKAGE)
    }
    assert "publish/publish.py" in files
    assert not {name for name in files if name.startswith("report/")}
    assert "nights/trends_database.py" not in files
