"""Observations come from the command line or from the sheet, and outlive their raw data."""

import shutil

import pytest

from lwacal.driver import observations, settings
from lwacal.driver.observation_sheet import SheetRow
from lwacal.ingest import discover, inventory
from lwacal.records import files
from lwacal.records.manifest import ManifestRecord
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
    return SheetRow(**{"observation": name, "line": 2, **values})


def test_input_is_enough(raw):
    ((name, observation),) = found({"input": str(raw)}).items()
    assert name == observation.stamp == STAMP
    assert observation.bands == ["69MHz", "73MHz"]
    assert observation.source == [f"--input={raw}"]


def test_given_name_is_used(raw):
    assert list(found({"input": str(raw), "observation": "night"})) == ["night"]


def test_concatenated_set_is_looked_into(raw):
    path = next(raw.glob("*73MHz.ms"))
    (observation,) = found({"input_ms": str(path)}).values()
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
    assert rows["a"].settings.sky_model.min_elevation_deg == 33
    assert rows["b"].settings.sky_model.min_elevation_deg == 20
    assert {rows[name].settings.results for name in "ab"} == {"here"}


def test_wrong_settings_of_a_row_are_told(raw, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("sky_modell: {}\n")
    with pytest.raises(settings.SettingsError, match="sky_modell"):
        found({}, [row("a", input=str(raw), config=str(own))])


def test_finished_observation_can_be_reported_after_its_raw_data_are_gone(raw, tmp_path):
    config = {"input": str(raw), "observation": "night", "results": str(tmp_path / "results")}
    record = inventory.build(discover.discover_raw(raw), "night")
    files.write(ManifestRecord, tmp_path / "results" / "night" / "manifest.json", record)
    shutil.rmtree(raw)
    (observation,) = found(config).values()
    assert (observation.stamp, observation.bands) == (STAMP, ["69MHz", "73MHz"])


def test_fingerprint_changes_with_any_table_that_changes(raw):
    before = found({"input": str(raw)})[STAMP].fingerprint()
    assert found({"input": str(raw)})[STAMP].fingerprint() == before
    write_raw(raw, small_array(), SECOND_STAMP, "69MHz")
    assert found({"input": str(raw)})[STAMP].fingerprint() != before


# --- many nights -----------------------------------------------------------------------------


def test_a_row_without_name_and_data_is_called_by_its_line(raw):
    rows = found({}, [row("", input="nowhere", line=7), row("", input=str(raw), line=8)])
    assert list(rows) == ["line-7", STAMP]
    assert "nowhere is not a folder" in rows["line-7"].problem
    assert rows["line-7"].fingerprint() == [rows["line-7"].problem]
    assert rows[STAMP].problem == ""


def test_two_rows_of_one_stamp_and_all_wrong_configurations_are_told_at_once(raw, tmp_path):
    (tmp_path / "wrong.yaml").write_text("sky_modell: {}\ndelay: {min_snr: high}\n")
    (tmp_path / "code.yaml").write_text("input: !!python/object/apply:os.system [touch X]\n")
    sheet = [
        row("", input=str(raw), line=2),
        row("", input=str(raw), line=3),
        row("c", input="x", config=str(tmp_path / "wrong.yaml"), line=4),
        row("d", input="x", config="not there.yaml", line=5),
        row("e", input="x", config=str(tmp_path / "code.yaml"), line=6),
    ]
    with pytest.raises(settings.SettingsError) as caught:
        found({}, sheet)
    keys = [problem.key for problem in caught.value.problems]
    assert [key.partition(",")[0] for key in keys] == [f"line {n}" for n in (3, 4, 4, 5, 6)]
    assert "line 2 too" in str(caught.value)
    assert "not there.yaml" in keys[3]


def test_what_is_wrong_in_configuration_and_sheet_is_told_at_once(tmp_path):
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text("observation\tinput\na/b\t/data\n")
    with pytest.raises(settings.SettingsError) as caught:
        observations.read({"observations": str(sheet), "delai": {}})
    assert [problem.key for problem in caught.value.problems] == [
        "delai",
        f"{sheet}, line 2, observation",
    ]


NAMES = ["20240501_100000", "20240531_235959", "20240601_000000", "gone", "20240430_120000"]


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        ({}, NAMES),
        ({"from": "2024-05-01", "to": "2024-05-31"}, [*NAMES[:2], "gone"]),
        ({"from": "2024-06-01", "without": ["gone"]}, [NAMES[2]]),
        ({"to": "2024-04-30"}, ["gone", NAMES[4]]),
        ({"from": "2030-01-01", "without": ["gone"]}, []),
    ],
)
def test_nights_of_a_range_of_dates(nights, expected):
    rows = found({}, [row(name, input=f"nowhere/{name}") for name in NAMES])
    chosen = settings.resolve({"nights": nights}).nights
    assert observations.chosen(rows, chosen) == expected


def test_date_of_a_named_observation_is_that_of_its_data(raw):
    rows = found({}, [row("named", input=str(raw))])
    for day, expected in (("2024-05-24", ["named"]), ("2024-05-25", [])):
        nights = settings.resolve({"nights": {"from": day, "to": day}}).nights
        assert observations.chosen(rows, nights) == expected


def test_unknown_name_to_leave_out_is_refused(raw):
    nights = settings.resolve({"nights": {"without": ["nigth"]}}).nights
    with pytest.raises(settings.SettingsError, match=r"nights\.without.*try: night"):
        observations.chosen(found({}, [row("night", input=str(raw))]), nights)
