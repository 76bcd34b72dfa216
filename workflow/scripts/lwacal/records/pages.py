"""Pages about the records for users, made from their models: docs/records/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lwacal.records import base, json_schemas

HEAD = "| field | type | axes | unit | meaning |\n|---|---|---|---|---|\n"
PLAIN = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
    "array": "list",
}
INDEX = """\
# The records of an observation

Each rule writes small JSON files, called records, that later rules, the report and you can read.
They are checked against their models when they are written and when they are read; a record of
another version of its format (field `schema`) is refused. The pages and the JSON Schemas in
[workflow/schemas](../../workflow/schemas) are generated from the models
(`workflow/scripts/lwacal/records/`) by `make schemas`.

Numbers that are not finite are written as null. Antennas are in correlator order: the order of the
ANTENNA table, from 0. Times are UTC; MJD seconds are days of MJD times 86400.

| record | rule | what it holds |
|---|---|---|
"""
ARRAYS = """
Arrays are in files of other kinds:

| file | rule | what it holds |
|---|---|---|
| [`concat/<band>.npz`](concat-npz.md) | concat | autocorrelations; counts of unflagged data |
| [`flags/<band>.npz`](flags-npz.md) | flag | flags of the data, by cause |
| [`tables/bandpass_flags.npz`](bandpass-flags-npz.md) | flag_solutions | gains of all \
sub-bands, their flags and the causes |
| [`tables/<stamp>_<band>.bcal`](bcal.md) | bandpass_table | gains of a sub-band: CASA B Jones |
| [`tables/<stamp>.K`](delay-table.md) | delay_table | delays: CASA K Jones |

[The contracts](../contracts.md) say what else holds for them.
"""

Schema = Mapping[str, Any]


def index(models: Mapping[str, type[Any]]) -> str:
    """Return the page that lists all records, by their names in the catalogue."""
    rows = [
        f"| [{_files(model)}]({name}.md) | {base.about(model).rule} | {_first_sentence(model)} |\n"
        for name, model in models.items()
    ]
    return INDEX + "".join(rows) + ARRAYS


def page(name: str, model: type[Any], example: str) -> str:
    """Return the page of a record: what it is, its fields, and an example (JSON text)."""
    schema = json_schemas.json_schema(model, name)
    declared = base.about(model)
    version = (
        "It has no version of its format."
        if declared.version is None
        else f"Version of the format (`schema`): {declared.version}."
    )
    parts = [
        f"# {_files(model)}\n\n{_text(model.__doc__ or '')}\n\n",
        f"Rule: `{declared.rule}`. {version}"
        f" JSON Schema: [{name}.schema.json](../../workflow/schemas/{name}.schema.json).\n\n",
        HEAD + "".join(_rows(schema)),
    ]
    for title, part in schema.get("$defs", {}).items():
        parts.append(f"\n## {title}\n\n{_text(part['description'])}\n\n")
        parts.append(HEAD + "".join(_rows(part)))
    parts.append(
        f"\n## Example\n\nShortened, with one or two items per list.\n\n```json\n{example}```\n"
    )
    return "".join(parts)


def _files(model: type[Any]) -> str:
    return ", ".join(f"`{path}`" for path in base.about(model).files)


def _first_sentence(model: type[Any]) -> str:
    return _text(model.__doc__ or "").split("\n\n")[0].split(". ")[0].rstrip(".")


def _text(text: str) -> str:
    """Return paragraphs of a docstring, each on one line."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs).strip()


def _rows(schema: Schema) -> Iterator[str]:
    """Return the rows of the table of an object's fields, those that it always has first."""
    required = schema.get("required", [])
    fields = sorted(schema["properties"].items(), key=lambda item: item[0] not in required)
    for name, field in fields:
        optional = "" if name in required else " (optional)"
        axes, unit = _annotation(field, "axes"), _annotation(field, "unit")
        meaning = field.get("description", "").replace("|", "\\|")
        if "const" in field:
            meaning = f"{meaning} Always {field['const']}."
        kind, text = f"{_kind(field)}{optional}", f"{meaning}{_limits(field)}"
        yield f"| `{name}` | {kind} | {axes} | {unit} | {text} |\n"


def _annotation(field: Schema, key: str) -> str:
    return str(field.get(key, ""))


def _kind(field: Schema) -> str:
    """Return the type of a field in words, with links to the parts of the record."""
    if "$ref" in field:
        part = field["$ref"].rpartition("/")[2]
        return f"[{part}](#{part.lower()})"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return PLAIN[field["type"]]
    if "anyOf" in field:
        return " or ".join(_kind(choice) for choice in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}"
    if isinstance(field.get("additionalProperties"), Mapping):
        return f"object of {_kind(field['additionalProperties'])}"
    return PLAIN.get(field.get("type", ""), "anything")


def _limits(field: Schema) -> str:
    """Return the least and the greatest value in words, of the field or of what is not null."""
    found = [field, *field.get("anyOf", [])]
    low = next((item[key] for item in found for key in ("minimum",) if key in item), None)
    high = next((item[key] for item in found for key in ("maximum",) if key in item), None)
    if low is None and high is None:
        return ""
    if high is None:
        return f" At least {low:g}."
    return f" At most {high:g}." if low is None else f" From {low:g} to {high:g}."
