"""Messages about problems in a configuration: key / found / expected, and what to try."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TYPE_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "section",
    "null": "null",
}
LONGEST_FOUND = 60


@dataclass(frozen=True)
class Problem:
    """A problem. ``key`` is dotted (``imaging.source.size``) or a place in a file."""

    key: str
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        words = f"{self.key} / found: {self.found} / expected: {self.expected}"
        return words + (f" / try: {self.hint}" if self.hint else "")


class SettingsError(ValueError):
    """The configuration or the sheet of observations is wrong. Has all problems at once."""

    def __init__(self, problems: Sequence[Problem], where: str = "the configuration") -> None:
        self.problems = list(problems)
        number = f"{len(self.problems)} problem" + ("s" if len(self.problems) != 1 else "")
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(
            f"{number} in {where} (config/README.md explains every part of it):\n{lines}"
        )


def found_words(value: Any) -> str:
    """Return a value as it is shown in messages."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a section with " + (", ".join(str(key) for key in value) or "nothing in it")
    words = json.dumps(_short(value), ensure_ascii=False, default=str)
    return words if len(words) <= LONGEST_FOUND else words[: LONGEST_FOUND - 3] + "..."


def _short(value: Any) -> Any:
    """Return 5.0 as 5, also within lists."""
    if isinstance(value, list):
        return [_short(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def expected_words(node: Mapping[str, Any]) -> str:
    """Return the value that a node of the schema expects, in words; its reference is followed."""
    if "title" in node:
        return node["title"]
    if "enum" in node:
        return "one of " + ", ".join(str(value) for value in node["enum"])
    types = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if types == ["object"]:
        return "a section with some of the keys " + ", ".join(node["properties"])
    if types == ["array"]:
        return _list_words(node)
    limits = [
        words + f" {node[name]}"
        for name, words in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
            ("multipleOf", "a multiple of"),
        )
        if name in node
    ]
    name = " or ".join(TYPE_WORDS[word] for word in types)
    if node.get("minLength"):
        name += " that is not empty"
    return name + (", " + " and ".join(limits) if limits else "")


def _list_words(node: Mapping[str, Any]) -> str:
    least = f" of at least {node['minItems']}" if node.get("minItems") else ""
    once = ", none twice" if node.get("uniqueItems") else ""
    return f"list{least}, each {expected_words(node['items'])}{once}"


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return the choice that a word most likely means, or "" if none is similar."""
    by_lower = {choice.lower(): choice for choice in choices}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else ""


def value_hint(node: Mapping[str, Any], value: Any) -> str:
    """Return what to try instead of a value that does not fit a node, or ""."""
    if "enum" in node and isinstance(value, str):
        return nearest(value, node["enum"])
    types = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if types == ["string"] and isinstance(value, (bool, int, float)):
        return (
            "quotes, or ./ before a path: YAML and Snakemake read this as a number or a truth"
            " value, and underscores and leading zeros are lost"
        )
    if types == ["object"]:
        return "on the command line, --config 'section={key: value}'"
    return ""
