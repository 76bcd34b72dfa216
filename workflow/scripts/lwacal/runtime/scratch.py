"""Private scratch directories for tools that leave files behind or write into their input.

A job that is killed cannot remove its scratch directory. Each process therefore locks the directory
it uses, and the next job removes directories that nobody holds a lock on.
"""

from __future__ import annotations

import fcntl
import logging
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)


# The name includes the host: on a shared file system a lock may be invisible to other hosts.
NAME = f"lwacal-scratch-{platform.node()}-"
NEW = ".lwacal-new-"


@contextmanager
def scratch_directory(prefix: str) -> Iterator[Path]:
    """Make a directory under $TMPDIR the working directory, and remove it at the end.

    Paths used inside the block must be absolute. The previous working directory is restored, also
    after an exception.
    """
    before = Path.cwd()
    directory, lock = make(prefix)
    os.chdir(directory)
    try:
        yield directory
    finally:
        os.chdir(before)
        shutil.rmtree(directory)
        os.close(lock)


def make(prefix: str) -> tuple[Path, int]:
    """Make a directory under $TMPDIR, locked until the returned file descriptor is closed."""
    remove_abandoned(Path(tempfile.gettempdir()))
    new = Path(tempfile.mkdtemp(prefix=NEW)).resolve()
    lock = os.open(new, os.O_RDONLY)
    _locked(lock)
    # remove_abandoned of other jobs sees it only under this name
    directory = new.rename(new.with_name(NAME + prefix + "-" + new.name.removeprefix(NEW)))
    return directory, lock


def remove_abandoned(folder: Path) -> None:
    """Remove scratch directories that killed jobs of this user left in a folder."""
    for path in folder.glob(NAME + "*"):
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # removed meanwhile, a file, or another user's
            continue
        try:
            if os.fstat(lock).st_uid == os.getuid() and _locked(lock):
                logger.info(f"removed {path}, which a killed job left behind")
                shutil.rmtree(path, ignore_errors=True)  # another job may be removing it too
        finally:
            os.close(lock)


def _locked(descriptor: int) -> bool:
    """Lock an open directory; return False if it is locked, or its file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
