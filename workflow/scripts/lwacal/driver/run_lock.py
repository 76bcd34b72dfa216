"""Allows one run at a time per observation, with a record of the run in the results folder.

Snakemake locks only files of its working directory, but two working directories may share a results
folder. Each run therefore keeps a record ``<results>/.running/<observation>.run`` with its host,
process, start time and command. The record is created atomically without a file lock: by a hard
link, which is atomic on network file systems too, or by exclusive creation where hard links are not
supported. A run updates the time of its records every minute. A record of a process of this host
that no longer exists is replaced. Whether a process on another host still runs cannot be checked;
the user removes its record with ``snakemake --unlock``.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

FOLDER, SUFFIX = ".running", ".run"
LIFE_S = 60.0  # between updates of the records
ON_A_CLUSTER = (
    "on a cluster its jobs may still be running: squeue --me lists them, scancel cancels them"
)
Record = Mapping[str, Any]
UNKNOWN: Record = {"host": "", "pid": 0, "since": "", "folder": "", "command": "", "user": ""}


class RunningError(RuntimeError):
    """Another run is calibrating an observation; the message says which, and what to do."""


def this_run(command: str) -> dict[str, Any]:
    """Return the record of this process."""
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "process": _process(os.getpid()),
        "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "folder": os.getcwd(),
        "command": command,
        "user": _user(),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _process(pid: int) -> str:
    """Return a unique identifier of a process, as numbers are reused; "" if it does not exist.

    On Linux it is the boot identifier of the machine and the start time of the process since boot.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    state, *fields = status.rpartition(")")[2].split()
    return "" if state in "ZX" else f"{boot} {fields[18]}"


