"""Writes products atomically: to a temporary path in the same folder, which is then renamed.

Two processes may write the same product: jobs on a cluster outlive a Snakemake that was killed, and
the next Snakemake submits them again. Each process therefore writes to a path of its own, which
names host and process, and removes only those that others have abandoned.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART, OLD = ".part", ".old"
ABANDONED_S = 24 * 3600.0  # unchanged for so long, on another host: no job takes that long


@contextmanager
def output(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path for a file or folder; rename it to ``path`` when the block ends.

    The temporary path is ``<name>.<host>.<process>.part``. If the block raises an exception, it is
    removed and the old product stays. Temporary paths that killed jobs left behind are removed
    first.
    """
    place = Path(path).absolute()
    part = new_part(place)
    try:
        yield part
    except OSError as error:
        if error.filename is None:  # the error of a full disk names no file
            error.filename = str(place)
        remove(part)
        raise
    except BaseException:
        remove(part)
        raise
    move_into_place(part, place)


def new_part(place: Path) -> Path:
    """Return this process's temporary path for a product; nothing exists there yet.

    The folder is made if it does not exist.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(place)
    part = with_suffix_added(place, f".{socket.gethostname()}.{os.getpid()}{PART}")
    remove(part)
    return part


def remove_abandoned(place: Path) -> None:
    """Remove the partial products of processes that no longer exist.

    Processes on other hosts are invisible: their partial products are removed after a day without
    changes.
    """
    pattern = re.compile(re.escape(place.name) + rf"\.(.+)\.(\d{{1,9}}){re.escape(PART)}.*")
    for path in place.parent.iterdir():
        match = pattern.fullmatch(path.name)
        if match is None:
            continue
        host, process = match[1], int(match[2])
        if host == socket.gethostname():
            abandoned = not process_exists(process)
        else:
            abandoned = time.time() - last_change(path) > ABANDONED_S
        if not abandoned:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # another job may be removing it too
        else:
            path.unlink(missing_ok=True)


def process_exists(process: int) -> bool:
    """Return whether a process exists on this host, whoever owns it."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def last_change(path: Path) -> float:
    """Return when a file, or anything in a folder, was last modified (seconds since the epoch)."""
    try:
        return max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    except FileNotFoundError:  # another process is changing the folder now
        return time.time()


def move_into_place(part: Path, place: Path) -> None:
    """Rename a complete product to its final path; move an old one aside first, then remove it."""
    old = with_suffix_added(place, OLD)
    remove(old)
    if place.is_dir() and not place.is_symlink():
        place.rename(old)
    part.replace(place)
    remove(old)


def remove_atomically(folder: Path) -> None:
    """Remove a folder; if interrupted, never leave part of it under its own name."""
    old = with_suffix_added(folder, OLD)
    remove(old)
    folder.rename(old)
    remove(old)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def with_suffix_added(path: Path, suffix: str) -> Path:
    """Return the path with a suffix added to its name."""
    return path.with_name(path.name + suffix)
