"""Completes and checks the configuration, with values from files and from the command line.

The source of keys, types, limits and defaults are the models in lwacal.records.configuration; the
JSON Schema workflow/schemas/config.schema.json is generated from them. ``resolve`` fills in what is
not given, turns text from the command line into numbers, truth values and lists, and reports all
errors at once.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from lwacal.driver import settings_checks
from lwacal.driver.json_schema import Node, load_schema
from lwacal.driver.observation_sheet import read_observations
from lwacal.driver.problems import (
    Problem,
    SettingsError,
    expected_words,
    found_words,
    nearest,
    value_hint,
)
from lwacal.records.configuration.section import dotted_key
from lwacal.records.configuration.whole import Configuration
from lwacal.telescope import naming

__all__ = [
    "Problem",
    "SettingsError",
    "differences_from_default",
    "leaves",
    "part_json",
    "read_observations",
    "resolve",
    "section_json",
    "value_json",
    "with_file",
]

TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
BRACKETS = "brackets around a list: [CygA, CasA]"
NOTHING = ("", "null", "none", "~")


def resolve(config: Mapping[str, Any]) -> Configuration:
    """Return the complete configuration.

    A key that is absent or blank has its default. Text becomes what the schema asks for: "512" a
    number, "yes" a truth value, "CygA,CasA" or "CygA CasA" a list. Numbers are floats and whole
    numbers ints, so that 5 and 5.0 are the same configuration. Raises SettingsError with everything
    that is wrong.
    """
    schema = load_schema()
    problems: list[Problem] = []
    settings = _fill(schema, config, "", problems, schema)
    wrong = list(_schema_problems(schema, settings))
    rest = _without_wrong(schema, settings, [problem.key for problem in wrong])
    problems += wrong + _check_the_rest(rest, [problem.key for problem in wrong])
    if problems:
        raise SettingsError(problems)
    return rest


def with_file(config: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    """Return the configuration with the keys of a YAML file replaced (not yet checked).

    Raises SettingsError if the file cannot be read or does not consist of keys.
    """
    try:
        given = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(
            [Problem("config", str(error), "a readable YAML file")], str(path)
        ) from error
    if not isinstance(given, Mapping):
        expected = "keys with values, such as beam: ..."
        raise SettingsError([Problem("config", found_words(given), expected)], str(path))
    return _over(config, given)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _over(merged[key], value) if both else value
    return merged


def _check_the_rest(rest: Configuration, wrong: Sequence[str]) -> list[Problem]:
    """Return what else is wrong, but nothing about keys whose values are known to be wrong."""
    keys = _keys_of_values(wrong)
    return [
        problem
        for problem in settings_checks.check(rest)
        if not any(key in problem.key + problem.expected for key in keys)
    ]


def _without_wrong(schema: Node, settings: dict[str, Any], wrong: Sequence[str]) -> Configuration:
    """Return the configuration with defaults in place of wrong values."""
    return Configuration.model_validate(_without(schema, settings, _keys_of_values(wrong)))


def _keys_of_values(keys: Iterable[str]) -> set[str]:
    """Return keys without places in lists."""
    return {key.partition("[")[0] for key in keys}


def _without(
    node: Node, values: Mapping[str, Any], keys: set[str], key: str = ""
) -> dict[str, Any]:
    """Return the values with the default at the given keys."""
    result = {}
    for name, child in node["properties"].items():
        path = f"{key}.{name}".strip(".")
        result[name] = child.get("default") if path in keys else values[name]
        if child["type"] == "object":
            result[name] = _without(child, values[name], keys, path)
    return result


def _fill(
    node: Node, value: Any, key: str, problems: list[Problem], schema: Node, default: Any = None
) -> Any:
    """Return the value with defaults filled in; add unknown keys to the problems."""
    if node["type"] != "object":
        nullable = "null" in node["type"]
        return _coerce(node, default if value is None and not nullable else value)
    if value is not None and not isinstance(value, Mapping):
        problems.append(
            Problem(key, found_words(value), expected_words(node), value_hint(node, value))
        )
        value = None
    given = {str(name): item for name, item in (value or {}).items()}
    defaults = default or node.get("default", {})
    problems += _unknown(node, given, key, schema)
    filled = {}
    for name, child in node["properties"].items():
        own = defaults.get(name, child.get("default"))
        item = given.get(name, own)
        filled[name] = _fill(child, item, f"{key}.{name}".strip("."), problems, schema, own)
    return filled


def _unknown(node: Node, given: Mapping[str, Any], key: str, schema: Node) -> Iterator[Problem]:
    known = node["properties"]
    for name, value in given.items():
        if name not in known:
            yield Problem(
                f"{key}.{name}".strip("."),
                "a key that does not exist",
                f"one of the keys {', '.join(known)}",
                _key_hint(key, name, value, node, schema),
            )


def _key_hint(key: str, name: str, value: Any, node: Node, schema: Node) -> str:
    """Return the key that an unknown one most likely means."""
    like = nearest(name, node["properties"])
    if like:
        return f"{key}.{like}".strip(".")
    lists = [child for child in node["properties"].values() if child["type"] == "array"]
    if value in ("", None) and any(name in child["items"].get("enum", ()) for child in lists):
        return BRACKETS
    elsewhere = list(_all_keys(schema))
    same = [path for path in elsewhere if path == name or path.rpartition(".")[2] == name]
    if same:
        return same[0]
    if value in ("", None) and lists:
        return BRACKETS
    by_name = {path.rpartition(".")[2]: path for path in reversed(elsewhere)}
    return by_name.get(nearest(name, by_name), "")


def _all_keys(node: Node, key: str = "") -> Iterator[str]:
    for name, child in node["properties"].items():
        path = f"{key}.{name}".strip(".")
        yield path
        if child["type"] == "object":
            yield from _all_keys(child, path)


def _coerce(node: Node, value: Any) -> Any:
    """Return the value converted to the type of the node, or unchanged if that is impossible."""
    types = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if "null" in types and isinstance(value, str) and value.strip().lower() in NOTHING:
        return None
    if "array" in types:
        return _as_list(node["items"], value)
    if "string" in types:
        return _as_text(value)
    if "boolean" in types and isinstance(value, str):
        return TRUTH.get(value.strip().lower(), value)
    if "integer" in types or "number" in types:
        return _as_number(value, whole="integer" in types)
    return value


def _as_list(item: Node, value: Any) -> Any:
    if isinstance(value, str):
        value = re.split(r"[,\s]+", value.strip(" \t\n[],")) if value.strip(" \t\n[],") else []
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return value
    number_as_text = item["type"] == "string"
    return [
        str(entry) if number_as_text and type(entry) is int else _coerce(item, entry)
        for entry in value
    ]


def _as_text(value: Any) -> Any:
    """Return a time stamp or a date as text, if YAML read it as a number or a date."""
    if type(value) is date:
        return value.isoformat()
    if type(value) is int and naming.is_stamp(f"{str(value)[:8]}_{str(value)[8:]}"):
        return f"{str(value)[:8]}_{str(value)[8:]}"
    return value


def _as_number(value: Any, whole: bool) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if not math.isfinite(number):
        return str(value)
    if whole:
        return int(number) if number.is_integer() else number
    return number


def _schema_problems(schema: Node, settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Return the violations of the schema, one problem per value."""
    seen = set()
    errors = Draft202012Validator(schema).iter_errors(settings)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        path = tuple(error.absolute_path)
        if path not in seen:
            seen.add(path)
            node = _node_at(schema, path)
            yield Problem(
                dotted_key(path),
                found_words(error.instance),
                expected_words(node),
                value_hint(node, error.instance),
            )


