"""The mutants of a module: every place where an operator applies, or a sample of them."""

from __future__ import annotations

import ast
import difflib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator

Position = tuple[int, int]  # line from 1, column


@dataclass(frozen=True)
class Candidate:
    """A place where an operator applies: its ``occurrence``-th in the module.

    ``number`` and ``line`` are the line's number and text; ``function`` encloses it, or is empty.
    """

    operator: str
    occurrence: int
    number: int
    line: str
    function: str


@dataclass(frozen=True)
class Mutant:
    """A module's ``code`` with an error, and the lines that differ, ``before`` and ``after``."""

    candidate: Candidate
    before: str
    after: str
    code: str


def of_module(path: Path, operators: dict[str, Operator]) -> list[Candidate]:
    """Return every place in a module where an operator applies, in a fixed order."""
    source = path.read_text()
    tree, nodes, lines = ast.parse(source), list(ast_nodes(get_ast(source))), source.splitlines()
    ignored, functions = list(_ignored(tree)), _functions(tree)
    found = []
    for name, operator in operators.items():
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for occurrence, (start, end) in enumerate(places):
            if not any(low <= start and end <= high for low, high in ignored):
                inside = [text for text, low, high in functions if low <= start[0] <= high]
                line, function = lines[start[0] - 1].strip(), inside[-1] if inside else ""
                found.append(Candidate(name, occurrence, start[0], line, function))
    return found


def sample(found: list[Candidate], number: int, seed: int, module: str) -> list[Candidate]:
    """Return ``number`` random candidates, in order; the seed and the module's name fix which."""
    if number <= 0 or len(found) <= number:
        return found
    places = random.Random(f"{seed} {module}").sample(range(len(found)), number)
    return [found[place] for place in sorted(places)]


def mutants(
    path: Path, chosen: Iterable[Candidate], operators: dict[str, Operator]
) -> Iterator[Mutant]:
    """Yield the mutants of a module; an operator that changes nothing yields none."""
    source = path.read_text()
    for candidate in chosen:
        code = mutate_code(source, operators[candidate.operator], candidate.occurrence)
        if code is not None and code != source:
            yield Mutant(candidate, *_difference(source, code), code)


def _ignored(tree: ast.AST) -> Iterator[tuple[Position, Position]]:
    """Yield parts that compute nothing: types, decorators, f-strings, raised errors, strict=."""
    for node in ast.walk(tree):
        parts: list[ast.expr | ast.stmt | None] = []
        if isinstance(node, ast.FunctionDef):
            parts = [node.returns, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            parts = [*node.decorator_list]
        elif isinstance(node, ast.arg | ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.JoinedStr | ast.Raise):
            parts = [node]
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            parts = [node.value]
        for part in parts:
            if part is not None:
                start, end = (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)
                yield start, (end[0] or start[0], end[1] or start[1])


def _functions(tree: ast.AST) -> list[tuple[str, int, int]]:
    """Return the functions with their first and last lines, outer ones before inner ones."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return sorted(
        ((n.name, n.lineno, n.end_lineno or n.lineno) for n in nodes), key=lambda item: item[1]
    )


def _difference(source: str, code: str) -> tuple[str, str]:
    """Return the lines that differ, without their indentation."""
    lines = list(difflib.ndiff(source.splitlines(), code.splitlines()))
    before, after = (
        " ".join(line[2:].strip() for line in lines if line.startswith(sign))
        for sign in ("- ", "+ ")
    )
    return before, after
