"""What a run says on the terminal: one line a finished job, and what failed with its cause.

Snakemake tells what happens by log records with an ``event``. ``install`` adds a handler that turns
them into lines, and hides from Snakemake's own output on the terminal what the lines say. Its log
file (.snakemake/log/) keeps everything. If the handler fails, Snakemake's own output is back.
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from lwacal.driver import job_log, time_left

TERMINAL = "DefaultStreamHandler"
# Events that the lines replace.
REPLACED = frozenset(
    {
        "job_info",
        "job_started",
        "job_finished",
        "job_error",
        "progress",
        "run_info",
        "resources_info",
        "workflow_started",
    }
)
# Events that are listened to; a message is a record without an event.
TAKEN = frozenset({"message", "error", "run_info", "job_info", "job_finished", "job_error"})
# Rules that only ask for others, and Snakemake's sum.
NO_JOBS = frozenset({"all", "nights", "total"})
# Messages without an event that tell nothing about the observations.
CHATTER = (
    "Building DAG of jobs",
    "Select jobs to execute",
    "Using shell:",
    "Job stats:",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Group jobs: inactive",
    "Assuming unrestricted shared",
    "host:",
    "Removing output files of failed job",
)
# What a batch system has taken may wait there for hours; when it begins Snakemake does not tell.
SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid")
AGAIN = re.compile(r"Trying to restart job (\d+)")
LOCKED = "LockException"
# Exceptions that are told with their job already.
OF_A_JOB = ("CalledProcessError", "RuleException")
# What Snakemake says, by an exception alone, of a job that ended well and then was found wanting
# (DAG.check_and_touch_output): by its number, or by one of its files.
UNMADE_BY = re.compile(r"\bJob (\d+) +completed successfully, but some output files are missing")
WRONG_FILE = re.compile(r"\bOutput (.+?) has older modification time|affected files:\s+(.+)")
MISSING_FILE = re.compile(r"^\s*(.+?) \(missing ", re.MULTILINE)
INDENT = "    "
WIDTH = 100
TOGETHER = "\N{NO-BREAK SPACE}"
# The rule of each job by its number, and the numbers of those that wait for it.
Followers = Mapping[int, tuple[str, set[int]]]


@dataclass
class Job:
    """A job as Snakemake announced it."""

    rule: str
    wildcards: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    benchmark: str = ""
    began: float = 0.0
    outputs: Sequence[str] = ()

    @property
    def observation(self) -> str:
        return self.wildcards.get("obs", "")

    @property
    def title(self) -> str:
        """The rule and what it worked on: flag 73MHz."""
        which = [value for key, value in self.wildcards.items() if key not in ("obs", "stamp")]
        return " ".join([self.rule, *which])


@dataclass(frozen=True)
class Failure:
    """A job that failed: the observation ("" if of none), the job, why, and the log's path."""

    observation: str
    job: str
    cause: str
    log: str


