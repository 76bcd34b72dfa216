"""Products appear whole or not at all: they are written beside their place, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART, OLD = ".part", ".old"


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield ``<name>.part`` to write a file or a folder to; put it in its place at the end.

    If the body raises, it is removed and the old product stays. What a killed job has left there
    is removed first.
    """
    place = Path(path).absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    part = beside(place, PART)
    remove(part)
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
