"""Lines of progress: what finished, what was found, what failed and why."""

import errno
import io
import logging
import subprocess

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import MockOutputSettings

from lwacal.driver import job_log, progress, run_state, snakemake_messages, time_left
from workflow_run import job_counts


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def lines(tmp_path):
    return Lines(tmp_path, io.StringIO(), ())


class Lines:
    """A handler with a stream, fed with what Snakemake logs."""

    def __init__(self, folder, stream, quiet):
        self.folder, self.stream = folder, stream
        settings = MockOutputSettings()
        settings.quiet = quiet
        self.handler = progress.Progress(settings, stream, time_left.TimeLeft({}))
        self.tell("run_info", stats={"flag": 3, "trends": 1, "all": 1, "total": 5})

    def record(self, event, text="", **values):
        record = logging.LogRecord("snakemake", logging.INFO, "", 1, text, (), None)
        record.__dict__.update(values, event=LogEvent(event) if event else None)
        return record

    def tell(self, event, **values):
        record = self.record(event, **values)
        self.handler.handle(record)
        return record

    def begin(self, number, log_text, rule="flag", band="73MHz", obs="night"):
        log = self.folder / f"{number}.log"
        log.write_text(log_text)
        wildcards = {"obs": obs, "band": band} if obs else {}
        self.tell(
            "job_info",
            jobid=number,
            rule_name=rule,
            wildcards=wildcards,
            log=[str(log)],
            benchmark=None,
            output=[f"results/{obs}/flags/{band}.npz"],
        )
        return log

    def fail(self, number, log, said=None):
        self.tell(
            "job_error", jobid=number, rule_name="flag", log=[str(log)], rule_msg=said, aux={}
        )

    @property
    def said(self):
        return self.stream.getvalue().splitlines()


FOUND = "2024-05-24 09:00:00 zero 1 %\n2024-05-24 09:00:01 found: 3.1% of the data flagged\n"


def test_one_line_a_finished_job_says_what_was_found(lines):
    lines.begin(1, FOUND)
    lines.tell("job_finished", job_id=1)
    lines.begin(2, "", rule="trends", obs="")
    lines.tell("job_finished", job_id=2)
    assert lines.said == [
        "4 jobs: 3 flag, 1 trends",
        "[1/4] night: flag 73MHz: 3.1% of the data flagged",
        "[2/4] trends: done",
    ]


@pytest.mark.parametrize(
    ("quiet", "expected"),
    [
        (("rules",), ["4 jobs: 3 flag, 1 trends", "[1/4]"]),
        (("progress",), ["night: flag 73MHz: 3.1% of the data flagged"]),
        (("rules", "progress"), []),
        (("all",), []),
        (
            ("host", "reason"),
            ["4 jobs: 3 flag, 1 trends", "[1/4] night: flag 73MHz: 3.1% of the data flagged"],
        ),
    ],
)
def test_quiet_is_respected(tmp_path, quiet, expected):
    lines = Lines(tmp_path, io.StringIO(), quiet)
    lines.begin(1, FOUND)
    lines.tell("job_finished", job_id=1)
    assert lines.said == expected


@pytest.mark.parametrize("quiet", ["rules", "progress"])
def test_failures_are_said_though_quiet_unless_about_all(tmp_path, quiet):
    lines = Lines(tmp_path, io.StringIO(), (quiet,))
    lines.fail(1, lines.begin(1, "error: no data\n"))
    assert any(line.startswith("FAILED night: flag 73MHz: no data") for line in lines.said)


def test_failed_job_is_told_with_cause_tail_and_log(lines):
    text = "".join(f"line {number}\n" for number in range(40)) + "error: disk full\n"
    log = lines.begin(1, text)
    lines.fail(1, log)
    said = lines.said[1:]
    assert said[0] == "FAILED night: flag 73MHz: disk full"
    assert said[1] == "    | line 26"
    assert said[-2:] == ["    | error: disk full", f"    log: {log}"]
    assert len(said) == 2 + job_log.TAIL_LINES
    failure = run_state.Failure("night", "flag 73MHz", "disk full", str(log))
    assert lines.handler.failures == [failure]


# As Snakemake 9.27 says it.
UNMADE = """MissingOutputException in rule flag in file "workflow/rules/prepare.smk", line 90:
Job 1  completed successfully, but some output files are missing. Missing files after 5 seconds. \
This might be due to filesystem latency. If that is the case, consider to increase the wait time \
with --latency-wait:
results/night/flags/73MHz.npz (missing locally, parent dir contents: 27MHz.npz, 50MHz.npz)"""
OLDER = """WorkflowError in rule flag in file "workflow/rules/prepare.smk", line 90:
Output results/night/flags/73MHz.npz has older modification time (2024) than input x (2025)."""
FOLDER = """ImproperOutputException in rule flag in file "workflow/rules/prepare.smk", line 90:
Outputs of incorrect type for rule flag:
    output: results/night/flags/73MHz.npz
    affected files:
        results/night/flags/73MHz.npz"""


