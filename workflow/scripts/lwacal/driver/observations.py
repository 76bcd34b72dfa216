"""The observations of a run, from the command line or from the sheet, with their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from lwacal.driver import settings
from lwacal.driver.observation_sheet import DEFAULT_PATH, SheetRow
from lwacal.driver.problems import found_words, nearest
from lwacal.ingest import discover
from lwacal.records import files
from lwacal.records.configuration.nights import Nights
from lwacal.records.configuration.whole import Configuration
from lwacal.records.manifest import ManifestRecord
from lwacal.telescope import naming

# The same for all observations of a run, whatever the configuration of a row says.
WHOLE_RUN = ("results", "nights", "observations")


@dataclass
class Observation:
    """One observation. ``input_dir`` or ``input_ms`` says where its data are, the other is empty.

    ``settings`` is its checked configuration, ``results`` the folder of all observations' products.
    """

    input_dir: str
    input_ms: str
    settings: Configuration
    given_name: str = ""
    results: Path = Path("results")

    @cached_property
    def discovery(self) -> discover.Discovery:
        """What the names of the sets say, or the manifest if the data no longer exist."""
        try:
            return discover.discover(self.input_dir, self.input_ms)
        except discover.InputError:
            if self.given_name and self._manifest.is_file():
                return self._remembered()
            raise

    @cached_property
    def problem(self) -> str:
        """Why the data cannot be used (no such folder, or no data in it), or ""."""
        try:
            _ = self.discovery
        except discover.InputError as error:
            return str(error)
        return ""

    @property
    def source(self) -> list[str]:
        """The arguments that tell rule inventory where the data are."""
        kind, path = ("", self.input_dir) if self.input_dir else ("-ms", self.input_ms)
        return [f"--input{kind}={path}"]

    @property
    def _manifest(self) -> Path:
        return self.results / self.given_name / "manifest.json"

    def _remembered(self) -> discover.Discovery:
        manifest = files.read(ManifestRecord, self._manifest)
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
        if self.problem:
            return [self.problem]
        return discover.fingerprint(self.discovery)


def read(config: Mapping[str, Any]) -> tuple[Configuration, dict[str, Observation]]:
    """Return the checked configuration, and its observations by name.

    Raises settings.SettingsError with all problems of the configuration, the sheet and the
    configurations of its rows, and discover.InputError as ``from_settings`` does.
    """
    try:
        checked = settings.resolve(config)
    except settings.SettingsError as error:
        raise _with_sheet(error, config.get("observations")) from error
    return checked, from_settings(config, checked, settings.read_observations(checked.observations))


def _with_sheet(wrong: settings.SettingsError, sheet: Any) -> settings.SettingsError:
    """Add the problems of the sheet to those of the configuration."""
    try:
        settings.read_observations(sheet if isinstance(sheet, str) and sheet else DEFAULT_PATH)
    except settings.SettingsError as other:
        more = [replace(problem, key=f"{sheet}, {problem.key}") for problem in other.problems]
        return settings.SettingsError([*wrong.problems, *more])
    return wrong


def from_settings(
    config: Mapping[str, Any], checked: Configuration, sheet: Sequence[SheetRow]
) -> dict[str, Observation]:
    """Return the observations by name: that of ``input`` or ``input_ms``, or those of the sheet.

    ``config`` is the configuration as given, ``checked`` as resolved. The data of a row are only
    looked for when they are needed, so that one bad row does not stop the others; a bad row without
    a name is called by its line. Raises discover.InputError if the data of ``input`` or
    ``input_ms`` do not exist, and settings.SettingsError with the problems of the rows'
    configurations and for rows of the same name.
    """
    results = Path(checked.results)
    if checked.input or checked.input_ms:
        found = Observation(checked.input, checked.input_ms, checked, checked.observation, results)
        return {found.name: found}
    problems: list[settings.Problem] = []
    lines: dict[str, int] = {}
    rows: dict[str, Observation] = {}
    for row in sheet:
        where = f"line {row.line}"
        own = _row_settings(config, checked, row.config, where, problems)
        found = Observation(row.input, row.input_ms, own, row.observation, results)
        if not found.given_name and found.problem:
            found.given_name = f"line-{row.line}"
        if found.name in rows:
            problems.append(
                settings.Problem(
                    where,
                    f"the name {found.name}, of line {lines[found.name]} too",
                    "observations of different names",
                    "a name in the column observation",
                )
            )
        rows[found.name], lines[found.name] = found, row.line
    if problems:
        raise settings.SettingsError(problems, checked.observations)
    return rows


def _row_settings(
    config: Mapping[str, Any],
    checked: Configuration,
    path: str,
    where: str,
    problems: list[settings.Problem],
) -> Configuration:
    if not path:
        return checked
    try:
        own = settings.resolve(settings.with_file(config, path))
    except settings.SettingsError as error:
        problems += [
            replace(problem, key=f"{where}, {path}: {problem.key}") for problem in error.problems
        ]
        return checked
    return own.model_copy(update={key: getattr(checked, key) for key in WHOLE_RUN})


def chosen(rows: Mapping[str, Observation], nights: Nights) -> list[str]:
    """Return the names of the observations that ``nights`` of the configuration asks for.

    An observation without a known date is included, so that its problem is reported. Raises
    settings.SettingsError for an unknown name in ``nights.without``.
    """
    unknown = [name for name in nights.without if name not in rows]
    if unknown:
        raise settings.SettingsError(
            [
                settings.Problem(
                    "nights.without",
                    found_words(name),
                    "an observation of the sheet",
                    nearest(name, rows),
                )
                for name in unknown
            ]
        )
    names = [name for name in rows if name not in nights.without]
    if not (nights.first or nights.last):
        return names  # dates may have to be looked for in the data
    first, last = nights.first or "0000", nights.last or "9999"
    return [name for name in names if first <= (_date(name, rows[name]) or first) <= last]


def _date(name: str, row: Observation) -> str:
    """Return the date (UTC) on which an observation begins: 2024-05-24, or "" if none is known.

    A name that is a time stamp is trusted, so that its data need not be looked for.
    """
    stamp = name if naming.is_stamp(name) else "" if row.problem else row.stamp
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}" if stamp else ""
