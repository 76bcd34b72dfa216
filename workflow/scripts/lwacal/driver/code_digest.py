"""A digest of the code that a rule runs, so that Snakemake reruns the rule when the code changes.

Snakemake compares the modification time of a script, which a fresh checkout changes, and ignores
the modules that it imports. The digest covers the contents of the script and of all modules of this
package that it imports, directly or indirectly, and the data of these modules: the files named like
a module in the folder data/ beside it.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lwacal.runtime import paths

SCRIPTS = paths.SCRIPTS
PACKAGE = paths.PACKAGE.name


def code_digest(*scripts: str, with_report: bool = False, also: Iterable[str] = ()) -> str:
    """Return a short digest of scripts (names in workflow/scripts) and of the package's imports.

    ``with_report`` adds the templates, captions and styles of the reports. ``also`` names further
    files in the folder workflow/ to add.
    """
    digest = hashlib.sha256()
    modules = code_files(*scripts)
    paths = modules + _data_files(modules) + (_report_files() if with_report else [])
    paths += [SCRIPTS.parent / name for name in also]
    for path in paths:
        digest.update(path.name.encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _report_files() -> list[Path]:
    templates = (SCRIPTS.parent / "report").iterdir()
    styles = (SCRIPTS / PACKAGE / "report" / "plots").glob("*.mplstyle")
    return sorted(path for path in (*templates, *styles) if path.is_file())


def _data_files(modules: Iterable[Path]) -> list[Path]:
    return sorted(
        file for path in modules for file in (path.parent / "data").glob(f"{path.stem}.*")
    )


def code_files(*scripts: str) -> list[Path]:
    """Return the files of scripts and of all modules of this package they import, sorted."""
    found: set[Path] = set()
    waiting = [SCRIPTS / script for script in scripts]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imports(path))
    return sorted(found)


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    names = [name for node in ast.walk(tree) for name in _imported_names(node)]
    files = [file for name in names for file in _module_files(name)]
    if path.is_relative_to(SCRIPTS / PACKAGE):
        depth = len(path.parent.relative_to(SCRIPTS).parts)
        files += [folder / "__init__.py" for folder in path.parents[:depth]]
    return tuple(files)


def _imported_names(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _module_files(name: str) -> Iterable[Path]:
    """Return the files of a dotted module name, none if it is not in this package."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return []
    path = SCRIPTS.joinpath(*parts)
    return [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]