@pytest.mark.parametrize(
    ("exception", "text", "cause"),
    [
        ("MissingOutputException", UNMADE, f"{job_log.UNMADE}: results/night/flags/73MHz.npz. "),
        (
            "WorkflowError",
            OLDER,
            "Output results/night/flags/73MHz.npz has older modification time",
        ),
        ("ImproperOutputException", FOLDER, "Outputs of incorrect type for rule flag: output: "),
    ],
)
def test_job_found_wanting_after_its_end_has_failed(lines, exception, text, cause):
    log = lines.begin(1, FOUND)
    lines.begin(2, FOUND, band="27MHz")
    record = lines.record("error", exception=exception, text=text)
    assert lines.handler.hides(record)  # Snakemake's terminal gets it first
    lines.handler.handle(record)
    (failure,) = lines.handler.failures
    assert (failure.observation, failure.job, failure.log) == ("night", "flag 73MHz", str(log))
    assert failure.cause.startswith(cause)
    assert "\n" not in failure.cause
    assert list(lines.handler.state.running) == [2]
    assert lines.said[1].startswith(f"FAILED night: flag 73MHz: {cause}")
    lines.tell(None, text="Trying to restart job 1.")
    assert lines.handler.failures == []


def test_error_of_no_job_is_nobodys_failure(lines):
    lines.begin(1, FOUND)
    for text in ("MissingInputException in rule x:\nresults/night/flags/73MHz.npz", "Job 1", ""):
        record = lines.tell("error", exception="WorkflowError", text=text)
        assert not lines.handler.hides(record)
    assert lines.handler.failures == []


SLURM = "SLURM-job '15' failed, SLURM status is: 'OUT_OF_MEMORY'"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("reading 1 of 6\n", SLURM),
        ("", SLURM),
        ("error: disk full\n", "disk full"),
    ],
)
def test_what_the_batch_system_says_is_told(lines, text, cause):
    lines.fail(1, lines.begin(1, text), SLURM)
    assert lines.said[1] == f"FAILED night: flag 73MHz: {cause}"
    assert sum(SLURM in line for line in lines.said) == 1
    assert any("reading 1 of 6" in line for line in lines.said) == bool("reading" in text)


def test_jobs_stopped_on_request_are_no_failures_to_look_into(lines):
    log = lines.begin(1, "Traceback\nKeyboardInterrupt\n")
    lines.tell(None, text="Terminating processes on user request, this might take some time.")
    lines.fail(1, log)
    assert lines.said[1:] == ["stopped night: flag 73MHz"]


def test_job_that_succeeds_in_a_later_attempt_has_not_failed(lines):
    lines.fail(1, lines.begin(1, "error: out of memory\n"))
    lines.tell(None, text="Trying to restart job 1.")
    assert lines.said[-1] == "    flag 73MHz: another attempt"
    assert lines.handler.failures == []
    lines.begin(1, FOUND)
    lines.tell("job_finished", job_id=1)
    assert lines.handler.failures == []
    assert lines.said[-1].startswith("[1/4] night")
    assert lines.handler.state.waiting["flag"] == 2


def test_jobs_that_wait_for_one_that_failed_take_no_time(lines):
    lines.tell("run_info", stats={"flag": 3, "bandpass": 3, "trends": 1, "total": 7})
    # 1, 2, 3 are followed by 4, 5, 6 and all by 7
    lines.handler.state.followers = {
        **{number: ("flag", {number + 3}) for number in (1, 2, 3)},
        **{number: ("bandpass", {7}) for number in (4, 5, 6)},
        7: ("trends", set()),
    }
    lines.fail(1, lines.begin(1, "error: no data\n"))
    assert lines.handler.state.possible() == {"flag": 2, "bandpass": 2}
    lines.begin(1, FOUND)  # another attempt
    lines.tell("job_finished", job_id=1)
    assert lines.handler.state.possible() == {"flag": 2, "bandpass": 3, "trends": 1}


@pytest.mark.parametrize(
    ("submitted", "left"),
    [
        (True, "1.7 h"),  # 2 x 100 s of work are left; 100 s were done in an hour
        (False, "10 s"),  # the others have worked for an hour too
    ],
)
def test_hours_in_the_queue_of_a_batch_system_are_no_work(
    lines, monkeypatch, tmp_path, submitted, left
):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    (tmp_path / "flag.tsv").write_text("s\n100\n")
    for number in (1, 2, 3):
        lines.begin(number, FOUND)
        lines.handler.state.jobs[number].benchmark = (
            str(tmp_path / "flag.tsv") if number == 1 else ""
        )
        if submitted:
            lines.tell(None, text=f"Job {number} has been submitted with SLURM jobid 7 (log: x).")
    lines.handler.state.waiting.clear()
    lines.handler.began = now[0]
    now[0] += 3600
    lines.tell("job_finished", job_id=1)
    assert lines.said[-1].startswith(f"[1/4, about {left} left] ")
    lines.tell("job_finished", job_id=2)  # without a benchmark
    assert lines.handler.left.taken_s["flag"] == [100.0] + [3600.0] * (not submitted)


