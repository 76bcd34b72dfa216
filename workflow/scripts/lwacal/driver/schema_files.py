"""Generates JSON Schemas, the pages docs/records/ and config/config.yaml.

They are generated from the models in lwacal.records. After a change of a model:

    lwacal schemas      (or make schemas)
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from lwacal.driver import config_text, json_schema
from lwacal.records import json_schemas, pages
from lwacal.records.catalogue import RECORDS
from lwacal.records.configuration.observation_row import ObservationRow
from lwacal.records.configuration.whole import Configuration
from lwacal.runtime import paths

logger = logging.getLogger(__name__)

RECORD_PAGES = paths.PROJECT / "docs" / "records"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLES: dict[str, tuple[type[BaseModel], str]] = {
    "config.schema.json": (Configuration, "Configuration of the OVRO-LWA calibration workflow"),
    "observations.schema.json": (ObservationRow, "One row of the sheet of observations"),
}


class PlainSchema(GenerateJsonSchema):
    """Schemas as messages and config.yaml need them: titles only where a model gives one.

    A value that may be null has two types in place of two alternatives, and a tuple of equal items
    is a list of a certain length.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out the titles that would repeat the names of keys."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Return {"type": ["number", "null"], ...}."""
        inner = self.generate_inner(schema["schema"])
        return {**inner, "type": [inner["type"], "null"]}

    def tuple_schema(self, schema: core_schema.TupleSchema) -> JsonSchemaValue:
        """Return {"type": "array", "items": ..., "minItems": 2, "maxItems": 2}."""
        found = super().tuple_schema(schema)
        if "prefixItems" in found:
            found["items"] = found.pop("prefixItems")[0]
        return found

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """Keep the order of the models."""
        return value


def schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """Return the JSON Schema of a model, with its references not followed."""
    found = _plain(model.model_json_schema(schema_generator=PlainSchema))
    definitions = {"$defs": found.pop("$defs")} if "$defs" in found else {}
    return {"$schema": DIALECT, "title": title, **found, **definitions}


def _plain(node: Any) -> Any:
    """Return a schema with whole numbers as ints, text on one line, and no titles of models."""
    if isinstance(node, Mapping):
        names_of_model = ("title",) if "properties" in node else ()
        return {key: _plain(value) for key, value in node.items() if key not in names_of_model}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if isinstance(node, str):
        return " ".join(node.split())
    return int(node) if isinstance(node, float) and node.is_integer() else node


def texts() -> dict[Path, str]:
    """Return the text of each generated file by its path."""
    schemas = {name: schema(model, title) for name, (model, title) in TITLES.items()}
    schemas |= {
        f"{name}.schema.json": json_schemas.json_schema(model, name)
        for name, model in RECORDS.items()
    }
    found = {
        paths.SCHEMAS / name: json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for name, content in schemas.items()
    }
    found |= {RECORD_PAGES / "README.md": pages.index(RECORDS)}
    for name, model in RECORDS.items():
        example = (RECORD_PAGES / "examples" / f"{name}.json").read_text(encoding="utf-8")
        found[RECORD_PAGES / f"{name}.md"] = pages.page(name, model, example)
    whole = json_schema.followed(schema(*TITLES["config.schema.json"]))
    return found | {paths.PROJECT / "config" / "config.yaml": config_text.config_text(whole)}


def main(words: Sequence[str] | None = None) -> int:
    """Write the files that have changed, and log their paths."""
    argparse.ArgumentParser(prog="lwacal schemas", description=__doc__).parse_args(words)
    for path, text in texts().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            logger.info(f"{path} written")
    return 0
