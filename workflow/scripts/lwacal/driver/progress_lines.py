"""The lines that a run writes to the terminal: how far it is, what was found, what failed."""

from __future__ import annotations

import shutil
import textwrap
import time
from typing import TextIO

from lwacal.driver import job_log, time_left
from lwacal.driver.run_state import Failure, Job, RunState

INDENT = "    "
WIDTH = 100
TOGETHER = "\N{NO-BREAK SPACE}"


def plan(state: RunState) -> str:
    """Return the number of jobs of each rule: 31 jobs: 2 flag, 2 bandpass, ..."""
    each = ", ".join(f"{number}{TOGETHER}{rule}" for rule, number in state.waiting.items())
    words = f"{state.total} job{'s' * (state.total != 1)}: {each}"
    return textwrap.fill(words, WIDTH, subsequent_indent=INDENT).replace(TOGETHER, " ")


def position(state: RunState, left: time_left.TimeLeft, began: float) -> str:
    """Return how far a run is that began at a time (time.monotonic): [12/96, about 4 min left]."""
    width = len(str(state.total))
    now = time.monotonic()
    running = [
        (state.jobs[number].rule, 0.0 if number in state.submitted else now - start)
        for number, start in state.running.items()
    ]
    waiting = state.possible()
    seconds = left.left_s(waiting, running, now - began)
    guess = "perhaps" if left.is_guess(waiting, running) else "about"
    some = seconds is not None and (waiting or running)
    about = f", {guess} {time_left.words(seconds)} left" if seconds is not None and some else ""
    return f"[{state.done:{width}}/{state.total}{about}]"


def finished(job: Job) -> str:
    """Return what a job found: night: flag 73MHz: 3.1% of the data flagged."""
    return f"{job.name}: {job_log.found(job.log) or 'done'}"


def failed(failure: Failure, said: str, logs: str) -> str:
    """Return lines with the cause of a failure, the end of its log, and where the logs are.

    ``said`` is what a batch system said of the job.
    """
    lines = [f"FAILED {failure.name}: {failure.cause}"]
    if said and not said.startswith(failure.cause):
        lines.append(f"{INDENT}{said}")
    end = job_log.tail(failure.log)
    if any(not line.endswith(failure.cause) for line in end):  # more than the cause
        lines += [f"{INDENT}| {line}" for line in end]
    return "\n".join([*lines, f"{INDENT}{logs}"])


def unmade(failure: Failure) -> str:
    """Return lines about a job that succeeded without making all its output files."""
    return f"FAILED {failure.name}: {failure.cause}\n{INDENT}log: {failure.log}"


def fitted(line: str, stream: TextIO) -> str:
    """Cut a line to the width of a terminal; a file gets all of it."""
    if not stream.isatty():
        return line
    width = shutil.get_terminal_size().columns
    return line if len(line) <= width else line[: max(20, width - 3)] + "..."
