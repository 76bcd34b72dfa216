"""Reads from the log of a job what the job found, or why it failed.

The last line that begins with ``found:`` (``logs.found``) says in a few words what the job found.
An ``error:`` line, or the last line of a traceback, says why it failed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lwacal.runtime.logs import FOUND

LAST_BYTES = 100_000
TAIL_LINES = 15
TIME = r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d )?"
FOUND_LINE = re.compile(rf"{TIME}{FOUND} (.+)")
ERROR_LINE = re.compile(rf"{TIME}(?:\S*: )?error: (.+)", re.IGNORECASE)
NOTHING = "its log is empty: it was killed, or never started"
WHY_KILLED = re.compile(r"memory limit|out.of.memory|oom.kill|time limit|DUE TO ", re.IGNORECASE)
UNMADE = "the job succeeded, but an output file is missing"
RAISED_LINE = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit)\b(?:: .+)?")


def last_lines(path: str | Path) -> list[str]:
    """Return the last lines of a log without control characters; none if there is no log."""
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


def errors(path: str | Path) -> list[str]:
    """Return the ``error:`` lines of a log, last first; if there are none, the last exception."""
    lines = last_lines(path)[::-1]
    found = [match[1].strip() for match in map(ERROR_LINE.fullmatch, lines) if match]
    return found or [_without_module(line) for line in lines if RAISED_LINE.fullmatch(line)][:1]


def _without_module(line: str) -> str:
    """Return lwacal.io.ms_reader.UnreadableError: text as UnreadableError: text."""
    name, colon, text = line.partition(":")
    return name.rpartition(".")[2] + colon + text


def cause(log: str | Path, others: Sequence[str | Path] = (), said: str = "") -> str:
    """Return why a job failed, in one line.

    The first that is known of: an error in the job's own log; a line in the log of the batch system
    (``others``) that says why it killed the job; the first sentence of the batch system's message
    (``said``); an error or, failing that, the last line in any of the logs.
    """
    outer = [text for other in others for text in errors(other)]
    last = [_last_word(lines[-1]) for lines in map(last_lines, (log, *others)) if lines]
    killed = [text for text in outer if WHY_KILLED.search(text)]
    sentence = [said.partition(". ")[0]] if said else []
    return [*errors(log), *killed, *sentence, *outer, *last, NOTHING][0]


def _last_word(line: str) -> str:
    """Return the last line of a log, unless it is the ``found:`` line of a job that succeeded."""
    return UNMADE if FOUND_LINE.fullmatch(line) else line.strip()


def tail(path: str | Path) -> list[str]:
    """Return the end of a log."""
    return last_lines(path)[-TAIL_LINES:]
