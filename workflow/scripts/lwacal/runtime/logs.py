"""The log of a job or of a program: lines with the time (UTC) on standard output.

Modules log with ``logging.getLogger(__name__)``. Nothing is written until ``write_to_stdout`` is
called, so that the package is silent in a notebook. There
``logging.basicConfig(level=logging.INFO)`` shows what the functions log.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TextIO

NAMES = ("lwacal", "__main__")  # the package, and the script or program that is run
FOUND = "found:"
logger = logging.getLogger(__name__)


class Format(logging.Formatter):
    """``2024-05-24 09:00:03 text``; from warnings on, with the level before the text."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line."""
        if record.levelno > logging.INFO:
            record.message = f"{record.levelname.lower()}: {record.message}"
        return super().formatMessage(record)


class ToStdout(logging.StreamHandler[TextIO]):
    """Writes each line at once, between those of the programs that a job runs."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self.setFormatter(Format())

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line to what is standard output now."""
        self.stream = sys.stdout
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Fail as any other write does, on a full disk for example."""
        raise


def write_to_stdout(*others: str) -> None:
    """Write to standard output what the package and the script log, from INFO on.

    ``others`` are names of further packages.
    """
    for name in (*NAMES, *others):
        target = logging.getLogger(name)
        target.setLevel(logging.INFO)
        target.propagate = False
        if not any(isinstance(known, ToStdout) for known in target.handlers):
            target.addHandler(ToStdout())


def found(text: str) -> None:
    """Log the last line of a job: in a few words what it found.

    It is shown when the job has finished (``job_log.found``), after the observation, the rule, and
    the sub-band or the source, which the text need not name.
    """
    logger.info(f"{FOUND} {text}")
