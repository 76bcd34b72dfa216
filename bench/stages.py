"""The steps of the workflow as its rules call them: a command, and what it makes."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import rules
from bench.place import NAME, Place
from bench.project import SCRIPTS

Words = list[str | Path]


@dataclass(frozen=True)
class Stage:
    """A rule's job: ``words`` follow the script's name; ``products`` are removed before it runs."""

    rule: str
    words: Words
    products: tuple[Path, ...]

    @property
    def command(self) -> Words:
        """The command."""
        return [sys.executable, SCRIPTS / f"{self.rule}.py", *self.words]

    @property
    def done(self) -> bool:
        """Whether the products are there."""
        return all(path.exists() for path in self.products)

    def clear(self) -> None:
        """Remove the products."""
        for path in self.products:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _stage(rule: str, inputs: dict[str, object], outputs: dict[str, Path]) -> Stage:
    words: Words = []
    for key, value in {**inputs, **outputs}.items():
        values = value if isinstance(value, list) else [value]
        words += [
            f"--{key.replace('_', '-')}",
            *(v if isinstance(v, Path) else str(v) for v in values),
        ]
    return Stage(rule, words, tuple(outputs.values()))


def _inventory(place: Place) -> Stage:
    return _stage(
        "inventory",
        {"input": place.observation.raw, "observation": NAME},
        {"output": place.path("inventory.json")},
    )


def _concat(place: Place, band: str) -> Stage:
    return _stage(
        "concat",
        {"inventory": place.path("inventory.json"), "band": band},
        {
            "output": place.path(f"concat/{band}.ms"),
            "powers": place.path(f"concat/{band}.npz"),
            "findings": place.path(f"concat/{band}.json"),
        },
    )


def _of_bands(place: Place, pattern: str) -> list[Path]:
    return [place.path(pattern.format(band=band)) for band in place.bands]


def _manifest(place: Place) -> Stage:
    return _stage(
        "manifest",
        {
            "inventory": place.path("inventory.json"),
            "findings": _of_bands(place, "concat/{band}.json"),
        },
        {"output": place.path("manifest.json")},
    )


def _mnc_query(place: Place) -> Stage:
    return _stage(
        "mnc_query",
        {
            "manifest": place.path("manifest.json"),
            "settings": json.dumps({**place.settings["health"]["mnc"], "enabled": False}),
        },
        {"output": place.path("mnc.json")},
    )


def _antenna_health(place: Place) -> Stage:
    return _stage(
        "antenna_health",
        {
            "manifest": place.path("manifest.json"),
            "mnc": place.path("mnc.json"),
            "powers": _of_bands(place, "concat/{band}.npz"),
            "settings": place.section("health"),
        },
        {"output": place.path("health.json")},
    )


def _threads(rule: str, cores: int) -> dict[str, int]:
    """Return the argument by which a rule tells its script the threads, if it does."""
    return {"threads": rules.threads(rule, cores)} if rules.takes_threads(rule) else {}


def flag(place: Place, concat: Path, output: Path, band: str, cores: int) -> Stage:
    """Return the job that flags a concatenated set."""
    return _stage(
        "flag",
        {
            "band": band,
            "concat": concat,
            "health": place.path("health.json"),
            "settings": place.section("flagging", "tools"),
            **_threads("flag", cores),
        },
        {"output": output, "summary": output.with_suffix(".json")},
    )


def _sky_model(place: Place) -> Stage:
    return _stage(
        "sky_model",
        {
            "manifest": place.path("manifest.json"),
            "settings": place.section("sky_model", "beam"),
        },
        {
            "json": place.path("sky_model.json"),
            "csv": place.path("sky_model.csv"),
            "component_list": place.path("sky_model.cl"),
        },
    )


def _reference_antenna(place: Place) -> Stage:
    choice = place.settings["bandpass"]
    return _stage(
        "reference_antenna",
        {
            "manifest": place.path("manifest.json"),
            "health": place.path("health.json"),
            "flags": _of_bands(place, "flags/{band}.json"),
            "antennas": json.dumps(choice["reference_antennas"]),
            "max_flagged": choice["reference_max_flagged"],
        },
        {"output": place.path("reference.json")},
    )


def _bandpass(place: Place, band: str, cores: int) -> Stage:
    return _stage(
        "bandpass",
        {
            "manifest": place.path("manifest.json"),
            "band": band,
            "concat": place.path(f"concat/{band}.ms"),
            "powers": place.path(f"concat/{band}.npz"),
            "flags": place.path(f"flags/{band}.npz"),
            "sky_model": place.path("sky_model.json"),
            "reference": place.path("reference.json"),
            "settings": place.section("bandpass"),
            **_threads("bandpass", cores),
        },
        {
            "output": place.path(f"tables/raw/{band}.bcal"),
            "summary": place.path(f"tables/raw/{band}.json"),
        },
    )


def _flag_solutions(place: Place) -> Stage:
    return _stage(
        "flag_solutions",
        {
            "manifest": place.path("manifest.json"),
            "health": place.path("health.json"),
            "reference": place.path("reference.json"),
            "tables": _of_bands(place, "tables/raw/{band}.bcal"),
            "summaries": _of_bands(place, "tables/raw/{band}.json"),
            "settings": place.section("solution_flags"),
        },
        {
            "flags": place.path("tables/bandpass_flags.npz"),
            "summary": place.path("tables/bandpass_flags.json"),
        },
    )


def _bandpass_table(place: Place, band: str) -> Stage:
    return _stage(
        "bandpass_table",
        {
            "manifest": place.path("manifest.json"),
            "band": band,
            "raw": place.path(f"tables/raw/{band}.bcal"),
            "flags": place.path("tables/bandpass_flags.npz"),
        },
        {"output": place.path(f"tables/{place.stamp}_{band}.bcal")},
    )


def _delay(place: Place, cores: int) -> Stage:
    return _stage(
        "delay",
        {
            "manifest": place.path("manifest.json"),
            "reference": place.path("reference.json"),
            "concat": _of_bands(place, "concat/{band}.ms"),
            "powers": _of_bands(place, "concat/{band}.npz"),
            "flags": _of_bands(place, "flags/{band}.npz"),
            "sky_model": place.path("sky_model.json"),
            "solutions": place.path("tables/bandpass_flags.npz"),
            "settings": place.section("delay", "bandpass"),
            **_threads("delay", cores),
        },
        {
            "csv": place.path("delay/delays.csv"),
            "summary": place.path("delay/delay.json"),
        },
    )


def _calibrate_split(place: Place, band: str, cores: int) -> Stage:
    return _stage(
        "calibrate_split",
        {
            "manifest": place.path("manifest.json"),
            "band": band,
            "concat": place.path(f"concat/{band}.ms"),
            "powers": place.path(f"concat/{band}.npz"),
            "flags": place.path(f"flags/{band}.npz"),
            "table": place.path(f"tables/{place.stamp}_{band}.bcal"),
            "sky_model": place.path("sky_model.json"),
            "settings": place.section("imaging", "bandpass"),
            **_threads("calibrate_split", cores),
        },
        {"output": place.path(f"calibrated/{band}")},
    )


def _images(place: Place, rule: str, cores: int) -> dict[str, object]:
    return {
        "manifest": place.path("manifest.json"),
        "splits": _of_bands(place, "calibrated/{band}"),
        "settings": place.section("imaging", "tools"),
        **_threads(rule, cores),
    }


def _image_source(place: Place, source: str, cores: int) -> Stage:
    return _stage(
        "image_source",
        {
            "source": source,
            "sky_model": place.path("sky_model.json"),
            **_images(place, "image_source", cores),
        },
        {"output": place.path(f"images/{source}")},
    )


def _image_allsky(place: Place, cores: int) -> Stage:
    return _stage(
        "image_allsky",
        _images(place, "image_allsky", cores),
        {"output": place.path("images/allsky")},
    )


BRIGHTEST = "CygA"
# In the order they run. Those of one sub-band are measured with the last of the observation.
RULES: dict[str, Callable[[Place, str, int], Stage]] = {
    "inventory": lambda place, band, cores: _inventory(place),
    "concat": lambda place, band, cores: _concat(place, band),
    "manifest": lambda place, band, cores: _manifest(place),
    "mnc_query": lambda place, band, cores: _mnc_query(place),
    "antenna_health": lambda place, band, cores: _antenna_health(place),
    "flag": lambda place, band, cores: flag(
        place, place.path(f"concat/{band}.ms"), place.path(f"flags/{band}.npz"), band, cores
    ),
    "reference_antenna": lambda place, band, cores: _reference_antenna(place),
    "sky_model": lambda place, band, cores: _sky_model(place),
    "bandpass": lambda place, band, cores: _bandpass(place, band, cores),
    "flag_solutions": lambda place, band, cores: _flag_solutions(place),
    "bandpass_table": lambda place, band, cores: _bandpass_table(place, band),
    "delay": lambda place, band, cores: _delay(place, cores),
    "calibrate_split": lambda place, band, cores: _calibrate_split(place, band, cores),
    "image_source": lambda place, band, cores: _image_source(place, BRIGHTEST, cores),
    "image_allsky": lambda place, band, cores: _image_allsky(place, cores),
}
OF_ONE_BAND = ("concat", "flag", "bandpass", "bandpass_table", "calibrate_split")
UNMEASURED = ("mnc_query", "reference_antenna")  # they take no time, and others need them
