"""The manifest lists the raw data and their faults; the raw data stay unchanged."""

import hashlib
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from casacore import tables

from lwacal.ingest import discover
from lwacal.telescope import naming, site
from small_sets import INTERVAL_S, STAMP, joined, small_array, write_raw

SECOND_STAMP = "20240524_090013"


def build(folder: Path) -> dict:
    with tempfile.TemporaryDirectory() as out:
        return joined(discover.discover_raw(folder), Path(out))


def kinds(record: dict) -> list[tuple[str, str, str]]:
    return [(fault["kind"], fault["band"], fault["time"]) for fault in record["faults"]]


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return total.hexdigest()


def test_clean_observation_has_no_faults(tmp_path):
    for stamp in (STAMP, SECOND_STAMP):
        for band in ("69MHz", "73MHz"):
            write_raw(tmp_path, small_array(), stamp, band)
    before = digest(tmp_path)
    record = build(tmp_path)
    assert digest(tmp_path) == before
    assert record["faults"] == []
    assert list(record["bands"]) == ["69MHz", "73MHz"]
    observation = record["observation"]
    assert observation["time_column"] == "start"
    assert observation["stamp"] == STAMP
    assert observation["n_integrations"] == 2
    first = record["integrations"][0]["mid_mjd_s"]
    assert first == pytest.approx(naming.stamp_time(STAMP) + 0.2 + INTERVAL_S / 2, abs=1e-3)
    assert observation["mid_mjd_s"] == pytest.approx(
        naming.stamp_time(STAMP) + 0.2 + INTERVAL_S / 2 + 5, abs=1e-3
    )
    assert record["phase_centre"]["ra_rad"] == pytest.approx(
        site.zenith(observation["mid_mjd_s"])[0]
    )
    scans = [entry["scan"] for entry in record["bands"]["73MHz"]["entries"]]
    assert scans == [1, 2]


def test_missing_file_is_named(tmp_path):
    write_raw(tmp_path, small_array(), STAMP, "69MHz")
    write_raw(tmp_path, small_array(), STAMP, "73MHz")
    write_raw(tmp_path, small_array(), SECOND_STAMP, "73MHz")
    assert kinds(build(tmp_path)) == [("missing", "69MHz", SECOND_STAMP)]


def test_zero_filled_file_is_left_out(tmp_path):
    array = small_array()
    rows = 8 * 9 // 2
    write_raw(tmp_path, array, STAMP, "69MHz", data=np.zeros((rows, 6, 4)))
    write_raw(tmp_path, array, STAMP, "73MHz")
    record = build(tmp_path)
    assert kinds(record) == [("zero_filled", "69MHz", STAMP)]
    assert not record["bands"]["69MHz"]["usable"]
    assert record["bands"]["73MHz"]["usable"]


def test_dead_antenna_is_no_fault_of_the_file(tmp_path):
    antenna1, antenna2 = np.triu_indices(8)
    data = np.ones((len(antenna1), 6, 4), complex)
    data[(antenna1 == 3) | (antenna2 == 3)] = 0
    write_raw(tmp_path, small_array(), data=data)
    assert kinds(build(tmp_path)) == []


@pytest.mark.parametrize("power", [0, 1000])
def test_autocorrelations_do_not_decide_whether_a_set_is_zero(tmp_path, power):
    """Autocorrelations of zero are no fault, unless the set has no cross-correlations."""
    antenna1, antenna2 = np.triu_indices(8)
    autos = antenna1 == antenna2
    data = np.ones((36, 6, 4), complex)
    data[autos], data[~autos] = power, power == 0
    write_raw(tmp_path, small_array(), data=data)
    expected = [] if power == 0 else [("zero_filled", "73MHz", STAMP)]
    assert kinds(build(tmp_path)) == expected


def test_partly_zero_and_non_finite_data_are_used_and_named(tmp_path):
    data = np.ones((36, 6, 4), complex)
    data[:, :2] = 0
    write_raw(tmp_path, small_array(), STAMP, "69MHz", data=data)
    data = np.ones((36, 6, 4), complex)
    data[5, 2, 1] = np.nan
    write_raw(tmp_path, small_array(), STAMP, "73MHz", data=data)
    record = build(tmp_path)
    assert kinds(record) == [("zero_filled", "69MHz", STAMP), ("non_finite", "73MHz", STAMP)]
    assert all(band["usable"] for band in record["bands"].values())


def test_stamp_that_disagrees_with_the_header_is_left_out(tmp_path):
    write_raw(tmp_path, small_array(), STAMP, "69MHz")
    write_raw(tmp_path, small_array(), STAMP, "73MHz", time_offset_s=-40)
    record = build(tmp_path)
    assert kinds(record) == [("wrong_stamp", "73MHz", STAMP)]
    assert not record["bands"]["73MHz"]["usable"]


def test_stamp_may_be_the_middle(tmp_path):
    write_raw(tmp_path, small_array(), STAMP, "73MHz", time_offset_s=-INTERVAL_S / 2)
    assert build(tmp_path)["faults"] == []


