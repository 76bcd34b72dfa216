"""The sheet of observations: what is taken, and all errors at once, with their lines."""

import pytest

from lwacal.driver import settings
from lwacal.driver.observation_sheet import SheetRow
from lwacal.driver.settings import SettingsError, read_observations, resolve
from lwacal.runtime import paths

ROOT = paths.PROJECT
SHEET_HEADER = "observation\tinput\tinput_ms\n"


def write_sheet(folder, text):
    path = folder / "sheet.tsv"
    path.write_text(text)
    return path


def sheet_problems(path):
    with pytest.raises(SettingsError) as caught:
        read_observations(path)
    return [problem.key for problem in caught.value.problems]


def test_shipped_sheet_has_the_demonstration_alone():
    rows = read_observations(ROOT / "config" / "observations.tsv")
    assert [row.observation for row in rows] == ["demo"]
    settings.resolve(settings.with_file({}, ROOT / rows[0].config))


def test_sheet_with_comments_and_blank_lines(tmp_path):
    path = write_sheet(
        tmp_path,
        "# nights\n\n" + SHEET_HEADER + "night-1\t/data/a b\t\n# no\nb.2\t\t/data/x.ms\n"
        "\t/data/c\n",
    )
    assert read_observations(path) == [
        SheetRow(line=4, observation="night-1", input="/data/a b", input_ms=""),
        SheetRow(line=6, observation="b.2", input="", input_ms="/data/x.ms"),
        SheetRow(line=7, observation="", input="/data/c", input_ms=""),
    ]


def test_sheet_columns_in_any_order_and_left_out(tmp_path):
    path = write_sheet(tmp_path, "input\tobservation\r\n/data/a\tnight\r\n")
    assert read_observations(path) == [
        SheetRow(line=2, observation="night", input="/data/a", input_ms="")
    ]


def test_sheet_tells_all_errors_at_once(tmp_path):
    path = write_sheet(
        tmp_path,
        SHEET_HEADER + "a/b\t/data/a\nnight\t\t\nx\t/a\t/b\nok\t/data/a\nok\t/data/b\n"
        "many\t/a\t\tmore\nspaces /data/a\n",
    )
    assert sheet_problems(path) == [
        "line 2, observation",
        "line 3",
        "line 4",
        "line 7",
        "line 8",
        "line 8, observation",
        "line 6, observation",
    ]


@pytest.mark.parametrize(
    "header",
    [
        "observation input input_ms",
        "observation\tinputs",
        "name\tinput",
        "observation",
        "input\tinput",
    ],
)
def test_sheet_with_a_wrong_header(tmp_path, header):
    assert set(sheet_problems(write_sheet(tmp_path, f"{header}\nnight\t/data\n"))) == {"line 1"}


@pytest.mark.parametrize(
    "name",
    [
        "$(touch X)",
        "; rm -rf x",
        "a b",
        "-rf",
        "{input}",
        "'a'",
        '"',
        "ä",
        "..",
        ".a",
        "a/b",
        "trends.sqlite",
        "nights.tsv",
        "successful",
        "x" * 101,
        "a\x07",
    ],
)
def test_sheet_names_are_names_of_folders(tmp_path, name):
    path = write_sheet(tmp_path, f"observation\tinput\n{name}\t/data\n")
    assert "line 2, observation" in sheet_problems(path)


def test_sheet_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "sheet.tsv"
    path.write_bytes(b"observation\tinput\n\xff\xfe\t/data\n")
    assert sheet_problems(path) == ["observations"]


def test_rows_below_an_unknown_column_are_checked_too(tmp_path):
    path = write_sheet(tmp_path, "observation\tinput\tnotes\na/b\t/data\tx\n")
    assert sheet_problems(path) == ["line 1", "line 2, observation"]


def test_missing_configuration_of_a_row_is_told_with_its_line(tmp_path):
    path = write_sheet(tmp_path, "observation\tinput\tconfig\na/b\t/data\tnot-there.yaml\n")
    assert sheet_problems(path) == ["line 2, config", "line 2, observation"]


def test_dates_and_other_types_of_yaml(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("nights: {from: 2024-05-01}\n")
    assert resolve(settings.with_file({}, path)).nights.first == "2024-05-01"


def test_sheet_that_is_not_there(tmp_path, monkeypatch):
    assert sheet_problems(tmp_path / "none.tsv") == ["observations"]
    monkeypatch.chdir(tmp_path)
    assert read_observations("config/observations.tsv") == []


def test_file_of_a_row_goes_over_the_configuration(tmp_path):
    path = tmp_path / "night.yaml"
    path.write_text("imaging: {source: {size: 128}}\nhealth: {bad_antennas: [LWA005]}\n")
    base = {"imaging": {"source": {"size": 512, "niter": 7}}}
    found = resolve(settings.with_file(base, path))
    assert found.imaging.source.size == 128
    assert found.imaging.source.niter == 7
    assert found.health.bad_antennas == ("LWA005",)
    assert base["imaging"]["source"]["size"] == 512


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b\n",
        "a: [\n",
        "a: !!python/object/apply:os.getcwd []\n",
        "a: 2024-13-41\n",
    ],
)
def test_file_of_a_row_that_is_no_configuration_is_refused(tmp_path, text):
    path = tmp_path / "night.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"night\.yaml"):
        settings.with_file({}, path)