def _node_at(schema: Node, path: tuple[str | int, ...]) -> Node:
    node = schema
    for part in path:
        node = node["items"] if isinstance(part, int) else node["properties"][part]
    return node


def section_json(config: Configuration, *names: str) -> str:
    """Return sections as one line of JSON, {"section": {...}}, the same for the same values."""
    return _line(config.model_dump(mode="json", include=set(names)))


def part_json(config: Configuration, *keys: str) -> str:
    """Return what dotted keys lead to (sections or values), nested as in the configuration."""
    part: dict[str, Any] = {}
    for key in keys:
        *above, last = key.split(".")
        source, place = config.as_json(), part
        for name in above:
            source, place = source[name], place.setdefault(name, {})
        place[last] = source[last]
    return _line(part)


def value_json(config: Configuration, *keys: str) -> str:
    """Return the value of one key, given as the names that lead to it, as one line of JSON."""
    value: Any = config.as_json()
    for key in keys:
        value = value[key]
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def leaves(config: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """Return all values by dotted key."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        path = f"{key}.{name}".strip(".")
        found.update(leaves(value, path) if isinstance(value, Mapping) else {path: value})
    return found


def differences_from_default(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return {"key", "value", "default"} of each value that is not the default.

    ``config`` is the configuration, or sections of it, as JSON has it.
    """
    default = leaves(Configuration().as_json())
    return [
        {"key": key, "value": value, "default": default.get(key)}
        for key, value in leaves(config).items()
        if key not in default or value != default[key]
    ]
