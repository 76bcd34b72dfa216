"""One run at a time on an observation: a record of who runs, beside the products.

Snakemake locks files within its working directory; two working directories may write to the same
results. So each run leaves ``<results>/.running/<observation>.run`` while it lasts: host, process,
since when, and the command. The record appears whole or not at all (a hard link, which is atomic
on network file systems too; where there are no hard links, a file that must be new), and no file
lock is needed. The file's time is renewed each minute while the run lives. A record of a process of
this host that is gone is taken over; whether a process of another host still runs cannot be seen
from here, and is for people to say: ``snakemake --unlock``.
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
LIFE_S = 60.0  # from one sign of life to the next
ON_A_CLUSTER = (
    "on a cluster its jobs may still be at work: squeue --me shows them, scancel ends them"
)
Record = Mapping[str, Any]
UNKNOWN: Record = {"host": "", "pid": 0, "since": "", "folder": "", "command": "", "user": ""}


class RunningError(RuntimeError):
    """Another run works on an observation; the message says which, and what to do."""


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
    """Return what tells a process from a later one of the same number, "" if it is not there.

    Linux: the boot of the machine and the time after it at which the process began.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    state, *fields = status.rpartition(")")[2].split()
    return "" if state in "ZX" else f"{boot} {fields[18]}"


def is_gone(record: Record) -> bool:
    """Return whether the run of a record has surely ended: on this host, and not there."""
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


def place(results: Path, observation: str) -> Path:
    """Return where the record of an observation is."""
    return results / FOLDER / (observation + SUFFIX)


def read(path: Path) -> Record | None:
    """Return a record, None if there is none; one that cannot be read is unknown."""
    try:
        return {**UNKNOWN, **json.loads(path.read_text(encoding="utf-8"))}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return UNKNOWN


def take(results: Path, observations: Iterable[str], record: Record) -> list[str]:
    """Leave the record with all observations, or with none; return what is to be said.

    Raises RunningError if another run works on one of them.
    """
    taken: list[str] = []
    said: list[str] = []
    for name in sorted(observations):
        held = _take(place(results, name), record)
        if held is not None and is_gone(held):
            said.append(
                f"{name}: the run {who(held)} is gone (it was killed): going on with it;"
                f" {ON_A_CLUSTER}"
            )
            held = _replace(place(results, name), held, record)
        if held is not None:
            release(results, taken, record)
            raise RunningError(refusal(name, held, place(results, name)))
        taken.append(name)
    return said


def _take(path: Path, record: Record) -> Record | None:
    """Make the record; return the one that is there already, or None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.parent / f".{record['host']}.{record['pid']}.new"
    own.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    try:
        _link(own, path)
    except FileExistsError:
        held = read(path) or UNKNOWN
        # NFS: a link that was made, of which the answer was lost, is there when it is asked again
        return None if held == record else held
    finally:
        own.unlink(missing_ok=True)
    return None


def _link(own: Path, path: Path) -> None:
    try:
        os.link(own, path)
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        with path.open("x", encoding="utf-8") as stream:
            stream.write(own.read_text(encoding="utf-8"))


def _replace(path: Path, gone: Record, record: Record) -> Record | None:
    """Take over the record of a run that is gone; return that of one that was faster, or None."""
    aside = path.parent / f".{record['host']}.{record['pid']}.gone"
    try:
        path.rename(aside)
    except FileNotFoundError:
        return _take(path, record)
    try:
        if read(aside) != gone:  # of another that took it over just now
            _link(aside, path)
            return read(path) or UNKNOWN
    finally:
        aside.unlink(missing_ok=True)
    return _take(path, record)


def release(results: Path, observations: Iterable[str], record: Record) -> None:
    """Remove the records that are this run's own."""
    for name in observations:
        held = read(place(results, name))
        if held is not None and (held["host"], held["pid"]) == (record["host"], record["pid"]):
            place(results, name).unlink(missing_ok=True)


def sign_of_life(results: Path, observations: Iterable[str]) -> None:
    """Set the time of the records to now: other hosts can tell by it that the run lives.

    A record that cannot be reached at the moment gets its sign the next time.
    """
    for name in observations:
        with contextlib.suppress(OSError):
            os.utime(place(results, name))


class SignsOfLife(threading.Thread):
    """Gives signs of life while a run lasts, however long nothing happens in it."""

    def __init__(self, results: Path, observations: Iterable[str], every_s: float = LIFE_S) -> None:
        super().__init__(name="signs of life", daemon=True)
        self.results, self.observations, self.every_s = results, list(observations), every_s
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self.every_s):
            sign_of_life(self.results, self.observations)

    def end(self) -> None:
        """Give no more signs."""
        self._ended.set()


def remove(results: Path, observations: Iterable[str]) -> list[str]:
    """Remove records whoever left them (--unlock), but not of a process that is seen to run.

    Returns what is to be said.
    """
    said = []
    for name in observations:
        held = read(place(results, name))
        if held is None:
            continue
        if held["host"] == socket.gethostname() and not is_gone(held):
            said.append(f"{name}: not unlocked: the run {who(held)} is there")
        else:
            place(results, name).unlink(missing_ok=True)
            said.append(f"{name}: unlocked, was of the run {who(held)}; {ON_A_CLUSTER}")
    return said


def who(record: Record) -> str:
    """Return a run in words."""
    if not record["host"]:
        return "of which the record cannot be read"
    return (
        f"of {record['user']} on {record['host']}, process {record['pid']}, since"
        f" {record['since']}, in {record['folder']} ({record['command']})"
    )


def refusal(name: str, held: Record, path: Path) -> str:
    """Return why a run may not begin, and what to do."""
    return (
        f"{name} is being calibrated by another run {who(held)}.\n{_life(held, path)}"
        "Wait for it, or end it; other observations can be calibrated meanwhile. Only if it is"
        " surely gone (killed, power loss), use the same command with --unlock, and then again"
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
        f"Whether it still runs cannot be seen from here; its last sign of life was"
        f" {minutes:.0f} min ago (a run gives one every {LIFE_S:.0f} s).\n"
    )


def lock_words(results: Path, observations: Iterable[str], folder: str) -> str:
    """Return who may hold Snakemake's own lock on a folder, and what to do."""
    held = {name: read(place(results, name)) for name in _names(results)}
    here = {name: one for name, one in held.items() if one and one["folder"] == folder}
    living = {name: one for name, one in here.items() if not is_gone(one)}
    own = [name for name in living if name in set(observations)]
    if own:
        return refusal(own[0], living[own[0]], place(results, own[0]))
    if living:
        one = next(iter(living.values()))
        return (
            f"Another run in this folder works on {', '.join(sorted(living))} {who(one)}. It is not"
            " about the same observation, but both make the trends. Wait for it, or ask for the"
            f" products of the observation alone, such as {results}/NAME/outcome.json."
        )
    gone = "".join(f"\nThe run on {name} {who(one)} was killed." for name, one in here.items())
    return (
        f"No run is known to work in this folder: the lock is probably left by one that was"
        f" killed.{gone}\nUse the same command with --unlock, and then again without;"
        f" {ON_A_CLUSTER}."
    )


def _names(results: Path) -> list[str]:
    folder = results / FOLDER
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}"))
