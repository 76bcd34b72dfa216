"""Runs tests on request: loads everything but the project once, then forks for each request.

A request is a line of JSON with the arguments of pytest and a time limit in seconds. So is the
answer: ``outcome`` (passed, failed, broken or timeout), ``by`` the first test that failed, and
``seconds`` of processor time.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

ALWAYS = ("-q", "-x", "-p", "no:cacheprovider")
NO_PLUGINS = ("-o", "markers=xdist_group")  # loading them takes longer than most tests
CASA = ("casa", "both_solvers")  # in the names of tests that run CASA, which takes seconds
OUTCOMES = {0: "passed", 1: "failed"}


def load(folders: tuple[str, ...] = ("workflow/scripts/lwacal", "tests/helpers")) -> None:
    """Import the packages that the project imports, except CASA, which is slow to start."""
    names = set()
    for path in (path for folder in folders for path in Path(folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module)
    own = {"lwacal", *(path.stem for path in Path("tests/helpers").glob("*"))}
    for name in sorted(names):
        if name.split(".")[0] not in own and not name.startswith("casat"):
            try:
                importlib.import_module(name)
            except ImportError:
                print(f"{name} is not there", file=sys.stderr)


class _Listener:
    """Leaves out tests of CASA, notes the first failure, answers at the end of the session."""

    def __init__(self, writer: int) -> None:
        self._writer = writer
        self._by = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if not any(word in item.name for word in CASA)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._by:
            self._by = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self._by:
            self._by = report.nodeid

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self.answer(exitstatus)

    def answer(self, status: int) -> None:
        outcome = OUTCOMES.get(int(status), "broken")
        answer = {"outcome": outcome, "by": self._by, "seconds": sum(os.times()[:4])}
        os.write(self._writer, json.dumps(answer).encode())
        os._exit(0)


def run(arguments: list[str], limit_s: float) -> dict[str, Any]:
    """Run pytest in a child process and return its answer; kill the child at the limit."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        listener = _Listener(writer)
        listener.answer(pytest.main([*ALWAYS, *NO_PLUGINS, *arguments], plugins=[listener]))
    os.close(writer)
    ready, _, _ = select.select([reader], [], [], limit_s)
    text = os.read(reader, 1 << 20) if ready else b""
    os.close(reader)
    with suppress(ProcessLookupError):  # it has already ended
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not text:
        return {"outcome": "broken" if ready else "timeout", "by": "", "seconds": limit_s}
    return json.loads(text)


def main() -> None:
    """Answer requests until the input ends."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    load()
    gc.freeze()  # keeps the garbage collector of children off what is loaded
    print("{}", flush=True)  # ready
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
