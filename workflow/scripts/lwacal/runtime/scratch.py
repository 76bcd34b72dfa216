"""Private directories for tools that litter, lock or write into what they read.

A job that is killed cannot remove its own. Each directory is locked by the process that uses it,
and whoever makes the next one removes those that nobody holds any more.
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


# With the machine's name: on a shared file system locks may hold on one machine only.
NAME = f"lwacal-scratch-{platform.node()}-"
NEW = ".lwacal-new-"


@contextmanager
def scratch_directory(prefix: str) -> Iterator[Path]:
    """Make a fresh directory under $TMPDIR, stand in it, and remove it at the end.

    Paths given to what runs inside must be absolute. The working directory is put back even when
    the body raises.
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
    """Make a directory under $TMPDIR that is ours until the returned file descriptor is closed."""
    remove_abandoned(Path(tempfile.gettempdir()))
    new = Path(tempfile.mkdtemp(prefix=NEW)).resolve()
    lock = os.open(new, os.O_RDONLY)
    _locked(lock)
    # nobody looks at it before it has this name
    directory = new.rename(new.with_name(NAME + prefix + "-" + new.name.removeprefix(NEW)))
    return directory, lock


def remove_abandoned(folder: Path) -> None:
    """Remove the directories that killed jobs of this user have left in a folder, and say so."""
    for path in folder.glob(NAME + "*"):
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # gone meanwhile, a file, or another user's
            continue
        try:
            if os.fstat(lock).st_uid == os.getuid() and _locked(lock):
                logger.info(f"{path} was left by a job that was killed: removed")
                shutil.rmtree(path, ignore_errors=True)  # another job may be doing the same
        finally:
            os.close(lock)


def _locked(descriptor: int) -> bool:
    """Lock an open directory; tell whether that could be done (some file systems have no locks)."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
