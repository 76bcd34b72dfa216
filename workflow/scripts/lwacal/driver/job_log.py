"""What a job's log tells when the job has ended: what it found, or why it failed.

Convention: the last line of a log that begins with ``found:`` (``logs.found``) says in a few
words what the job found; an ``error:`` line, or the last line of a traceback, says why it failed.
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
NOTHING = "nothing is in its log: it was killed or never began"
WHY_KILLED = re.compile(r"memory limit|out.of.memory|oom.kill|time limit|DUE TO ", re.IGNORECASE)
UNMADE = "the job ended well, but a file that it should have made is not there (yet)"
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


def errors(path: str | Path) -> list[str]:
    """Return the ``error:`` lines of a log, the last first; without one what was raised last."""
    lines = last_lines(path)[::-1]
    found = [match[1].strip() for match in map(ERROR_LINE.fullmatch, lines) if match]
    return found or [_without_module(line) for line in lines if RAISED_LINE.fullmatch(line)][:1]


def _without_module(line: str) -> str:
    """Return lwacal.io.ms_reader.UnreadableError: text as UnreadableError: text."""
    name, colon, text = line.partition(":")
    return name.rpartition(".")[2] + colon + text


def cause(log: str | Path, others: Sequence[str | Path] = (), said: str = "") -> str:
    """Return why a job failed, in one line.

    Its own log knows best; then, if a batch system ran it, the line of that system's log
    (``others``) that says for what it was killed; then the first sentence of what the system said
    (``said``); then whatever is last in a log. If logs are empty or not there, that is said.
    """
    outer = [text for other in others for text in errors(other)]
    last = [_last_word(lines[-1]) for lines in map(last_lines, (log, *others)) if lines]
    killed = [text for text in outer if WHY_KILLED.search(text)]
    sentence = [said.partition(". ")[0]] if said else []
    return [*errors(log), *killed, *sentence, *outer, *last, NOTHING][0]


def _last_word(line: str) -> str:
    """Return a log's last line; that of a job which ended well is not why it failed."""
    return UNMADE if FOUND_LINE.fullmatch(line) else line.strip()


def tail(path: str | Path) -> list[str]:
    """Return the end of a log."""
    return last_lines(path)[-TAIL_LINES:]