def test_line_fits_a_terminal_and_has_no_control_codes(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    lines = Lines(tmp_path, Terminal(), ())
    lines.begin(1, "found: " + "\033[31mred\a " + "long " * 30 + "\n")
    lines.tell("job_finished", job_id=1)
    assert len(lines.said[-1]) == 40
    assert lines.said[-1].endswith("...")
    assert all(letter.isprintable() for letter in lines.said[-1])


def test_text_that_the_terminal_cannot_show_does_not_stop_a_run(tmp_path):
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", errors="backslashreplace")  # stderr, LANG=C
    lines = Lines(tmp_path, stream, ())
    lines.begin(1, "found: 3 µs\n")
    lines.tell("job_finished", job_id=1)
    assert rb"flag 73MHz: 3 \xb5s" in stream.buffer.getvalue()


def test_snakemakes_own_output_is_back_if_the_lines_fail(lines):
    record = lines.tell("job_finished")  # without what it should have
    assert not lines.handler.hides(record)
    assert "Snakemake's own output from here on: AttributeError" in lines.said[-1]
    lines.tell("job_finished", job_id=1)
    assert len(lines.said) == 2


class Full(io.StringIO):
    """A stream that cannot be written to."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def write(self, text):
        raise self.error


GONE = (OSError(errno.ENOSPC, "No space left on device"), ValueError("I/O on closed file"))


@pytest.mark.parametrize("error", GONE)
def test_output_that_cannot_be_written_does_not_stop_a_run(tmp_path, error):
    """What is raised here would have Snakemake cancel all jobs."""
    lines = Lines(tmp_path, Full(error), ())
    lines.fail(1, lines.begin(1, "error: no data\n"))
    lines.tell("job_finished", job_id=1)


def test_failure_is_remembered_though_it_cannot_be_said(tmp_path):
    lines = Lines(tmp_path, Full(GONE[0]), ())
    lines.fail(1, lines.begin(1, "error: no data\n"))
    assert [failure.cause for failure in lines.handler.failures] == ["no data"]
    assert not lines.handler.broken


def test_what_is_hidden_is_what_the_lines_say(lines):
    hidden = [lines.tell(event, stats={"total": 0}, jobs=[]) for event in ("run_info", "progress")]
    assert all(lines.handler.hides(record) for record in hidden[:1])
    assert lines.handler.hides(lines.tell(None, text="Select jobs to execute..."))
    assert lines.handler.hides(lines.tell(None, text="Trying to restart job 5."))
    assert not lines.handler.hides(lines.tell(None, text="Something else"))
    assert lines.handler.hides(lines.tell(None, text="Job 5 has been submitted with SLURM jobid 7"))
    assert lines.handler.hides(lines.tell("error", exception="RuleException"))
    assert not lines.handler.hides(lines.tell("error", exception="WorkflowError"))


def test_number_of_jobs_of_each_rule_is_told_in_lines_that_fit(lines):
    stats = {f"rule_{number}": number for number in range(1, 30)}
    lines.tell("run_info", stats={**stats, "total": sum(stats.values())})
    said = "\n".join(lines.said[1:])
    assert said.startswith("435 jobs: 1 rule_1, 2 rule_2,")
    assert max(map(len, said.splitlines())) <= 100
    assert job_counts(subprocess.CompletedProcess([], 0, "", f"{said}\n[1/435] 3 x\n")) == stats


class Options:
    """Snakemake's output settings."""

    dryrun = verbose = False
    quiet = None


@pytest.mark.parametrize(
    ("options", "lines", "silent"),
    [({}, True, False), ({"verbose": True}, True, True), ({}, False, True)],
)
def test_installed_on_snakemakes_terminal(tmp_path, options, lines, silent):
    logger = logging.Logger("snakemake")
    terminal = logging.StreamHandler(io.StringIO())
    terminal.name = snakemake_messages.TERMINAL
    logger.addHandler(terminal)
    added = progress.install(logger, type("", (Options,), options), tmp_path, str, lines)
    assert added in logger.handlers
    assert added.silent is silent
    logger.info("job", extra={"event": LogEvent.JOB_STARTED})
    assert (terminal.stream.getvalue() == "") is not silent
    assert progress.install(logger, Options, tmp_path, str) is added
    assert len(logger.handlers) == 2


def test_other_logger_plugin_keeps_the_terminal(tmp_path):
    logger = logging.Logger("snakemake")
    assert progress.install(logger, Options, tmp_path, str).silent


def test_dry_run_keeps_snakemakes_output_and_a_strange_snakemake_does_not_stop(tmp_path, caplog):
    logger = logging.Logger("snakemake")
    assert progress.install(logger, type("", (Options,), {"dryrun": True}), tmp_path, str) is None
    logger.addHandler(caplog.handler)
    assert progress.install(logger, object(), tmp_path, str) is None
    assert "No lines of progress: AttributeError" in caplog.text
