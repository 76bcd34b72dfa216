"""Reads the JSON Schema of the configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lwacal.runtime import paths

SCHEMA = paths.SCHEMAS / "config.schema.json"

Node = Mapping[str, Any]


def load_schema(path: str | Path = SCHEMA) -> dict[str, Any]:
    """Read a schema and replace its references by what they refer to."""
    return followed(json.loads(Path(path).read_text(encoding="utf-8")))


def followed(schema: Node) -> dict[str, Any]:
    """Return a schema with its references to $defs replaced by what they refer to."""
    definitions = schema.get("$defs", {})
    return {key: _follow(value, definitions) for key, value in schema.items() if key != "$defs"}


def _follow(node: Any, definitions: Node) -> Any:
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        node = {**definitions[node["$ref"].rpartition("/")[2]], **node}
        del node["$ref"]
    return {key: _follow(value, definitions) for key, value in node.items()}
