"""A private directory for tools that litter, lock or write into what they read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_directory(prefix: str) -> Iterator[Path]:
    """Make a fresh directory under $TMPDIR, stand in it, and remove it at the end.

    Paths given to what runs inside must be absolute. The working directory is put back even when
    the body raises.
    """
    before = Path.cwd()
    directory = Path(tempfile.mkdtemp(prefix=f"lwacal-{prefix}-")).resolve()
    os.chdir(directory)
    try:
        yield directory
    finally:
        os.chdir(before)
        shutil.rmtree(directory)
