"""The commit that a long study is made at: finished parts of it are kept with it."""

from __future__ import annotations

import subprocess

from workflow_run import PROJECT

CHANGED = "-dirty"


def commit_now() -> str:
    """Return the commit of the project, with ``-dirty`` if files differ from it."""
    words = ("git", "describe", "--always", "--dirty", "--exclude", "*")
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
