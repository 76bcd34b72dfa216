"""The observations a run is about: from the command line or from the sheet, and what each has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lwacal import discover, naming, records, settings

NAME_PATTERN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


@dataclass
class Observation:
    """One observation. ``input_dir`` or ``input_ms`` says where its data are, the other is empty.

    ``settings`` is its checked configuration.
    """

    input_dir: str
    input_ms: str
    settings: Mapping[str, Any]
    given_name: str = ""

    @cached_property
    def discovery(self) -> discover.Discovery:
        """What names tell; of data that are no longer there, what the manifest tells."""
        try:
            return discover.discover(self.input_dir, self.input_ms)
        except discover.InputError:
            if self.given_name and self._manifest.is_file():
                return self._remembered()
            raise

    @property
    def source(self) -> list[str]:
        """The arguments that tell rule manifest where the data are."""
        return ["--input", self.input_dir] if self.input_dir else ["--input-ms", self.input_ms]

    @property
    def _manifest(self) -> Path:
        return Path(self.settings["results"]) / self.given_name / "manifest.json"

    def _remembered(self) -> discover.Discovery:
        manifest = records.read_json(self._manifest)
        observation = manifest["observation"]
        return discover.Discovery(
            kind=observation["kind"],
            path=Path(observation["input"]),
            stamp=observation["stamp"],
            bands=naming.sort_bands(manifest["bands"]),
            files=[],
            ignored=[],
        )

    @property
    def name(self) -> str:
        """The given name, or else the stamp of the first integration."""
        return self.given_name or self.discovery.stamp

    @property
    def stamp(self) -> str:
        """The stamp of the first integration."""
        return self.discovery.stamp

    @property
    def bands(self) -> list[str]:
        """The sub-bands in order of frequency."""
        return self.discovery.bands

    def fingerprint(self) -> list[str]:
        """Return lines that change when the raw data change."""
        return discover.fingerprint(self.discovery)


def from_settings(
    config: Mapping[str, Any], checked: Mapping[str, Any], sheet: Sequence[Mapping[str, str]]
) -> dict[str, Observation]:
    """Return observations by name: the one of the settings, or else those of the sheet's rows.

    ``config`` is the configuration as given, ``checked`` as resolved. Raises
    discover.InputError for input that is not there (settings only: a row of the sheet is looked at
    when it is needed, so that one bad row does not stop the others), and settings.SettingsError
    for a row whose own configuration is wrong.
    """
    if checked["input"] or checked["input_ms"]:
        found = Observation(
            checked["input"], checked["input_ms"], checked, checked["observation"]
        )
        return {found.name: found}
    rows = [
        Observation(
            row["input"], row["input_ms"], _row_settings(config, checked, row["config"]),
            row["observation"],
        )
        for row in sheet
    ]
    return {row.name: row for row in rows}


def _row_settings(
    config: Mapping[str, Any], checked: Mapping[str, Any], path: str
) -> Mapping[str, Any]:
    if not path:
        return checked
    own = settings.resolve(settings.with_file(config, path))
    return {**own, "results": checked["results"]}
