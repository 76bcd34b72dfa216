"""Turns what Snakemake reports during a run into short lines on the terminal.

``Progress`` is a log handler as Snakemake's interface for logger plugins defines it. It listens to
the events of the interface, prints a line when a job has finished or failed, and remembers what
failed. ``install`` attaches it and hides from Snakemake's own output on the terminal what the lines
say. Snakemake's log file (.snakemake/log/) is complete.

The Snakefile attaches it, not the option ``--logger``: a profile that names a plugin stops a
Snakemake in whose environment the plugin is not installed, and handlers of plugins run in a thread
of their own, so that the end of a run could come before its last failure.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import OutputSettingsLoggerInterface

from lwacal.driver import job_log, progress_lines, time_left
from lwacal.driver import snakemake_messages as messages
from lwacal.driver.progress_lines import INDENT
from lwacal.driver.run_state import NO_JOBS, Failure, Job, RunState

# Events that the lines replace.
REPLACED = frozenset(
    {
        LogEvent.JOB_INFO,
        LogEvent.JOB_STARTED,
        LogEvent.JOB_FINISHED,
        LogEvent.JOB_ERROR,
        LogEvent.PROGRESS,
        LogEvent.RUN_INFO,
        LogEvent.RESOURCES_INFO,
        LogEvent.WORKFLOW_STARTED,
    }
)


class Progress(LogHandlerBase):
    """Prints each job that finishes or fails, and keeps both for the end of the run (``state``).

    Of Snakemake's --quiet, ``rules`` leaves out what was found, ``progress`` how far the run is,
    ``all`` everything; failures are written unless it is ``all``.
    """

    def __init__(
        self,
        settings: OutputSettingsLoggerInterface,
        stream: TextIO,
        left: time_left.TimeLeft,
        about_lock: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(settings, None)
        self.setLevel(logging.INFO)
        self.stream, self.left, self.about_lock = stream, left, about_lock
        words = settings.quiet or ()
        self.quiet = frozenset(str(getattr(word, "name", word)).lower() for word in words)
        self.silent = "all" in self.quiet
        self.state = RunState()
        self.began = time.monotonic()
        self.broken = False
        self.idle: Callable[[], None] = lambda: None  # called if there is nothing to do
        self._takes: dict[LogEvent | None, Callable[[Any], None]] = {
            None: self._message,
            LogEvent.ERROR: self._error,
            LogEvent.RUN_INFO: self._run_info,
            LogEvent.JOB_INFO: self._job_info,
            LogEvent.JOB_FINISHED: self._job_finished,
            LogEvent.JOB_ERROR: self._job_error,
        }

    @property
    def writes_to_stream(self) -> bool:
        """Whether it takes the place of Snakemake's own output: it lets some of that through."""
        return False

    @property
    def writes_to_file(self) -> bool:
        """Whether it writes to a file."""
        return False

    @property
    def has_filter(self) -> bool:
        """Whether it decides itself what to leave out."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Whether it words its lines itself."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """Whether it needs the graph of the rules."""
        return False

    @property
    def failures(self) -> list[Failure]:
        """What failed and was not made in a later attempt."""
        return list(self.state.failed.values())

    @property
    def made(self) -> set[tuple[str, str]]:
        """Observation and title of the jobs that succeeded."""
        return self.state.succeeded(all_told="progress" not in self.quiet)

    def emit(self, record: logging.LogRecord) -> None:
        """Take what Snakemake reports. Whatever goes wrong here must not stop a run."""
        if self.broken:
            return
        try:
            take = self._takes.get(getattr(record, "event", None))
            if take:
                take(record)
        except Exception as error:  # noqa: BLE001
            self.broken = True
            said = f"(Snakemake's own output from here on: {type(error).__name__}: {error})"
            with contextlib.suppress(Exception):
                self._write(said)

    def hides(self, record: logging.LogRecord) -> bool:
        """Return whether Snakemake's own output on the terminal leaves a record out."""
        if self.broken:
            return False
        event = getattr(record, "event", None)
        if event is None:
            return messages.is_chatter(str(record.msg))
        if event == LogEvent.ERROR:
            known = getattr(record, "exception", "") in (messages.OF_A_JOB, messages.LOCKED)
            return known or self._job_without_output(str(record.msg)) is not None
        return event in REPLACED

    def _write(self, text: str) -> None:
        """Write lines; if they cannot be written (disk full, terminal gone) the run goes on."""
        if self.silent:
            return
        with contextlib.suppress(OSError):
            self.stream.write(text + "\n")
            self.stream.flush()

    def _message(self, record: logging.LogRecord) -> None:
        text = str(record.msg)
        if text.startswith(messages.INTERRUPTED):
            self.state.interrupted = True
        elif text.startswith(messages.NOTHING_TO_DO):
            self.idle()
        submitted, restarted = messages.submitted_job(text), messages.restarted_job(text)
        if submitted is not None:
            self.state.submitted.add(submitted)
        failure = self.state.failed.pop(restarted, None) if restarted is not None else None
        if failure:
            self._write(f"{INDENT}{failure.job}: another attempt")

    def _error(self, record: logging.LogRecord) -> None:
        kind, text = getattr(record, "exception", ""), str(record.msg)
        if kind == messages.LOCKED:
            self._write(self.about_lock() or text)
        number = None if kind == messages.OF_A_JOB else self._job_without_output(text)
        if number is not None:
            self._fail_without_output(number, text)

    def _job_without_output(self, text: str) -> int | None:
        """Return the number of the job that succeeded but whose files are missing or wrong.

        Snakemake says it by an exception alone, with the number of the job or one of its files.
        """
        unmade, wrong = messages.unmade_job(text), messages.wrong_file(text)
        if unmade in self.state.jobs:
            return unmade
        return self.state.job_of_output(wrong) if wrong else None

    def _fail_without_output(self, number: int, text: str) -> None:
        job, missing = self.state.jobs[number], messages.missing_files(text)
        cause = " ".join(text.partition("\n")[2].split())  # without the line of the rules
        if missing:
            cause = (
                f"{job_log.UNMADE}: {', '.join(missing)}. If it appears later, let Snakemake"
                " wait longer (--latency-wait SECONDS)"
            )
        failure = Failure(job.observation, job.title, cause, job.log)
        self.state.fail(number, failure)
        self._write(progress_lines.unmade(failure))

    def _run_info(self, record: Any) -> None:
        self.state.plan(record.stats)
        self.began = time.monotonic()
        if "progress" not in self.quiet:
            self._write(progress_lines.plan(self.state))

    def _job_info(self, record: Any) -> None:
        job = Job(
            record.rule_name,
            dict(record.wildcards or {}),
            (list(record.log) or [""])[0],
            record.benchmark or "",
            [str(path) for path in record.output or ()],
        )
        self.state.begin(record.jobid, job, time.monotonic())

    def _job_finished(self, record: Any) -> None:
        number = record.job_id
        job = self.state.jobs.setdefault(number, Job("job"))
        began = self.state.finish(number)
        if job.rule in NO_JOBS:
            return
        if began is not None:
            measured = time_left.benchmark_s(job.benchmark) if job.benchmark else None
            if measured or number not in self.state.submitted:
                self.left.finished(job.rule, measured or time.monotonic() - began)
        parts = []
        if "progress" not in self.quiet:
            parts.append(progress_lines.position(self.state, self.left, self.began))
        if "rules" not in self.quiet:
            parts.append(progress_lines.finished(job))
        if parts:
            self._write(progress_lines.fitted(" ".join(parts), self.stream))

    def _job_error(self, record: Any) -> None:
        job = self.state.jobs.get(record.jobid) or Job(record.rule_name)
        logs = [str(path) for path in record.log or [job.log]]
        log = next((path for path in logs if job_log.last_lines(path)), logs[0])
        said = " ".join(str(record.rule_msg or "").split())  # by the batch system
        cause = job_log.cause(logs[0], [path for path in logs if path != logs[0]], said)
        failure = Failure(job.observation, job.title, cause, log)
        self.state.fail(record.jobid, failure)
        if self.state.interrupted:
            self._write(f"stopped {failure.name}")
            return
        elsewhere = "".join(f", {key} {value}" for key, value in dict(record.aux or {}).items())
        self._write(progress_lines.failed(failure, said, f"log: {', '.join(logs)}{elsewhere}"))


