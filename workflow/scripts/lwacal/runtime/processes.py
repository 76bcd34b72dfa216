"""Runs external programs: finds them, logs their output and explains their failures."""

from __future__ import annotations

import ctypes
import logging
import os
import shlex
import shutil
import signal
import subprocess
import textwrap
import threading
from collections import deque
from collections.abc import Mapping, Sequence

from lwacal.runtime.errors import MORE_MEMORY

logger = logging.getLogger(__name__)

TAIL_LINES = 20
SECONDS_TO_END = 10  # between asking a program to stop (SIGTERM) and killing it
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_running: set[subprocess.Popen[str]] = set()
_stopped = threading.Event()
SIGNAL_WORDS = {
    signal.SIGKILL: f"usually the system killed it for lack of memory. {MORE_MEMORY}",
    signal.SIGTERM: "the batch system or a person stopped it",
    signal.SIGXFSZ: "it reached the limit on the size of files (ulimit -f)",
}


class ToolError(RuntimeError):
    """A program is missing or failed."""


def find_tool(name: str, key: str) -> str:
    """Return the full path of a program given by name or path.

    Raises ToolError, which names the configuration key ``key``, if the program is not found.
    """
    path = shutil.which(name) if name else None
    if path is None:
        raise ToolError(
            f"program '{name}' is not on PATH and is not an executable file; install it or set"
            f" {key} to its path"
        )
    return os.path.abspath(path)


def run_tool(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a program, log its output line by line, and return all of it.

    ``environment`` is added to the current environment. The program is killed if this process
    ends. Raises ToolError with the last lines of the output if the program fails.
    """
    words = shlex.join(command)
    logger.info(f"$ {words}")
    lines: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    if _stopped.is_set():
        raise ToolError(f"{command[0]} was not started: the job is being stopped")
    try:
        process = subprocess.Popen(
            _ending_with_us(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
        )
    except OSError as error:
        raise ToolError(f"{command[0]} cannot be run: {error}") from error
    _running.add(process)
    with process:
        if _stopped.is_set():  # stop_all ran meanwhile and did not see this program
            process.terminate()
        try:
            for line in process.stdout or ():  # it is a pipe
                lines.append(line)
                tail.append(line)
                logger.info(line.rstrip("\n"))
        except BaseException:
            _stop(process)
            raise
        finally:
            _running.discard(process)
    if process.returncode:
        # Indented, so that job_log does not take these lines for lines of the job itself.
        output = textwrap.indent("".join(tail), "  | ").rstrip("\n") or "  (none)"
        raise ToolError(
            f"{os.path.basename(command[0])} failed with {_ending(process.returncode)}\n"
            f"Command: {words}\nLast lines of its output:\n{output}"
        )
    return "".join(lines)


def _ending_with_us(command: Sequence[str]) -> list[str]:
    """Return the command wrapped so that the kernel kills it when this process ends.

    The wrapper is setpriv of util-linux: a Python function between fork and exec may deadlock in a
    process with threads.
    """
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []), *command]


def stop_all() -> None:
    """Stop all running programs, also those that other threads started, and start no more."""
    _stopped.set()
    for process in list(_running):
        process.terminate()


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()


def _ending(code: int) -> str:
    """Return what an exit code means; a shell adds 128 to the number of a signal."""
    number = -code if code < 0 else code - 128
    if number not in list(signal.Signals):
        return f"exit code {code}"
    why = SIGNAL_WORDS.get(signal.Signals(number), "")
    return f"signal {number} ({signal.Signals(number).name})" + (f": {why}" if why else "")


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when its parent process ends (Linux).

    Otherwise a process continues after its job was killed, and writes to the same paths as the next
    attempt.
    """
    LIBC.prctl(PR_SET_PDEATHSIG, int(number))
