"""Runs the programs that are not Python: finds them, follows their output, explains failures."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence

from lwacal.records import say

TAIL_LINES = 20


class ToolError(RuntimeError):
    """A program is missing or has failed."""


def find_tool(name: str, key: str) -> str:
    """Return the full path of a program given by name or path.

    ``key`` is the configuration key that names it, for the ToolError if it is not there.
    """
    path = shutil.which(name) if name else None
    if path is None:
        raise ToolError(
            f"program '{name}' is not on PATH and not a file that can be run; install it or set"
            f" {key} to where it is"
        )
    return os.path.abspath(path)


def run_tool(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a program, pass its output on to the log line by line, and return all of it.

    ``environment`` is added to the present one. Raises ToolError with the last lines of the
    output if the program fails.
    """
    words = shlex.join(command)
    say(f"$ {words}")
    lines: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    process = subprocess.Popen(
        list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        text=True, errors="replace", env={**os.environ, **(environment or {})},
    )
    with process:
        for line in process.stdout:
            lines.append(line)
            tail.append(line)
            sys.stdout.write(line)
    if process.returncode:
        how = f"exit code {process.returncode}"
        if process.returncode < 0:
            how = f"signal {-process.returncode}"
        raise ToolError(f"{words}\nended with {how}. Its last words:\n{''.join(tail)}")
    return "".join(lines)