class Progress(logging.Handler):
    """Says what finished and what failed; remembers what failed for the end of the run.

    ``quiet`` are the words after Snakemake's --quiet: without ``rules`` the lines say what was
    found, without ``progress`` how far the run is; failures are said unless it has ``all``.
    """

    def __init__(
        self,
        stream: TextIO,
        quiet: Collection[str],
        left: time_left.TimeLeft,
        about_lock: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(logging.INFO)
        self.stream, self.quiet, self.left = stream, frozenset(quiet), left
        self.about_lock = about_lock
        self.jobs: dict[int, Job] = {}
        self.failed: dict[int, Failure] = {}
        self.waiting: Counter[str] = Counter()
        self.running: dict[int, float] = {}
        self.submitted: set[int] = set()  # of those that run: perhaps they still wait
        self.followers: Followers = {}
        self.total = self.done = 0
        self.began = time.monotonic()
        self.broken = self.interrupted = False
        self.silent = "all" in self.quiet
        self.idle: Callable[[], None] = lambda: None  # called if nothing is to be done

    @property
    def failures(self) -> list[Failure]:
        """What failed and was not made again."""
        return list(self.failed.values())

    @property
    def made(self) -> set[tuple[str, str]]:
        """Observation and title of the jobs that ended well.

        With --quiet progress Snakemake does not tell what has finished: then of those that were
        begun and did not fail. At the end of a run that is the same.
        """
        open_still = () if "progress" in self.quiet else self.running
        return {
            (job.observation, job.title)
            for number, job in self.jobs.items()
            if number not in self.failed and number not in open_still
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Take what Snakemake says. Whatever goes wrong here must not stop a run."""
        if self.broken:
            return
        try:
            event = str(getattr(record, "event", None) or "message")
            if event in TAKEN:
                getattr(self, f"_{event}")(record)
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
            text = str(record.msg)
            return bool(text.startswith(CHATTER) or SUBMITTED.match(text) or AGAIN.match(text))
        if event == "error":
            known = getattr(record, "exception", "") in (*OF_A_JOB, LOCKED)
            return known or self._found_wanting(str(record.msg)) is not None
        return event in REPLACED

    def _write(self, text: str) -> None:
        """Write a line; without a place for it (disk full, terminal gone) the run goes on."""
        if self.silent:
            return
        with contextlib.suppress(OSError):
            self.stream.write(text + "\n")
            self.stream.flush()

    def _message(self, record: logging.LogRecord) -> None:
        text = str(record.msg)
        if text.startswith(("Terminating processes on user request", "Will exit after")):
            self.interrupted = True
        elif text.startswith("Nothing to be done"):
            self.idle()
        submitted = SUBMITTED.match(text)
        if submitted:
            self.submitted.add(int(submitted[1]))
        again = AGAIN.match(text)
        if again:
            failure = self.failed.pop(int(again[1]), None)
            if failure:
                self._write(f"{INDENT}{failure.job} is tried again")

    def _error(self, record: logging.LogRecord) -> None:
        kind, text = getattr(record, "exception", ""), str(record.msg)
        if kind == LOCKED:
            self._write(self.about_lock() or text)
        number = None if kind in OF_A_JOB else self._found_wanting(text)
        if number is not None:
            self._fail_after_its_end(number, text)

    def _found_wanting(self, text: str) -> int | None:
        """Return the number of the job that ended well but whose files are missing or wrong."""
        unmade, wrong = UNMADE_BY.search(text), WRONG_FILE.search(text)
        if unmade and int(unmade[1]) in self.jobs:
            return int(unmade[1])
        path = (wrong[1] or wrong[2]).strip() if wrong else None
        return next((number for number in self.running if path in self.jobs[number].outputs), None)

    def _fail_after_its_end(self, number: int, text: str) -> None:
        job, missing = self.jobs[number], MISSING_FILE.findall(text)
        cause = " ".join(text.partition("\n")[2].split())  # without the place in the rules
        if missing:
            cause = (
                f"{job_log.UNMADE}: {', '.join(missing)}. If it comes later, let Snakemake"
                " wait longer for it (--latency-wait SECONDS)"
            )
        self.running.pop(number, None)
        self.failed[number] = Failure(job.observation, job.title, cause, job.log)
        who = f"{job.observation}: " if job.observation else ""
        self._write(f"FAILED {who}{job.title}: {cause}\n{INDENT}log: {job.log}")

    def _run_info(self, record: Any) -> None:
        jobs = {rule: number for rule, number in record.stats.items() if rule not in NO_JOBS}
        self.waiting, self.total = Counter(jobs), sum(jobs.values())
        self.began = time.monotonic()
        if "progress" not in self.quiet:
            each = ", ".join(f"{number}{TOGETHER}{rule}" for rule, number in jobs.items())
            words = f"{self.total} job{'s' * (self.total != 1)}: {each}"
            lines = textwrap.fill(words, WIDTH, subsequent_indent=INDENT)
            self._write(lines.replace(TOGETHER, " "))

    def _job_info(self, record: Any) -> None:
        now = time.monotonic()
        again = record.jobid in self.jobs
        self.jobs[record.jobid] = Job(
            record.rule_name,
            dict(record.wildcards or {}),
            (list(record.log) or [""])[0],
            record.benchmark or "",
            now,
            [str(path) for path in record.output or ()],
        )
        self.running[record.jobid] = now
        if not again and record.rule_name not in NO_JOBS:
            self.waiting[record.rule_name] -= 1

    def _job_finished(self, record: Any) -> None:
        job = self.jobs.get(record.job_id, Job("job"))
        if job.rule in NO_JOBS:
            self.running.pop(record.job_id, None)
            return
        began = self.running.pop(record.job_id, None)
        self.failed.pop(record.job_id, None)
        self.done += 1
        if began is not None:
            measured = time_left.benchmark_s(job.benchmark) if job.benchmark else None
            if measured or record.job_id not in self.submitted:
                self.left.finished(job.rule, measured or time.monotonic() - began)
        if not {"rules", "progress"} <= self.quiet:
            self._write(self._fitted(self._finished_line(job)))

    def _finished_line(self, job: Job) -> str:
        place = "" if "progress" in self.quiet else self._place()
        if "rules" in self.quiet:
            return place.rstrip()
        who = f"{job.observation}: " if job.observation else ""
        return f"{place}{who}{job.title}: {job_log.found(job.log) or 'done'}"

    def _place(self) -> str:
        """Return how far the run is: [12/96, about 4 min left]."""
        width = len(str(self.total))
        now = time.monotonic()
        running = [
            (self.jobs[number].rule, 0.0 if number in self.submitted else now - began)
            for number, began in self.running.items()
        ]
        waiting = self._possible()
        left = self.left.left_s(waiting, running, now - self.began)
        guess = "perhaps" if self.left.is_guess(waiting, running) else "about"
        about = ""
        if left is not None and (waiting or running):
            about = f", {guess} {time_left.words(left)} left"
        return f"[{self.done:{width}}/{self.total}{about}] "

    def _possible(self) -> Counter[str]:
        """Return how many jobs of each rule wait, without those that wait for one that failed."""
        blocked: set[int] = set()
        queue = list(self.failed)
        while queue:
            _, later = self.followers.get(queue.pop(), ("", set()))
            queue += later - blocked
            blocked |= later
        rules = Counter(self.followers[number][0] for number in blocked if number in self.followers)
        return self.waiting - rules

    def _fitted(self, line: str) -> str:
        """Cut a line to the width of a terminal; a file gets all of it."""
        if not self.stream.isatty():
            return line
        width = shutil.get_terminal_size().columns
        return line if len(line) <= width else line[: max(20, width - 3)] + "..."

    def _job_error(self, record: Any) -> None:
        job = self.jobs.get(record.jobid) or Job(record.rule_name)
        self.running.pop(record.jobid, None)
        logs = [str(path) for path in record.log or [job.log]]
        log = next((path for path in logs if job_log.last_lines(path)), logs[0])
        said = " ".join(str(record.rule_msg or "").split())  # by the batch system
        cause = job_log.cause(logs[0], [path for path in logs if path != logs[0]], said)
        self.failed[record.jobid] = failure = Failure(job.observation, job.title, cause, log)
        elsewhere = "".join(f", {key} {value}" for key, value in dict(record.aux or {}).items())
        self._say_failure(failure, said, f"log: {', '.join(logs)}{elsewhere}")

    def _say_failure(self, failure: Failure, said: str, where: str) -> None:
        who = f"{failure.observation}: " if failure.observation else ""
        if self.interrupted:
            self._write(f"stopped {who}{failure.job}")
            return
        self._write(f"FAILED {who}{failure.job}: {failure.cause}")
        if said and not said.startswith(failure.cause):
            self._write(f"{INDENT}{said}")
        lines = job_log.tail(failure.log)
        if any(not line.endswith(failure.cause) for line in lines):  # more than the cause
            self._write("\n".join(f"{INDENT}| {line}" for line in lines))
        self._write(f"{INDENT}{where}")


def install(
    logger: logging.Logger,
    options: Any,
    benchmarks: Path,
    about_lock: Callable[[], str],
    lines: bool = True,
) -> Progress | None:
    """Add the handler to Snakemake's logger; ``options`` are its output settings.

    ``about_lock`` says in words who holds Snakemake's lock, and what to do.

    A dry run and a verbose one keep Snakemake's own output. Another logger plugin that was asked
    for keeps the terminal, and so does a workflow that uses this one as a module (``lines`` is
    false): what failed is remembered all the same. Snakemake reads a module's Snakefile once for
    each ``use rule``: the handler that is there already is returned. Returns None, with a word
    about it, if Snakemake is not as expected: its own output is enough to run.
    """
    try:
        return None if options.dryrun else _install(logger, options, benchmarks, about_lock, lines)
    except Exception as error:  # noqa: BLE001
        logger.warning(f"No lines of progress: {type(error).__name__}: {error}")
        return None


def _install(
    logger: logging.Logger,
    options: Any,
    benchmarks: Path,
    about_lock: Callable[[], str],
    lines: bool,
) -> Progress:
    for known in logger.handlers:
        if isinstance(known, Progress):
            return known
    quiet = {str(getattr(word, "name", word)).lower() for word in options.quiet or ()}
    terminal = next((known for known in logger.handlers if known.name == TERMINAL), None)
    left = time_left.TimeLeft(time_left.earlier(benchmarks))
    progress = Progress(sys.stderr, quiet, left, about_lock)
    if terminal is None or options.verbose or not lines:
        progress.silent = True
    else:
        terminal.addFilter(lambda record: not progress.hides(record))
    logger.addHandler(progress)
    return progress
