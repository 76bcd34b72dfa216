"""The message at the end of a run: verdict, reasons, and where the report is."""

import csv
import os

import pytest

import made_up_records
import small_quality
from lwacal.driver import nights_table, run_state, summary
from lwacal.nights import trends_database
from lwacal.qa import outcome
from lwacal.records import files
from lwacal.records.outcome import OutcomeRecord
from lwacal.records.quality import QualityRecord
from lwacal.records.run import RunRecord
from lwacal.runtime import products


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def finish(results, name, verdict, reasons, reported=True):
    """Write what a finished observation leaves: qa.json, then reports, then outcome.json."""
    folder = results / name
    quality = small_quality.quality(verdict=verdict)
    quality["observation"] |= {
        "id": name,
        "start_utc": "2024-05-24T09:00:03",
        "lst_hours": 17.31,
    }
    quality["reasons"] = reasons or ["All is well."]
    signal = quality["antennas"][0]
    quality["antennas"] = [
        {**signal, "antenna": f"LWA{n // 2:03d}", "status": "bad" if n < 3 else "good"}
        for n in range(20)
    ]
    files.write(QualityRecord, folder / "qa.json", quality)
    if reported:
        for report in summary.REPORTS:
            (folder / report).write_text("a report")
        files.write(
            OutcomeRecord,
            folder / "outcome.json",
            outcome.sort(quality, folder, results, links=True),
        )
    return folder


def judge_later(folder, **changed):
    """Write qa.json again, a minute after the reports."""
    path = folder / "qa.json"
    files.write(QualityRecord, path, {**files.read(QualityRecord, path), **changed})
    late = (folder / "report.html").stat().st_mtime + 60
    os.utime(path, (late, late))


def test_one_observation_has_verdict_reasons_and_report(results):
    finish(results, "two", "fail", ["No calibrator was measured.", "Half of the data are missing."])
    said = summary.summary(["two"], results)
    for words in (
        "two: FAIL",
        "  - No calibrator was measured.",
        "  - Half of the data are missing.",
        f"report: {results / 'two' / 'report.html'}",
        str(results / "two/report.pdf"),
    ):
        assert words in said
    assert "of an earlier" not in said


def fail(results, name, job="flag 73MHz", cause="no room on the disk"):
    failure = run_state.Failure(name, job, cause, f"logs/{name}/flag/73MHz.log")
    nights_table.keep_failures(results, [name], [failure])


def test_many_observations_are_a_table(results):
    finish(results, "one", "pass", ["All is well."])
    finish(results, "two", "warn", ["The ionosphere moves Cyg A by 700 arcsec.", "More."])
    files.write(
        RunRecord, results / "two" / "run.json", {**made_up_records.run_record(), "total_s": 1860.0}
    )
    fail(results, "three")
    (results / "trends.html").write_text("nights")
    said = summary.summary(["one", "two", "three", "four"], results)
    lines = said.splitlines()
    assert lines[1].split() == [
        "observation",
        "start",
        "(UTC)",
        "LST",
        "verdict",
        "bad",
        "antennas",
        "job",
        "time",
    ]
    assert lines[2].split() == ["one", "2024-05-24", "09:00", "17.3", "h", "PASS", "2", "of", "10"]
    assert lines[3].split()[-2:] == ["31", "min"]
    assert lines[4] == "    The ionosphere moves Cyg A by 700 arcsec. (and 1 more)"
    assert lines[5].split() == ["three", "ERROR"]
    assert lines[6] == "    flag 73MHz: no room on the disk"
    assert lines[7] == "    log: logs/three/flag/73MHz.log"
    assert "3 observations: 1 pass, 1 warn, 1 not finished (error)" in lines
    assert f"all nights: {results / 'trends.html'}" in lines


def test_table_fits_its_width(results):
    long = "x" * 100
    finish(results, long, "fail", ["A long reason of many words " * 9])
    finish(results, "b", "pass", [])
    fail(results, "c", cause="words " * 40)
    said = summary.summary([long, "b", "c"], results)
    for line in said.splitlines():
        assert len(line) <= 100 or str(results) in line


def test_observation_that_failed_is_told_with_its_log(results):
    fail(results, "one")
    said = summary.summary(["one"], results)
    assert "one: no verdict yet\n  FAILED at flag 73MHz: no room on the disk" in said
    assert "log: logs/one/flag/73MHz.log" in said


