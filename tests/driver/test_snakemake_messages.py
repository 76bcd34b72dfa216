"""The installed Snakemake still says what is looked for in its messages."""

import inspect
import json
import os
import signal
import subprocess
import sys

import pytest
import snakemake.api  # noqa: F401  # first: the modules of Snakemake import each other
import snakemake_executor_plugin_slurm
from snakemake.dag import DAG
from snakemake_interface_logger_plugins.common import LogEvent

from fault_place import wait_for
from lwacal.driver import progress, snakemake_messages

SNAKEFILE = """
import json, logging
from snakemake.logging import logger

class Note(logging.Handler):
    def emit(self, record):
        wanted = {name: getattr(record, name, None) for name in ("event", "exception")}
        fields = sorted(record.__dict__)
        with open("notes.jsonl", "a") as stream:
            print(json.dumps({**wanted, "text": str(record.msg), "fields": fields}), file=stream)

logger.addHandler(Note())
open("terminal.txt", "w").write(str([handler.name for handler in logger.handlers]))

rule again:
    output: "again"
    retries: 1
    conda: "environment.yaml"
    shell: "touch {output}; if [ -e tried ]; then exit 0; fi; touch tried; exit 1"

rule fails:
    output: "fails"
    log: "fails.log"
    shell: "exit 3"

rule unmade:
    output: "unmade"
    shell: "true"

rule folder:
    output: "folder"
    shell: "mkdir {output}"

rule long:
    output: "long"
    shell: "touch begun; sleep 60"
"""


def start(folder, *words):
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "environment.yaml").write_text("dependencies: []")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--latency-wait", "0", *words]
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def notes(folder):
    return [json.loads(line) for line in (folder / "notes.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("snakemake")


@pytest.fixture(scope="module")
def run(folder):
    """What is logged in a run in which most jobs fail, each in its own way."""
    start(folder, "--keep-going", "again", "fails", "unmade", "folder").wait(120)
    return notes(folder)


def texts(run, event=None):
    return [note["text"] for note in run if note["event"] == event]


@pytest.mark.parametrize("words", snakemake_messages.CHATTER)
def test_chatter(run, words):
    assert any(text.startswith(words) for text in texts(run))


def test_terminal(run, folder):
    assert snakemake_messages.TERMINAL in (folder / "terminal.txt").read_text()


def test_job_that_is_tried_again(run):
    numbers = [snakemake_messages.restarted_job(text) for text in texts(run)]
    assert len([number for number in numbers if number is not None]) == 1


def of_error(run, name):
    return [note["text"] for note in run if note["exception"] == name]


def test_job_that_makes_no_file(run):
    (text,) = of_error(run, "MissingOutputException")
    assert snakemake_messages.unmade_job(text) is not None
    assert snakemake_messages.missing_files(text) == ["unmade"]


def test_job_that_makes_a_folder_in_place_of_a_file(run):
    (text,) = of_error(run, "ImproperOutputException")
    assert snakemake_messages.wrong_file(text) == "folder"


def test_job_whose_file_is_older_than_its_input():
    """By the source: clocks of two machines have to differ for it."""
    text = spoken(DAG.check_output_mtime, "has older modification time")
    assert snakemake_messages.wrong_file(text.replace("{output_path}", "flags.npz")) == "flags.npz"


def test_error_of_a_failed_job(run):
    assert len(of_error(run, snakemake_messages.OF_A_JOB)) == 2


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (LogEvent.RUN_INFO, {"stats"}),
        (
            LogEvent.JOB_INFO,
            {"jobid", "rule_name", "wildcards", "log", "benchmark", "output", "threads"},
        ),
        (LogEvent.JOB_FINISHED, {"job_id"}),
        (LogEvent.JOB_ERROR, {"jobid", "rule_name", "log", "rule_msg", "aux"}),
        (LogEvent.ERROR, {"exception"}),
    ],
)
def test_events_have_the_fields_that_are_read(run, event, fields):
    """The interface names the events; it does not say what they carry."""
    found = [note for note in run if note["event"] == event]
    assert found
    assert all(fields <= set(note["fields"]) for note in found)


def test_events_that_are_replaced_are_reported(run):
    events = {note["event"] for note in run}
    assert events - {None} - progress.REPLACED <= {LogEvent.ERROR, LogEvent.SHELLCMD}


def test_nothing_to_do(tmp_path):
    (tmp_path / "again").touch()
    start(tmp_path, "again", "--rerun-triggers", "mtime").wait(60)
    assert any(text.startswith(snakemake_messages.NOTHING_TO_DO) for text in texts(notes(tmp_path)))


def test_locked_folder(tmp_path):
    locks = tmp_path / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("again\n")
    assert start(tmp_path, "again").wait(60) != 0
    assert of_error(notes(tmp_path), snakemake_messages.LOCKED)


def test_interruptions(tmp_path):
    """SIGTERM waits for the jobs that run, Ctrl-C ends them."""
    process = start(tmp_path, "long")
    wait_for((tmp_path / "begun").exists, 60)
    ctrl_c, term = snakemake_messages.INTERRUPTED
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: any(text.startswith(term) for text in texts(notes(tmp_path))), 30)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(30)
    assert any(text.startswith(ctrl_c) for text in texts(notes(tmp_path)))


def spoken(where, words):
    """Return the text with such words in the source of something."""
    lines = inspect.getsource(where).splitlines()
    (line,) = [line for line in lines if words in line]
    return line.strip().removeprefix('f"').removesuffix('"')


def test_submitted_job():
    """By the source of the plugin: there is no Slurm here."""
    text = spoken(snakemake_executor_plugin_slurm, "has been submitted with SLURM")
    assert snakemake_messages.submitted_job(text.replace("{job.jobid}", "12")) == 12
