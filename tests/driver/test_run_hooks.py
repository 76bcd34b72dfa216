"""The end of a run: trends of those that finished, and what is noted."""

import json
import subprocess
from pathlib import Path

import pytest
from snakemake_interface_logger_plugins.tests import MockOutputSettings

import small_quality
from lwacal.driver import nights_table, progress, run_hooks, run_state, time_left
from lwacal.records import files
from lwacal.records.quality import QualityRecord

NIGHTS = {"from": "", "to": "", "without": ["left out"]}
TRENDS_LOG = Path("logs/trends.log")


@pytest.fixture
def run(tmp_path, capsys):
    settings = MockOutputSettings()
    handler = progress.Progress(settings, run_hooks.sys.stderr, time_left.TimeLeft({}))
    found = run_hooks.Run(tmp_path / "results", ["a", "b", "c"], handler, "snakemake nights")
    found.begin({"a", "b"}, {})
    handler.state.waiting["trends"] = 1
    return found


def judged(run, name):
    files.write(QualityRecord, run.results / name / "qa.json", small_quality.quality())


def failed(run, name):
    run.progress.state.failed[1] = run_state.Failure(name, "flag 73MHz", "no room", "logs/x.log")


@pytest.fixture
def calls(monkeypatch):
    """The commands that are run, each with the configuration it gets."""
    seen = []

    def call(command, **_):
        config = json.loads(Path(command[command.index("--configfile") + 1]).read_text())
        seen.append((command, config))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", call)
    return seen


def end(run):
    config = {"results": "r", "nights": None}
    run.end(run_hooks.TrendsAgain(Path("w"), config, NIGHTS, ["conda"], TRENDS_LOG))


def test_trends_are_made_without_those_that_failed(run, calls, capsys):
    judged(run, "a")
    judged(run, "b")
    failed(run, "a")
    end(run)
    ((command, config),) = calls
    assert config == {"results": "r", "nights": {**NIGHTS, "without": ["left out", "a", "c"]}}
    assert command[3:6] == [str(run.results / "trends.html"), "--snakefile", "w/Snakefile"]
    assert command[-2:] == ["--software-deployment-method", "conda"]
    assert "1 pass, 1 not finished (error)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stderr", "log", "words"),
    [
        ("Building\nLockException: it is locked\n\n", None, "made: LockException: it is locked\n"),
        ("", None, "made: Snakemake ended with exit code 1\n"),
        (
            "At least one job failed",
            "error: no room\n",
            "made: no room\n    log: logs/trends.log\n",
        ),
    ],
)
def test_why_the_trends_could_not_be_made_is_said(
    run, monkeypatch, capsys, tmp_path, stderr, log, words
):
    monkeypatch.chdir(tmp_path)
    TRENDS_LOG.parent.mkdir()
    if log is None:
        TRENDS_LOG.write_text("error: of an earlier run\n")

    def fail(command, **_):
        if log is not None:
            TRENDS_LOG.write_text(log)
        return subprocess.CompletedProcess(command, 1, stderr=stderr)

    monkeypatch.setattr(subprocess, "run", fail)
    judged(run, "b")
    failed(run, "a")
    end(run)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("why", ["nothing failed", "none finished", "interrupted", "not asked for"])
def test_trends_are_not_made_again_without_need(run, calls, why):
    if why != "none finished":
        judged(run, "b")
    if why != "nothing failed":
        failed(run, "a")
    run.progress.state.interrupted = why == "interrupted"
    if why == "not asked for":
        run.progress.state.waiting.clear()
    end(run)
    assert calls == []


def test_interrupted_run_says_nothing_new_of_the_nights(run, calls, capsys):
    failed(run, "a")
    run.progress.state.interrupted = True
    end(run)
    assert "Run the same command again" in capsys.readouterr().err
    assert not nights_table.note(run.results, "a").exists()


def test_end_of_a_run_frees_the_observations(run, calls):
    assert sorted(path.name for path in (run.results / ".running").iterdir()) == ["a.run", "b.run"]
    assert run.heartbeat.is_alive()
    assert run.heartbeat.observations == ["a", "b"]
    end(run)
    run.heartbeat.join(5)
    assert not run.heartbeat.is_alive()
    assert list((run.results / ".running").iterdir()) == []


@pytest.mark.parametrize(
    ("quiet", "ended", "kept"),
    [
        ((), True, False),
        ((), False, True),
        (("progress",), False, False),  # it then does not tell
    ],
)
def test_note_of_an_earlier_run_stays_until_its_job_is_made(run, calls, quiet, ended, kept):
    failed(run, "a")
    nights_table.keep_failures(run.results, ["a"], run.failures)
    run.progress.state.failed.clear()
    run.progress.quiet = frozenset(quiet)
    run.progress.state.jobs[1] = run_state.Job("flag", {"obs": "a", "band": "73MHz"})
    run.progress.state.running = {} if ended else {1: 0.0}
    end(run)
    assert nights_table.note(run.results, "a").exists() == kept


@pytest.mark.parametrize("ending", ["end", "nothing to do"])
@pytest.mark.parametrize(("sheet", "left"), [(["a", "b", "c"], ["b"]), (None, ["b", "line-2"])])
def test_rows_of_mended_lines_go_by_the_sheet(run, calls, sheet, left, ending):
    judged(run, "b")
    failed(run, "line-2")
    nights_table.keep_failures(run.results, ["line-2"], run.failures)
    nights_table.write(run.results, [])
    run.progress.state.failed.clear()
    run.sheet = sheet
    if ending == "end":
        end(run)
    else:
        run.progress.idle()
    rows = (run.results / "nights.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[0] for row in rows if "not begun" not in row] == left


def test_terminal_that_is_gone_does_not_keep_what_failed_from_being_noted(run, calls, monkeypatch):
    class Gone:
        def write(self, text):
            raise OSError(5, "Input/output error")

    failed(run, "a")
    monkeypatch.setattr(run_hooks.sys, "stderr", Gone())
    end(run)
    assert nights_table.row(run.results, "a")["cause"] == "no room"


def test_results_that_cannot_be_written_do_not_hide_the_verdicts(run, calls, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nights_table, "write", full)
    judged(run, "a")
    end(run)
    said = capsys.readouterr().err
    assert "could not be recorded" in said
    assert "No space left" in said
    assert "a: PASS" in said
