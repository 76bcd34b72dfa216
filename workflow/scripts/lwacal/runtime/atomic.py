"""Products appear whole or not at all: they are written beside their place, then renamed.

Two processes may be at work on the same product: jobs of a cluster outlive a Snakemake that was
killed, and the next one submits them again. So each writes under a name of its own, with host and
process in it, and removes only what others have abandoned.
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
ABANDONED_S = 24 * 3600.0  # without a change, on another host: longer than a job takes


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield ``<name>.<host>.<process>.part`` to write a file or a folder to; then put it in place.

    If the body raises, it is removed and the old product stays. What killed jobs have left of the
    same product is removed first.
    """
    place = Path(path).absolute()
    part = new_part(place)
    try:
        yield part
    except OSError as error:
        if error.filename is None:  # a full disk does not say where
            error.filename = str(place)
        remove(part)
        raise
    except BaseException:
        remove(part)
        raise
    put(part, place)


def new_part(place: Path) -> Path:
    """Return this process's own name beside a place, where nothing is, in a folder that exists."""
    place.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(place)
    part = beside(place, f".{socket.gethostname()}.{os.getpid()}{PART}")
    remove(part)
    return part


def remove_abandoned(place: Path) -> None:
    """Remove what processes that are gone have half made of a product.

    Those of other hosts cannot be seen: theirs goes when nothing has changed in it for a day.
    """
    known = re.compile(re.escape(place.name) + rf"\.(.+)\.(\d{{1,9}}){re.escape(PART)}.*")
    for path in place.parent.iterdir():
        found = known.fullmatch(path.name)
        if found is None:
            continue
        host, process = found[1], int(found[2])
        if host == socket.gethostname():
            abandoned = not is_there(process)
        else:
            abandoned = time.time() - last_change(path) > ABANDONED_S
        if not abandoned:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # another job may be doing the same
        else:
            path.unlink(missing_ok=True)


def is_there(process: int) -> bool:
    """Return whether a process of this host, of whatever user, is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def last_change(path: Path) -> float:
    """Return the latest time of modification of a file or of all in a folder (seconds, epoch)."""
    try:
        return max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    except FileNotFoundError:  # somebody is at work there
        return time.time()


def put(part: Path, place: Path) -> None:
    """Rename what is complete to its place; an old product is moved aside first, then removed."""
    old = beside(place, OLD)
    remove(old)
    if place.is_dir() and not place.is_symlink():
        place.rename(old)
    part.replace(place)
    remove(old)


def remove_whole(folder: Path) -> None:
    """Remove a folder so that nobody ever sees half of it, even if this is stopped midway."""
    old = beside(folder, OLD)
    remove(old)
    folder.rename(old)
    remove(old)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def beside(place: Path, ending: str) -> Path:
    """Return the path of the same name with an ending."""
    return place.with_name(place.name + ending)
