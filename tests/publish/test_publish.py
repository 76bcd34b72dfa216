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

import made_up_observation
import made_up_records
import small_quality
from lwacal.driver import code_digest
from lwacal.io import caltable
from lwacal.io.ms_reader import Antennas
from lwacal.io.solutions import SubBandSolutions
from lwacal.nights import database_tables
from lwacal.publish import checks, latest_link
from lwacal.publish import publish as publication
from lwacal.publish.provenance import Sources
from lwacal.publish.publish import PublicationError
from lwacal.records import files
from lwacal.records.catalogue import RECORDS
from lwacal.records.configuration.publish import Publish
from lwacal.runtime import paths, products
from lwacal.telescope import site

STAMP = "20240601_110000"
BANDS = ("59MHz", "73MHz")
N_ANTENNAS, N_CHANNELS = 12, 8
SCRIPT = paths.SCRIPTS / "publish.py"


def write_table(path, gain=None, flag=None):
    """Write a bandpass table of drawn gains, or of these."""
    band = path.stem.rpartition("_")[2]
    shape = (N_ANTENNAS, N_CHANNELS, 2)
    draw = np.random.default_rng(len(path.name))
    drawn = 1 + 0.1 * draw.normal(size=(*shape, 2)) @ [1, 1j]
    names = [f"LWA{k:03d}" for k in range(N_ANTENNAS)]
    solutions = SubBandSolutions.of(
        drawn if gain is None else gain,
        np.zeros(shape, bool) if flag is None else flag,
        antenna_names=names,
        frequency_hz=site.band_frequencies_hz(band, N_CHANNELS),
        channel_width_hz=1e5,
        mjd_s=5e9,
    )
    caltable.write_bandpass(path, solutions, Antennas(names, np.zeros((N_ANTENNAS, 3))), (0, 0))
    return path


@pytest.fixture
def tables(tmp_path):
    return [write_table(tmp_path / "tables" / f"{STAMP}_{band}.bcal") for band in BANDS]


@pytest.fixture
def choice(tmp_path):
    """The settings: a folder, and tables of the size that these have."""
    return Publish(
        folder=str(tmp_path / "caltables"),
        sub_bands=len(BANDS),
        antennas=N_ANTENNAS,
        channels=N_CHANNELS,
    )


def sources(verdict="pass"):
    qa = small_quality.quality("20240601_110000", verdict)
    qa["observation"] |= {
        "id": "night",
        "start_utc": "2024-06-01T11:00:00.000",
        "lst_hours": 20.5,
        "reference_antenna": {"antenna": "LWA003", "why": ""},
    }
    plan = made_up_observation.Plan(2, ("59MHz",), N_CHANNELS, 2)
    manifest = made_up_observation.manifest(plan)
    entries = manifest["bands"]["59MHz"]["entries"]
    entries[0]["path"] = "/data/night/one.ms"
    entries[1] |= {"path": "/data/night/zero.ms", "usable": False}
    run = made_up_records.run_record()
    return Sources(qa={**qa, "reasons": ["CygA is off."]}, run=run, manifest=manifest)


def publish(tables, choice, verdict="pass", database=Path("none.sqlite"), **changed):
    return publication.publish(
        sources(verdict), tables, database, choice.model_copy(update=changed)
    )


def loaded(choice):
    """Return what the beamformer would load: stamps and tables of latest/*.bcal."""
    found = sorted(Path(choice.folder, "latest").glob("*.bcal"))
    return {path.name.rpartition("_")[0] for path in found}, found


def everything(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in Path(folder).rglob("*")
        if path.name != publication.LOCK
    )


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


@pytest.mark.parametrize("verdict", ["warn", "fail"])
def test_only_a_pass_is_published_unless_forced(tables, choice, verdict):
    with pytest.raises(PublicationError, match=rf"is {verdict}.*CygA is off.*publish\.force"):
        publish(tables, choice, verdict)
    assert not Path(choice.folder).exists()
    beside = publish(tables, choice, verdict, force=True)["provenance"]
    assert (beside["forced"], beside["verdict"]) == (True, verdict)


