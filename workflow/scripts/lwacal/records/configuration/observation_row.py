"""One row of the sheet of observations."""

from __future__ import annotations

from pydantic import ConfigDict, Field, JsonValue, model_validator

from lwacal.records.configuration.section import Section
from lwacal.records.configuration.values import ObservationName

EITHER: list[JsonValue] = [
    {"properties": {"input": {"minLength": 1}, "input_ms": {"maxLength": 0}}},
    {"properties": {"input": {"maxLength": 0}, "input_ms": {"minLength": 1}}},
]


class ObservationRow(Section):
    """One row of the sheet of observations.

    The sheet is tab-separated; its first line names the columns. Blank lines and lines that begin
    with # do not count.
    """

    model_config = ConfigDict(json_schema_extra={"oneOf": EITHER})

    observation: ObservationName = Field(
        "",
        description="Name of the observation; its products go to <results>/<name>/. Empty: the time"
        " stamp of its first integration.",
    )
    input: str = Field(
        "",
        description="Folder of raw measurement sets, searched with all its subfolders and opened"
        " read-only.",
    )
    input_ms: str = Field(
        "",
        description="An existing concatenated measurement set to use instead of a folder; it is"
        " never changed or deleted.",
    )
    config: str = Field(
        "",
        description="A configuration file (YAML) with what differs for this observation; it takes"
        " precedence over config/config.yaml and the command line.",
    )

    @model_validator(mode="after")
    def _one_input(self) -> ObservationRow:
        if bool(self.input) == bool(self.input_ms):
            raise ValueError("one of input and input_ms")
        return self