def install(
    logger: logging.Logger,
    settings: OutputSettingsLoggerInterface,
    benchmarks: Path,
    about_lock: Callable[[], str],
    lines: bool = True,
) -> Progress | None:
    """Attach the handler to Snakemake's logger; ``settings`` are its output settings.

    ``about_lock`` says in words who holds Snakemake's lock, and what to do.

    A dry run and a verbose one keep Snakemake's own output. A logger plugin that was asked for
    keeps the terminal, and so does a workflow that uses this one as a module (``lines`` is false):
    what failed is remembered all the same. Snakemake reads the Snakefile of a module once for each
    ``use rule``: a handler that is attached already is returned. Returns None, with a warning, if
    Snakemake is not as expected: its own output is enough to run.
    """
    try:
        return (
            None if settings.dryrun else _install(logger, settings, benchmarks, about_lock, lines)
        )
    except Exception as error:  # noqa: BLE001
        logger.warning(f"No lines of progress: {type(error).__name__}: {error}")
        return None


def _install(
    logger: logging.Logger,
    settings: OutputSettingsLoggerInterface,
    benchmarks: Path,
    about_lock: Callable[[], str],
    lines: bool,
) -> Progress:
    for known in logger.handlers:
        if isinstance(known, Progress):
            return known
    terminal = next((known for known in logger.handlers if known.name == messages.TERMINAL), None)
    left = time_left.TimeLeft(time_left.earlier(benchmarks))
    progress = Progress(settings, sys.stderr, left, about_lock)
    if terminal is None or settings.verbose or not lines:
        progress.silent = True
    else:
        terminal.addFilter(lambda record: not progress.hides(record))
    logger.addHandler(progress)
    return progress