def test_without_a_folder_the_key_is_named(tables, choice):
    with pytest.raises(PublicationError, match=r"publish\.folder"):
        publish(tables, choice, folder="")


def test_older_observation_does_not_replace_a_later_one_unless_forced(tables, choice):
    publish(tables, choice)
    older = [
        write_table(table.with_name(f"20240501_110000_{band}.bcal"))
        for table, band in zip(tables, BANDS)
    ]
    with pytest.raises(PublicationError, match=f"later observation.*{STAMP}_v001"):
        publish(older, choice)
    assert loaded(choice)[0] == {STAMP}
    going_back = publish(older, choice, force=True)
    assert going_back["forced"]
    assert going_back["provenance"]["forced"]
    assert loaded(choice)[0] == {"20240501_110000"}
    assert publish(older, choice, force=True)["message"] == "already active"
    again = publish(tables, choice)
    assert (again["message"], again["forced"]) == ("published again", False)
    assert loaded(choice)[0] == {STAMP}
    once_more = publish(older, choice, force=True)
    assert (once_more["version"], once_more["forced"]) == (going_back["version"], True)


def test_sub_bands_must_all_be_there(tables, choice):
    """The number always; active sub-bands stay active unless forced."""
    with pytest.raises(PublicationError, match=r"1 sub-bands of .*needs 2 \(publish\.sub_b"):
        publish(tables[:1], choice, force=True)
    publish(tables, choice)
    later = write_table(tables[0].with_name("20240701_110000_59MHz.bcal"))
    with pytest.raises(PublicationError, match=r"active tables of 73MHz.*publish\.force"):
        publish([later], choice, sub_bands=0)
    assert len(loaded(choice)[1]) == 2
    publish([later], choice, sub_bands=0, force=True)
    assert [path.name for path in loaded(choice)[1]] == [later.name]


def spoil(kind):
    """Return gains and flags of a table that is broken in some way."""
    shape = (N_ANTENNAS, N_CHANNELS, 2)
    gain, flag = np.ones(shape, complex), np.zeros(shape, bool)
    gain[3, 2, 1] = {"nan": np.nan, "infinite": np.inf, "zero": 0, "flagged nan": np.nan}[kind]
    flag[3, 2, 1] = kind == "flagged nan"
    return gain, flag


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nan", "1 gains that are not finite.*LWA003 Y, channel 2"),
        ("infinite", "not finite"),
        ("flagged nan", "not finite"),
        ("zero", "1 unflagged gains of zero.*LWA003 Y"),
    ],
)
def test_gains_that_would_spoil_beams_are_refused(tables, choice, kind, words):
    write_table(tables[1], *spoil(kind))
    with pytest.raises(PublicationError, match=words):
        publish(tables, choice, force=True)
    assert not Path(choice.folder).exists()


def test_flagged_zero_is_allowed_and_all_flagged_is_not(tables, choice):
    gain, flag = spoil("zero")
    write_table(tables[1], gain, gain == 0)
    assert publish(tables, choice)["version"]
    for table in tables:
        write_table(table, flag=np.ones_like(flag))
    with pytest.raises(PublicationError, match="all solutions of all tables are flagged"):
        publish(tables, choice)


@pytest.mark.parametrize("key", ["antennas", "channels"])
def test_shape_that_the_beamformer_does_not_take_is_refused(tables, choice, key):
    with pytest.raises(PublicationError, match=rf"needs 352 \(publish\.{key}"):
        publish(tables, choice, **{key: 352})
    assert publish(tables, choice, **{key: 0})["version"]


def test_names_of_two_stamps_or_none_are_refused(tables, choice, tmp_path):
    other = write_table(tmp_path / "tables" / "20240602_110000_59MHz.bcal")
    with pytest.raises(PublicationError, match="2 stamps"):
        publish([*tables, other], choice)
    with pytest.raises(PublicationError, match="YYYYMMDD_HHMMSS_NNMHz"):
        publish([tables[0].rename(tables[0].with_name("night.bcal"))], choice)


def test_truncated_table_is_refused(tables, choice):
    (tables[0] / "table.f0").unlink()
    with pytest.raises(PublicationError, match="cannot be read"):
        publish(tables, choice)


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
