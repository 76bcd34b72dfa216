"""The cost of a command: wall time, processor time, memory, bytes."""

from __future__ import annotations

import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

PROGRAM = Path(__file__).with_name("one_process.py")
TAIL_LINES = 30


class FailedError(RuntimeError):
    """A measured command has failed."""


@dataclass(frozen=True)
class Cost:
    """The cost of a command.

    ``cpu_s`` is user and system time of the command and its children. ``peak_mb`` (1e6 bytes) is
    the largest sum of the resident memory of these processes (20 samples per second), or the peak
    of the largest one if that is more; shared memory counts in each process. ``read_mb`` and
    ``written_mb`` count read and write calls, whether served by the page cache or not.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    read_mb: float
    written_mb: float


def measure(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Cost:
    """Run a command and return its cost; its output is appended to ``log``.

    Pending writes of other processes are flushed before. Raises FailedError with the end of the log
    if the command fails.
    """
    words = [str(word) for word in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    os.sync()
    with tempfile.TemporaryDirectory() as place, log.open("a") as stream:
        record = Path(place) / "cost.json"
        stream.write(f"$ {shlex.join(words)}\n")
        stream.flush()
        subprocess.run(
            [sys.executable, "-I", "-S", PROGRAM, record, *words],
            cwd=folder,
            check=True,
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )
        found = json.loads(record.read_text())
    if found.pop("exit_code"):
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
        raise FailedError(f"{shlex.join(words)} has failed; the end of {log}:\n{tail}")
    return Cost(**found)


def median(runs: Sequence[Cost]) -> Cost:
    """Return the median of each quantity."""
    return Cost(
        **{
            item.name: statistics.median(getattr(run, item.name) for run in runs)
            for item in fields(Cost)
        }
    )


def together(costs: Sequence[Cost]) -> Cost:
    """Return the cost of commands that ran one after the other: sums, and the largest peak."""
    return Cost(
        wall_s=sum(cost.wall_s for cost in costs),
        cpu_s=sum(cost.cpu_s for cost in costs),
        peak_mb=max(cost.peak_mb for cost in costs),
        read_mb=sum(cost.read_mb for cost in costs),
        written_mb=sum(cost.written_mb for cost in costs),
    )


def record(runs: Sequence[Cost]) -> dict[str, object]:
    """Return the runs and their median as they go into results.json."""
    return {"runs": [asdict(run) for run in runs], "median": asdict(median(runs))}