def test_other_channel_grid_and_other_antennas_are_left_out(tmp_path):
    stamps = [STAMP, SECOND_STAMP, "20240524_090023"]
    for stamp in stamps[:2]:
        write_raw(tmp_path, small_array(), stamp, "69MHz")
        write_raw(tmp_path, small_array(), stamp, "73MHz")
    write_raw(tmp_path, small_array(), stamps[2], "69MHz", n_channels=12)
    write_raw(tmp_path, small_array(seed=2), stamps[2], "73MHz")
    assert kinds(build(tmp_path)) == [
        ("channel_grid", "69MHz", stamps[2]),
        ("antennas", "73MHz", stamps[2]),
    ]


def test_truncated_set_is_unreadable_and_the_others_are_used(tmp_path):
    write_raw(tmp_path, small_array(), STAMP, "69MHz")
    path = write_raw(tmp_path, small_array(), STAMP, "73MHz")
    for file in path.glob("table.f*"):
        os.truncate(file, 10)
    record = build(tmp_path)
    assert kinds(record) == [("unreadable", "73MHz", STAMP)]
    assert len(record["bands"]["73MHz"]["frequency_hz"]) == 6


def test_truncated_data_are_found_on_reading(tmp_path):
    """The headers can be read; the integration is left out, the other one is used."""
    write_raw(tmp_path, small_array(), STAMP, "73MHz")
    path = write_raw(tmp_path, small_array(), SECOND_STAMP, "73MHz")
    os.truncate(largest_file(path), 100)
    record = build(tmp_path)
    assert kinds(record) == [("unreadable", "73MHz", SECOND_STAMP)]
    assert [entry["usable"] for entry in record["bands"]["73MHz"]["entries"]] == [True, False]


def largest_file(path: Path) -> Path:
    """Return the file of the column DATA of a set."""
    return max(path.glob("table.f*"), key=lambda file: file.stat().st_size)


def test_nothing_readable_is_an_error_that_names_the_folder(tmp_path):
    (tmp_path / naming.raw_name(STAMP, "73MHz")).mkdir()
    with pytest.raises(discover.InputError, match=str(tmp_path)):
        build(tmp_path)


def test_second_set_of_the_same_integration_is_left_out(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write_raw(tmp_path / "a", small_array())
    write_raw(tmp_path / "b", small_array())
    record = build(tmp_path)
    assert kinds(record) == [("duplicate", "73MHz", STAMP)]
    assert [entry["usable"] for entry in record["bands"]["73MHz"]["entries"]] == [True, False]


def test_second_set_is_used_if_the_first_is_zero(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write_raw(tmp_path / "a", small_array(), data=np.zeros((36, 6, 4)))
    write_raw(tmp_path / "b", small_array())
    record = build(tmp_path)
    assert kinds(record) == [("zero_filled", "73MHz", STAMP)]
    assert [entry["usable"] for entry in record["bands"]["73MHz"]["entries"]] == [False, True]


def test_other_correlation_order_is_recognized(tmp_path):
    path = write_raw(tmp_path, small_array())
    with tables.table(f"{path}/POLARIZATION", readonly=False, ack=False) as table:
        table.putcell("CORR_TYPE", 0, np.array([9, 12, 10, 11], np.int32))
    record = build(tmp_path)
    assert kinds(record) == [("correlations", "73MHz", STAMP)]
    assert record["bands"]["73MHz"]["entries"][0]["correlations"] == ["XX", "YY", "XY", "YX"]


def test_circular_feeds_are_refused(tmp_path):
    write_raw(tmp_path, small_array(), STAMP, "69MHz")
    path = write_raw(tmp_path, small_array())
    with tables.table(f"{path}/POLARIZATION", readonly=False, ack=False) as table:
        table.putcell("CORR_TYPE", 0, np.array([5, 6, 7, 8], np.int32))
    record = build(tmp_path)
    assert "RR,RL,LR,LL" in record["faults"][0]["message"]
    assert not record["bands"]["73MHz"]["usable"]


def test_sets_with_other_names_are_listed_as_ignored(tmp_path):
    write_raw(tmp_path, small_array())
    (tmp_path / "calibrated.ms").mkdir()
    record = build(tmp_path)
    assert record["ignored"] == [str(tmp_path / "calibrated.ms")] or [
        str(path) for path in record["ignored"]
    ] == [str(tmp_path / "calibrated.ms")]


def test_empty_folder_and_missing_folder_say_what_to_do(tmp_path):
    with pytest.raises(discover.InputError, match="input=FOLDER"):
        discover.discover_raw(tmp_path / "absent")
    with pytest.raises(discover.InputError, match="input_ms=FILE"):
        discover.discover_raw(tmp_path)


def test_set_of_several_integrations_works_as_input_ms(tmp_path):
    path = write_raw(tmp_path, small_array())
    record = joined(discover.discover("", str(path)), tmp_path / "out")
    assert record["observation"]["kind"] == "concatenated"
    assert list(record["bands"]) == ["73MHz"]
    assert record["faults"] == []