def is_gone(record: Record) -> bool:
    """Return whether the run of a record was on this host and no longer exists."""
    if record["host"] != socket.gethostname():
        return False
    if Path("/proc/self/stat").exists():
        return _process(record["pid"]) != record.get("process")
    try:
        os.kill(record["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def record_path(results: Path, observation: str) -> Path:
    """Return the path of the record of an observation."""
    return results / FOLDER / (observation + SUFFIX)


def read(path: Path) -> Record | None:
    """Return a record, None if there is none, UNKNOWN if it cannot be read."""
    try:
        return {**UNKNOWN, **json.loads(path.read_text(encoding="utf-8"))}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return UNKNOWN


def take(results: Path, observations: Iterable[str], record: Record) -> list[str]:
    """Create the record for all observations or for none; return messages for the user.

    Raises RunningError if another run is calibrating one of them.
    """
    taken: list[str] = []
    messages: list[str] = []
    for name in sorted(observations):
        held = _take(record_path(results, name), record)
        if held is not None and is_gone(held):
            messages.append(
                f"{name}: the run {who(held)} was killed; continuing its work; {ON_A_CLUSTER}"
            )
            held = _replace(record_path(results, name), held, record)
        if held is not None:
            release(results, taken, record)
            raise RunningError(refusal(name, held, record_path(results, name)))
        taken.append(name)
    return messages


def _take(path: Path, record: Record) -> Record | None:
    """Create a record; return None, or the existing record of another run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{record['host']}.{record['pid']}.new"
    part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    try:
        _link(part, path)
    except FileExistsError:
        held = read(path) or UNKNOWN
        # On NFS, a lost reply makes a successful link fail with FileExistsError when it is retried
        return None if held == record else held
    finally:
        part.unlink(missing_ok=True)
    return None


def _link(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        with path.open("x", encoding="utf-8") as stream:
            stream.write(part.read_text(encoding="utf-8"))


def _replace(path: Path, gone: Record, record: Record) -> Record | None:
    """Replace the record of a run that is gone; return None, or that of a faster third run."""
    aside = path.parent / f".{record['host']}.{record['pid']}.gone"
    try:
        path.rename(aside)
    except FileNotFoundError:
        return _take(path, record)
    try:
        if read(aside) != gone:  # another run has just replaced it
            _link(aside, path)
            return read(path) or UNKNOWN
    finally:
        aside.unlink(missing_ok=True)
    return _take(path, record)


def release(results: Path, observations: Iterable[str], record: Record) -> None:
    """Remove the records of this run."""
    for name in observations:
        held = read(record_path(results, name))
        if held is not None and (held["host"], held["pid"]) == (record["host"], record["pid"]):
            record_path(results, name).unlink(missing_ok=True)


def sign_of_life(results: Path, observations: Iterable[str]) -> None:
    """Set the time of the records to now, to show other hosts that the run is alive.

    A record that cannot be accessed is skipped until the next update.
    """
    for name in observations:
        with contextlib.suppress(OSError):
            os.utime(record_path(results, name))


class SignsOfLife(threading.Thread):
    """Updates the records of a run at regular intervals, until it ends."""

    def __init__(self, results: Path, observations: Iterable[str], every_s: float = LIFE_S) -> None:
        super().__init__(name="signs of life", daemon=True)
        self.results, self.observations, self.every_s = results, list(observations), every_s
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self.every_s):
            sign_of_life(self.results, self.observations)

    def end(self) -> None:
        """Stop updating the records."""
        self._ended.set()


def remove(results: Path, observations: Iterable[str]) -> list[str]:
    """Remove records of any run (--unlock), except of a process that runs on this host.

    Returns messages for the user.
    """
    messages = []
    for name in observations:
        held = read(record_path(results, name))
        if held is None:
            continue
        if held["host"] == socket.gethostname() and not is_gone(held):
            messages.append(f"{name}: not unlocked: the run {who(held)} is still running")
        else:
            record_path(results, name).unlink(missing_ok=True)
            messages.append(f"{name}: unlocked; was locked by the run {who(held)}; {ON_A_CLUSTER}")
    return messages


def who(record: Record) -> str:
    """Return a description of a run for messages."""
    if not record["host"]:
        return "whose record cannot be read"
    return (
        f"of {record['user']} on {record['host']}, process {record['pid']}, since"
        f" {record['since']}, in {record['folder']} ({record['command']})"
    )


def refusal(name: str, held: Record, path: Path) -> str:
    """Return why a run cannot start, and what to do."""
    return (
        f"{name} is being calibrated by another run {who(held)}.\n{_life(held, path)}"
        "Wait for it, or stop it; other observations can be calibrated meanwhile. Only if it no"
        " longer runs (killed, power loss), run the same command with --unlock, and then again"
        f" without; {ON_A_CLUSTER}."
    )


def _life(held: Record, path: Path) -> str:
    if held["host"] in ("", socket.gethostname()):
        return ""
    try:
        minutes = max(0.0, time.time() - path.stat().st_mtime) / 60
    except OSError:
        return ""
    return (
        f"This host cannot check whether it still runs; its last sign of life was"
        f" {minutes:.0f} min ago (a run gives one every {LIFE_S:.0f} s).\n"
    )


def lock_words(results: Path, observations: Iterable[str], folder: str) -> str:
    """Return which run may hold Snakemake's own lock on a folder, and what to do."""
    held = {name: read(record_path(results, name)) for name in _names(results)}
    here = {name: one for name, one in held.items() if one and one["folder"] == folder}
    living = {name: one for name, one in here.items() if not is_gone(one)}
    same = [name for name in living if name in set(observations)]
    if same:
        return refusal(same[0], living[same[0]], record_path(results, same[0]))
    if living:
        one = next(iter(living.values()))
        return (
            f"Another run in this folder works on {', '.join(sorted(living))} {who(one)}. It"
            " calibrates other observations, but both runs update the trends. Wait for it, or"
            f" request only products of one observation, such as {results}/NAME/outcome.json."
        )
    gone = "".join(f"\nThe run on {name} {who(one)} was killed." for name, one in here.items())
    return (
        f"No run is known to be active in this folder; the lock was probably left by one that was"
        f" killed.{gone}\nRun the same command with --unlock, and then again without;"
        f" {ON_A_CLUSTER}."
    )


def _names(results: Path) -> list[str]:
    folder = results / FOLDER
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
