"""Writes the text of config/config.yaml: every key with its default and description."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from lwacal.driver.problems import expected_words

WIDTH = 96
INDENT = "  "
HEAD = """\
# yaml-language-server: $schema=../workflow/schemas/config.schema.json
#
# Every key of the workflow at its default. A key that is left out or blank has its default too, so
# a file of your own needs only what differs. The command line takes precedence over this file:
#   snakemake --config input=FOLDER 'delay={min_snr: 5}'
# config/README.md is the manual. `make schemas` generates this file from the models in
# workflow/scripts/lwacal/records/configuration.
"""

Node = Mapping[str, Any]


def config_text(schema: Node) -> str:
    """Return the text of config.yaml for a JSON Schema of the configuration."""
    return HEAD + "\n" + "\n".join(_section(schema, 0))


def _section(node: Node, depth: int) -> Iterator[str]:
    for name, child in node["properties"].items():
        if child["type"] == "object" and "default" not in child:
            yield from _comment(child["description"], depth)
            yield f"{INDENT * depth}{name}:"
            yield from _section(child, depth + 1)
        else:
            yield from _comment(child["description"], depth)
            yield from _comment(_default_words(child), depth)
            yield f"{INDENT * depth}{name}: {_value(child['default'])}"
        if depth == 0:
            yield ""


def _comment(text: str, depth: int) -> list[str]:
    start = f"{INDENT * depth}# "
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _default_words(node: Node) -> str:
    words = f"Default: {_value(node['default'])}"
    simple = node["type"] in ("integer", "number") or "enum" in node
    return words + (f" ({expected_words(node)})." if simple else ".")


def _value(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
