"""The words of Snakemake that this project looks for, where it gives no event for them.

What happens to jobs comes as events (``LogEvent`` of Snakemake's interface for logger plugins).
A few things come as plain text only. Their wording may change with a version of Snakemake:
tests/driver/test_snakemake_messages.py makes the installed one say each of them.
"""

from __future__ import annotations

import re

# Name of the handler that writes to the terminal, in the absence of a logger plugin that does.
TERMINAL = "DefaultStreamHandler"

# How messages begin that say nothing about the observations.
CHATTER = (
    "Building DAG of jobs",
    "Select jobs to execute",
    "Using shell:",
    "Conda environments: ignored",
    "Assuming unrestricted shared",
    "Removing output files of failed job",
)
NOTHING_TO_DO = "Nothing to be done"
# Ctrl-C; and a request to finish the running jobs only.
INTERRUPTED = ("Terminating processes on user request", "Will exit after finishing")

# Names of exceptions: the working directory is locked; a job failed, which an event tells too.
LOCKED = "LockException"
OF_A_JOB = "RuleException"

_SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid")
_RESTARTED = re.compile(r"Trying to restart job (\d+)")
_UNMADE = re.compile(r"\bJob (\d+) +completed successfully, but some output files are missing")
_MISSING_FILE = re.compile(r"^\s*(.+?) \(missing ", re.MULTILINE)
_WRONG_FILE = re.compile(r"\bOutput (.+?) has older modification time|affected files:\s+(.+)")


def is_chatter(text: str) -> bool:
    """Return whether a message says nothing that the lines of progress do not say."""
    return (
        text.startswith(CHATTER)
        or submitted_job(text) is not None
        or restarted_job(text) is not None
    )


def submitted_job(text: str) -> int | None:
    """Return the number of a job that Slurm has accepted. When it begins is not said."""
    return _number(_SUBMITTED.match(text))


def restarted_job(text: str) -> int | None:
    """Return the number of a job that failed and is about to run again."""
    return _number(_RESTARTED.match(text))


def unmade_job(text: str) -> int | None:
    """Return the number of a job that succeeded without making all its output files."""
    return _number(_UNMADE.search(text))


def missing_files(text: str) -> list[str]:
    """Return the files that such a job did not make."""
    return _MISSING_FILE.findall(text)


def wrong_file(text: str) -> str | None:
    """Return an output file that is older than an input, or a folder in place of a file."""
    found = _WRONG_FILE.search(text)
    return (found[1] or found[2]).strip() if found else None


def _number(found: re.Match[str] | None) -> int | None:
    return int(found[1]) if found else None
