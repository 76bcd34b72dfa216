"""What a job's log tells when the job has ended: what it found, or why it failed.

Convention: the last line of a log that begins with ``found:`` (``records.found``) says in a few
words what the job found; an ``error:`` line, or the last line of a traceback, says why it failed.
"""

from __future__ import annotations

import re
from pathlib import Path

from lwacal.records import FOUND

LAST_BYTES = 100_000
TAIL_LINES = 15
TIME = r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )?"
FOUND_LINE = re.compile(rf"{TIME}{FOUND} (.+)")
ERROR_LINE = re.compile(rf"{TIME}(?:\S*: )?error: (.+)", re.IGNORECASE)
NOTHING = "nothing is in its log: it was killed or never began"
WHY_KILLED = re.compile(r"memory limit|out.of.memory|oom.kill|time limit|DUE TO ", re.IGNORECASE)
RAISED_LINE = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit)\b(?:: .+)?")


def last_lines(path: str | Path) -> list[str]:
    """Return the last lines of a log without what cannot be printed; of none, no lines."""
    try:
        with Path(path).open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - LAST_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [_printable(line) for line in text.splitlines() if line.strip()]


def _printable(line: str) -> str:
    """Return a line without control characters (a log must not move the cursor)."""
    spaces = line.expandtabs()
    return "".join(letter for letter in spaces if letter.isprintable()).rstrip()


def found(path: str | Path) -> str:
    """Return what a finished job found, or ""."""
    matches = (FOUND_LINE.fullmatch(line) for line in reversed(last_lines(path)))
    return next((match[1].strip() for match in matches if match), "")


def error(path: str | Path) -> str:
    """Return the last ``error:`` line of a log, or what was raised last, or "".

    Slurm says more than once that a job was killed: the line that says why goes first.
    """
    lines = last_lines(path)
    matches = [match for match in map(ERROR_LINE.fullmatch, reversed(lines)) if match]
    errors = [match[1].strip() for match in matches]
    if errors:
        return next((text for text in errors if WHY_KILLED.search(text)), errors[0])
    for line in reversed(lines):
        if RAISED_LINE.fullmatch(line):
            name, colon, text = line.partition(":")
            return name.rpartition(".")[2] + colon + text
    return ""


def cause(path: str | Path, said: str = "") -> str:
    """Return why a job failed: what its log says, or the batch system, or the log's last line.

    ``said`` is what the batch system said. If the log is empty or not there, that is said.
    """
    lines = last_lines(path)
    return error(path) or said or (lines[-1].strip() if lines else NOTHING)


def tail(path: str | Path) -> list[str]:
    """Return the end of a log."""
    return last_lines(path)[-TAIL_LINES:]
