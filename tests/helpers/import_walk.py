"""Follows what a script can reach, function by function, and tells which packages it would import.

The code of a module that is imported is run; a function or class counts from the moment that
something reached speaks of it. Speaking of a module of ours without saying which part counts for
all of it. So an import inside a function that no one calls does not count, and a name that is only
passed on does.
"""

from __future__ import annotations

import ast
import sys
from functools import cache, cached_property
from pathlib import Path

Unit = tuple[Path, str | None]  # a function or class of a file, or None: what is run at its import
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Module:
    """A file: its parts by name, and what its names stand for in other files of ours."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path, self.root = path, root
        self.tree = ast.parse(path.read_text(encoding="utf-8"), str(path))

    @cached_property
    def parts(self) -> dict[str | None, list[ast.AST]]:
        """Return the code of each part; that of None is all that is not in a definition."""
        parts: dict[str | None, list[ast.AST]] = {None: []}
        for node in self.tree.body:
            if isinstance(node, DEFINITIONS):
                parts[node.name] = [node]
            else:
                parts[None].append(node)
        return parts

    @cached_property
    def names(self) -> dict[str, Unit]:
        """Return the file that each imported name of ours stands for, and the part of it."""
        return {
            name: unit
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for name, unit in self.targets(node).items()
        }

    def targets(self, node: ast.Import | ast.ImportFrom) -> dict[str, Unit]:
        """Return what an import of ours makes known: module, or part of a module, by its name."""
        found: dict[str, Unit] = {}
        if getattr(node, "level", 0):
            raise AssertionError(f"{self.path}: a relative import, which is not followed")
        for alias in node.names:
            name = alias.asname or alias.name
            if isinstance(node, ast.Import):
                place = (self.file(alias.name), None)
            elif module := self.file(f"{node.module}.{alias.name}"):
                place = (module, None)
            else:
                place = (self.file(node.module), alias.name)
            if place[0]:
                found[name] = place
        return found

    def run_by(self, node: ast.Import | ast.ImportFrom) -> set[Unit]:
        """Return the files of ours that an import runs: modules, and the packages they are in."""
        files = {file for file, _ in self.targets(node).values()}
        folders = {folder for file in files for folder in file.parents}
        around = {folder / "__init__.py" for folder in folders if self.root in folder.parents}
        run = {(file, None) for file in files | {file for file in around if file.is_file()}}
        if isinstance(node, ast.ImportFrom):
            return run
        return run.union(*[_all_of(file, self.root) for file in files])  # who knows what is used

    def file(self, dotted: str) -> Path | None:
        """Return the file of a module of ours, or None if it is not ours."""
        place = self.root.joinpath(*dotted.split("."))
        files = (place.with_suffix(".py"), place / "__init__.py")
        return next((file for file in files if file.is_file()), None)


def imported_packages(script: Path) -> set[str]:
    """Return the top-level modules that a script can import, without ours and the standard library.

    Raises AssertionError for an import by a name that is not written in the code.
    """
    root = script.parent
    found: set[str] = set()
    seen: set[Unit] = set()
    waiting: list[Unit] = [(script, part) for part in _module(script, root).parts]
    while waiting:
        unit = waiting.pop()
        if unit not in seen:
            seen.add(unit)
            packages, units = _reached(_module(unit[0], root), unit[1])
            found |= packages
            waiting.extend(units)
    return {name for name in found if name not in sys.stdlib_module_names}


@cache
def _module(path: Path, root: Path) -> Module:
    return Module(path, root)


def _reached(module: Module, part: str | None) -> tuple[set[str], set[Unit]]:
    """Return the foreign modules that a part imports, and the parts of ours that it speaks of."""
    packages: set[str] = set()
    units: set[Unit] = set()
    if part is not None and part not in module.parts:
        # a name from elsewhere, or a constant, which is made when the module is imported
        return packages, {module.names[part]} if part in module.names else units
    spoken_of: set[ast.AST] = set()
    for node in (node for code in module.parts[part] for node in ast.walk(code)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            units |= module.run_by(node)
            packages |= _foreign(module, node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            packages.add(_imported_by_call(module, node))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            file, inner = module.names.get(node.value.id, (None, None))
            if file and inner is None:
                units.add((file, node.attr))
                spoken_of.add(node.value)
        elif isinstance(node, ast.Name) and node not in spoken_of:
            units |= _units_of(module, node.id)
    return packages, units


def _imported_by_call(module: Module, node: ast.Call) -> str:
    if not isinstance(node.args[0], ast.Constant):
        raise AssertionError(f"{module.path}: {ast.unparse(node)}: which module?")
    return node.args[0].value.partition(".")[0]


def _all_of(file: Path, root: Path) -> set[Unit]:
    return {(file, part) for part in _module(file, root).parts}


def _foreign(module: Module, node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
    return {name.partition(".")[0] for name in names if not module.file(name.partition(".")[0])}


def _units_of(module: Module, name: str) -> set[Unit]:
    """Return the parts that a bare name stands for: all of a module if it is one of ours."""
    if name in module.parts:
        return {(module.path, name)}
    file, inner = module.names.get(name, (None, None))
    if file is None:
        return set()
    return {(file, inner)} if inner else _all_of(file, module.root)
