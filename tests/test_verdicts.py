"""The message at the end of a run: verdict, reasons, and where the report is."""

import os

import pytest

from lwacal import outcome, records, verdicts


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def finish(results, name, verdict, reasons, reported=True):
    """Write what a finished observation leaves: qa.json, then reports, then outcome.json."""
    folder = results / name
    quality = {"observation": {"id": name}, "verdict": verdict, "reasons": reasons}
    records.write_json(folder / "qa.json", quality)
    if reported:
        for report in verdicts.REPORTS:
            (folder / report).write_text("a report")
        records.write_json(folder / "outcome.json",
                           outcome.sort(quality, folder, results, links=True))
    return folder


def judge_later(folder, **changed):
    """Write qa.json again, a minute after the reports."""
    path = folder / "qa.json"
    records.write_json(path, {**records.read_json(path), **changed})
    late = (folder / "report.html").stat().st_mtime + 60
    os.utime(path, (late, late))


def test_each_observation_has_verdict_reasons_and_report(results):
    finish(results, "one", "pass", ["All is well."])
    finish(results, "two", "fail", ["No calibrator was measured.", "Half of the data are missing."])
    (results / "trends.html").write_text("nights")
    said = verdicts.summary(["one", "two"], results)
    assert said.index("one: PASS") < said.index("two: FAIL")
    for words in ("  - No calibrator was measured.", "  - Half of the data are missing.",
                  f"report: {results / 'two' / 'report.html'}", str(results / "two/report.pdf"),
                  f"all nights: {results / 'trends.html'}"):
        assert words in said
    assert "of an earlier" not in said


def test_observations_of_the_sheet_that_were_not_begun_are_not_mentioned(results):
    finish(results, "one", "pass", ["All is well."])
    assert "two" not in verdicts.summary(["one", "two"], results)


def test_what_stopped_half_way_is_named(results):
    (results / "one").mkdir(parents=True)
    finish(results, "two", "warn", ["Look."], reported=False)
    said = verdicts.summary(["one", "two"], results)
    assert "one: no verdict yet" in said
    assert f"no report yet: `snakemake {results / 'two' / 'report.html'}` makes it" in said


def test_many_reasons_are_counted(results):
    finish(results, "one", "fail", [f"Reason {k}." for k in range(12)])
    said = verdicts.summary(["one"], results)
    assert "Reason 7." in said
    assert "Reason 8." not in said
    assert "and 4 more, in" in said


def test_a_report_of_an_earlier_verdict_is_said_to_be_one(results):
    folder = finish(results, "one", "pass", ["All is well."])
    judge_later(folder)
    said = verdicts.summary(["one"], results)
    assert "of an earlier" not in said  # the same again: the report stands
    judge_later(folder, verdict="fail", reasons=["Stricter limits."])
    said = verdicts.summary(["one"], results)
    assert "one: FAIL" in said
    assert "of an earlier verdict" in said
