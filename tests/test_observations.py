"""Observations come from the command line or from the sheet, and outlive their raw data."""

import shutil

import pytest

from lwacal import discover, inventory, observations, records, settings
from small_sets import STAMP, small_array, write_raw

SECOND_STAMP = "20240524_090013"


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    for band in ("73MHz", "69MHz"):
        write_raw(folder, small_array(), STAMP, band)
    write_raw(folder, small_array(), SECOND_STAMP, "73MHz")
    return folder


def found(config, sheet=()):
    return observations.from_settings(config, settings.resolve(config), sheet)


def row(name, **values):
    own = {"observation": name, "input": "", "input_ms": "", "config": "", "line": "2"}
    return {**own, **values}


def test_input_is_enough(raw):
    (name, observation), = found({"input": str(raw)}).items()
    assert name == observation.stamp == STAMP
    assert observation.bands == ["69MHz", "73MHz"]
    assert observation.source == [f"--input={raw}"]


def test_given_name_is_used(raw):
    assert list(found({"input": str(raw), "observation": "night"})) == ["night"]


def test_concatenated_set_is_looked_into(raw):
    path = next(raw.glob("*73MHz.ms"))
    observation, = found({"input_ms": str(path)}).values()
    assert (observation.stamp, observation.bands) == (STAMP, ["73MHz"])
    assert observation.source == [f"--input-ms={path}"]


def test_rows_of_the_sheet_are_used_without_input_and_looked_at_when_needed(raw):
    sheet = [row("good", input=str(raw)), row("bad", input="nowhere")]
    both = found({}, sheet)
    assert list(both) == ["good", "bad"]
    assert both["good"].bands == ["69MHz", "73MHz"]
    with pytest.raises(discover.InputError, match="nowhere is not a folder"):
        _ = both["bad"].bands
    assert list(found({"input": str(raw), "observation": "one"}, sheet)) == ["one"]


def test_row_may_have_settings_of_its_own_but_not_another_place_for_results(raw, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("sky_model: {min_elevation_deg: 33}\nresults: elsewhere\n")
    sheet = [row("a", input=str(raw), config=str(own)), row("b", input=str(raw))]
    rows = found({"results": "here"}, sheet)
    assert rows["a"].settings["sky_model"]["min_elevation_deg"] == 33
    assert rows["b"].settings["sky_model"]["min_elevation_deg"] == 20
    assert {rows[name].settings["results"] for name in "ab"} == {"here"}


def test_wrong_settings_of_a_row_are_told(raw, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("sky_modell: {}\n")
    with pytest.raises(settings.SettingsError, match="sky_modell"):
        found({}, [row("a", input=str(raw), config=str(own))])


def test_finished_observation_can_be_reported_after_its_raw_data_are_gone(raw, tmp_path):
    config = {"input": str(raw), "observation": "night", "results": str(tmp_path / "results")}
    record = inventory.build(discover.discover_raw(raw), "night")
    records.write_json(tmp_path / "results" / "night" / "manifest.json", record)
    shutil.rmtree(raw)
    observation, = found(config).values()
    assert (observation.stamp, observation.bands) == (STAMP, ["69MHz", "73MHz"])


def test_fingerprint_changes_with_any_table_that_changes(raw):
    before = found({"input": str(raw)})[STAMP].fingerprint()
    assert found({"input": str(raw)})[STAMP].fingerprint() == before
    write_raw(raw, small_array(), SECOND_STAMP, "69MHz")
    assert found({"input": str(raw)})[STAMP].fingerprint() != before