def test_failures_are_forgotten_when_a_later_run_has_none(results):
    finish(results, "one", "pass", [])
    fail(results, "one", job="promote")  # on request: the night has its verdict
    assert nights_table.row(results, "one")["verdict"] == "pass"
    fail(results, "one")
    assert nights_table.row(results, "one")["verdict"] == "error"
    nights_table.keep_failures(results, ["one"], [], {("one", "flag 73MHz")})
    assert nights_table.row(results, "one")["verdict"] == "pass"


def test_failure_stays_until_its_job_is_made_or_the_observation_finished(results):
    finish(results, "one", "pass", [])
    fail(results, "one")
    others = {("one", "flag 27MHz"), ("two", "flag 73MHz")}
    nights_table.keep_failures(results, ["one"], [], others)
    assert nights_table.row(results, "one")["failed_job"] == "flag 73MHz"
    late = nights_table.note(results, "one").stat().st_mtime + 1
    os.utime(results / "one" / "outcome.json", (late, late))
    nights_table.keep_failures(results, ["one"], [], others)
    assert nights_table.row(results, "one")["failed_job"] is None


def test_note_that_is_damaged_goes(results):
    products.write_text(nights_table.note(results, "one"), "{")
    nights_table.keep_failures(results, ["one"], [])
    assert nights_table.names(results) == []


def test_line_of_the_sheet_that_was_mended_leaves_no_row(results):
    for name in ("line-3", "line-4", "other"):
        fail(results, name)
    assert nights_table.drop_lines(results, ["line-4", "mended"]) == ["line-3"]
    assert nights_table.names(results) == ["line-4", "other"]


def test_note_of_a_failure_is_never_taken_for_a_product(results):
    fail(results, "qa")
    fail(results, "qa.json")
    assert trends_database.find(results) == []
    assert nights_table.names(results) == ["qa", "qa.json"]


def test_file_of_all_nights(results):
    finish(results, "one", "pass", ['A "quoted"\treason.'])
    fail(results, "earlier")
    (results / "broken").mkdir()
    (results / "broken" / "qa.json").write_text("{")
    with nights_table.write(results, ["one", "not begun"]).open(newline="") as stream:
        rows = {
            row["observation"]: row
            for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        }
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "one": "pass",
        "earlier": "error",
        "broken": "unreadable",
        "not begun": "not begun",
    }
    assert rows["one"]["reason"] == 'A "quoted" reason.'
    assert (rows["one"]["bad_antennas"], rows["one"]["antennas"]) == ("2", "10")
    assert rows["earlier"]["log"] == "logs/earlier/flag/73MHz.log"
    assert "is not valid JSON" in rows["broken"]["reason"]


def test_damaged_outcome_does_not_take_the_verdicts(results):
    for name in ("one", "two"):
        finish(results, name, "warn", ["Look."])
    (results / "one" / "outcome.json").write_text('{"verdict": "wa')
    said = summary.summary(["one", "two"], results)
    assert said.count("WARN") == 2
    for words in (said, summary.summary(["one"], results)):
        assert "WARN" in words
        assert "Look." in words
        assert "outcome.json is not valid JSON" in " ".join(words.split())


def test_observations_of_the_sheet_that_were_not_begun_are_not_mentioned(results):
    finish(results, "one", "pass", ["All is well."])
    assert "two" not in summary.summary(["one", "two"], results)


def test_what_stopped_half_way_is_named(results):
    (results / "one").mkdir(parents=True)
    finish(results, "two", "warn", ["Look."], reported=False)
    assert "one: no verdict yet" in summary.summary(["one"], results)
    said = summary.summary(["one", "two"], results)
    assert "UNFINISHED" in said
    assert f"no report yet: `snakemake {results / 'two' / 'report.html'}` makes it" in (
        summary.summary(["two"], results)
    )
    assert "no report yet" in said


def test_many_reasons_are_counted(results):
    finish(results, "one", "fail", [f"Reason {k}." for k in range(12)])
    said = summary.summary(["one"], results)
    assert "Reason 7." in said
    assert "Reason 8." not in said
    assert "and 4 more, in" in said


def test_a_report_of_an_earlier_verdict_is_said_to_be_one(results):
    folder = finish(results, "one", "pass", ["All is well."])
    judge_later(folder)
    said = summary.summary(["one"], results)
    assert "of an earlier" not in said  # the same again: the report stands
    judge_later(folder, verdict="fail", reasons=["Stricter limits."])
    said = summary.summary(["one"], results)
    assert "one: FAIL" in said
    assert "of an earlier verdict" in said
