"""JSON Schemas of the records, made from their models."""

from __future__ import annotations

from typing import Any

from lwacal.records import base, files

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(model: type[Any], name: str) -> dict[str, Any]:
    """Return the JSON Schema of a record's model; ``name`` is its name in the catalogue."""
    found = without_titles(files.adapter(model).json_schema())
    declared = base.about(model)
    if declared.version is not None:
        found["properties"]["schema"] = {
            **found["properties"]["schema"],
            "const": declared.version,
        }
        found["required"] = ["schema", *found["required"]]
    return {"$schema": DIALECT, "title": f"{', '.join(declared.files)} ({name})", **found}


def without_titles(schema: Any) -> Any:
    """Return a schema without the titles that pydantic makes from the names of fields."""
    if isinstance(schema, list):
        return [without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: (
            {name: without_titles(item) for name, item in value.items()}
            if key in ("properties", "$defs")
            else without_titles(value)
        )
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
