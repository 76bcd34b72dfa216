"""The tests of a module: the file of its name, files that import it, then indirect users."""

from __future__ import annotations

import ast
from functools import cache
from math import isfinite
from pathlib import Path

from mutants.modules import PACKAGE

TESTS = Path("tests")
# folders of tests that are too slow, or of no science
LEFT_OUT = ("bench", "driver", "helpers", "mutants", "publish", "report", "workflow")


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the modules of lwacal that a file imports, as room/module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        whole = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        if isinstance(node, ast.ImportFrom) and whole.startswith("lwacal."):
            parts = whole.split(".")[1:]
            names = ["/".join(parts)] + ["/".join([*parts, alias.name]) for alias in node.names]
            found |= {name for name in names if (PACKAGE / f"{name}.py").is_file()}
    return frozenset(found)


def own(module: str) -> list[Path]:
    """Return the test file of a module's name, and those that import the module."""
    room, _, name = module.rpartition("/")
    files = [path for path in sorted(TESTS.rglob("test_*.py")) if path.parts[1] not in LEFT_OUT]
    named = [path for path in files if path == TESTS / room / f"test_{name}.py"]
    return named + [path for path in files if module in imports(path) and path not in named]


def indirect(module: str) -> list[Path]:
    """Return the tests of the modules that import this one."""
    users = [
        "/".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for path in sorted(PACKAGE.rglob("*.py"))
        if module in imports(path)
    ]
    return list(dict.fromkeys(path for user in users for path in own(user)))


def choose(module: str, seconds: dict[Path, float], most_s: float) -> list[Path]:
    """Return the test files to run within ``most_s`` of processor time.

    The file of the module's name always runs. Files that import the module come before indirect
    users, quick files before slow ones. ``seconds`` has every file that passes; files that take
    infinitely long are left out.
    """
    room, _, name = module.rpartition("/")
    seconds = {path: time for path, time in seconds.items() if isfinite(time)}
    chosen = [path for path in own(module) if path == TESTS / room / f"test_{name}.py"]
    chosen = [path for path in chosen if path in seconds]
    for files in (own(module), indirect(module)):
        for path in sorted((path for path in files if path in seconds), key=seconds.__getitem__):
            spent = sum(seconds[other] for other in chosen)
            if path not in chosen and (not chosen or spent + seconds[path] <= most_s):
                chosen.append(path)
    return chosen
