"""Runs the programs that are not Python: finds them, follows their output, explains failures."""

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
SECONDS_TO_END = 10  # that a program gets between being told to stop and being killed
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_running: set[subprocess.Popen[str]] = set()
_stopped = threading.Event()
SIGNAL_WORDS = {
    signal.SIGKILL: f"most often the system has killed it for lack of memory. {MORE_MEMORY}",
    signal.SIGTERM: "it was told to stop, by the batch system or by a person",
    signal.SIGXFSZ: "it may not write files as large as it wants to (ulimit -f)",
}


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
    """Run a program, log its output line by line, and return all of it.

    ``environment`` is added to the present one. The program ends if this process does. Raises
    ToolError with the last lines of the output if the program fails.
    """
    words = shlex.join(command)
    logger.info(f"$ {words}")
    lines: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    if _stopped.is_set():
        raise ToolError(f"{command[0]} is not started: the job was told to stop")
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
        if _stopped.is_set():  # meanwhile: stop_all has not seen it
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
        # Its words are set in: a line of them must not be taken for one of the job (job_log).
        said = textwrap.indent("".join(tail), "  | ").rstrip("\n") or "  (none)"
        raise ToolError(
            f"{os.path.basename(command[0])} ended with {_ending(process.returncode)}\n"
            f"Command: {words}\nIts last words:\n{said}"
        )
    return "".join(lines)


def _ending_with_us(command: Sequence[str]) -> list[str]:
    """Return a command that the kernel kills when this process ends.

    By a program of util-linux: a function between fork and exec may hang where there are threads.
    """
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []), *command]


def stop_all() -> None:
    """Tell all programs that run to end, also those of other threads, and start none any more."""
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
    """Return what an exit code of a child means; a shell gives 128 more for a signal."""
    number = -code if code < 0 else code - 128
    if number not in list(signal.Signals):
        return f"exit code {code}"
    why = SIGNAL_WORDS.get(signal.Signals(number), "")
    return f"signal {number} ({signal.Signals(number).name})" + (f": {why}" if why else "")


def end_with_parent(number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when the one that started it ends (Linux).

    Without it a process works on for nobody after its job was killed, and writes where the next
    attempt writes.
    """
    LIBC.prctl(PR_SET_PDEATHSIG, int(number))
