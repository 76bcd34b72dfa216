"""A copy of the project to plant errors in, and the process that runs its tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Self

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_times = count(1)


def make(project: Path, folder: Path) -> Path:
    """Copy the files that git tracks or would add, in their present state; return the folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.split("\0"):
        source = project / name
        if name and source.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


@contextmanager
def changed(path: Path, code: str) -> Iterator[None]:
    """Replace the code of a file temporarily.

    Every mutant gets its own modification time: Python reuses compiled code if size and second of
    the source are the same.
    """
    before, status = path.read_bytes(), path.stat()
    path.write_text(code)
    now = next(_times)
    os.utime(path, (now, now))
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


class Server:
    """The process that runs tests in a copy (mutants.server), with the project's own Python."""

    def __init__(self, python: Path, copy: Path) -> None:
        """Start the process and wait until it is ready."""
        self._temporary = copy.parent / "tests"
        self._process = subprocess.Popen(
            [str(python), "-m", "mutants.server"],
            cwd=copy,
            env={**os.environ, **ONE_THREAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def run(self, tests: list[Path], limit_s: float) -> dict[str, Any]:
        """Run test files; return the answer of mutants.server."""
        arguments = [f"--basetemp={self._temporary}", *map(str, tests)]
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"arguments": arguments, "limit_s": limit_s}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the test process has ended; its error messages are above")
        return json.loads(line)
