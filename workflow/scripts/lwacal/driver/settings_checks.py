"""Checks of the configuration that concern more than one value, or the disk."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from lwacal.driver.problems import Problem, found_words
from lwacal.records.configuration.quality import MoreIsBetter, Quality
from lwacal.sky import component_lists, sources
from lwacal.sky.component_lists import ComponentListError

Settings = Mapping[str, Any]


def check(settings: Settings) -> list[Problem]:
    """Return what is wrong with a configuration whose values all have the right type."""
    return [problem for rule in RULES for problem in rule(settings)]


def _input(settings: Settings) -> Iterator[Problem]:
    given = settings["input"] or settings["input_ms"]
    if settings["input"] and settings["input_ms"]:
        yield Problem(
            "input, input_ms",
            f"{settings['input']} and {settings['input_ms']}",
            "one of the two",
            "leave one of them out",
        )
    if settings["observation"] and not given:
        yield Problem(
            "observation",
            found_words(settings["observation"]),
            "input or input_ms with it",
            f"input=FOLDER too; for one row of the sheet, ask for the file"
            f" {settings['results']}/{settings['observation']}/report.pdf",
        )


def _nights(settings: Settings) -> Iterator[Problem]:
    nights = settings["nights"]
    wrong = False
    for key in ("from", "to"):
        try:
            date.fromisoformat(nights[key] or "2024-01-01")
        except ValueError as error:
            wrong = True
            yield Problem(f"nights.{key}", found_words(nights[key]), f"a date that is ({error})")
    if not wrong and nights["to"] and nights["from"] > nights["to"]:
        yield Problem(
            "nights",
            f"from {nights['from']} to {nights['to']}",
            "the earlier date first",
            f"from {nights['to']} to {nights['from']}",
        )


def _uv_range(settings: Settings) -> Iterator[Problem]:
    bandpass = settings["bandpass"]
    for name in ("uv_max_lambda", "uv_max_lambda_vir_a"):
        if bandpass[name] <= bandpass["uv_min_lambda"]:
            yield Problem(
                f"bandpass.{name}",
                found_words(bandpass[name]),
                f"more than bandpass.uv_min_lambda ({found_words(bandpass['uv_min_lambda'])})",
            )


def _ranges(settings: Settings) -> Iterator[Problem]:
    bands = settings["imaging"]["allsky"]["bands_mhz"]
    ranges = {f"imaging.allsky.bands_mhz.{name}": limits for name, limits in bands.items()}
    for name in ("normalization_mhz", "reference_mhz"):
        ranges[f"solution_flags.{name}"] = settings["solution_flags"][name]
    ranges["sky_model.component_lists_mhz"] = settings["sky_model"]["component_lists_mhz"]
    for key, (low, high) in ranges.items():
        if low >= high:
            yield Problem(
                key, found_words([low, high]), "the lower number first", found_words([high, low])
            )


def _ratios(settings: Settings) -> Iterator[Problem]:
    limits = settings["health"]["autocorrelation"]
    if limits["dead_ratio"] > limits["weak_ratio"]:
        yield Problem(
            "health.autocorrelation.dead_ratio",
            found_words(limits["dead_ratio"]),
            f"at most health.autocorrelation.weak_ratio ({found_words(limits['weak_ratio'])})",
        )
    allsky = settings["imaging"]["allsky"]
    if allsky["auto_mask"] < allsky["auto_threshold"]:
        yield Problem(
            "imaging.allsky.auto_mask",
            found_words(allsky["auto_mask"]),
            f"at least imaging.allsky.auto_threshold ({found_words(allsky['auto_threshold'])})",
        )


def _odd_width(settings: Settings) -> Iterator[Problem]:
    width = settings["solution_flags"]["template_channels"]
    if width % 2 == 0:
        yield Problem(
            "solution_flags.template_channels", found_words(width), "an odd number", str(width + 1)
        )


def _limits(settings: Settings) -> Iterator[Problem]:
    for name, limits in settings["quality"].items():
        warn, fail = limits["warn"], limits["fail"]
        if warn is None or fail is None:
            continue
        more_is_better = name in MORE_IS_BETTER
        if warn < fail if more_is_better else warn > fail:
            side = "least" if more_is_better else "most"
            yield Problem(
                f"quality.{name}.warn",
                found_words(warn),
                f"at {side} quality.{name}.fail ({found_words(fail)})",
                "the two exchanged",
            )


def _extra_options(settings: Settings) -> Iterator[Problem]:
    for part in ("source", "allsky"):
        extra = settings["imaging"][part]["extra"]
        try:
            shlex.split(extra)
        except ValueError as error:
            yield Problem(
                f"imaging.{part}.extra",
                found_words(extra),
                "options as on a command line",
                f"mending the quotes ({error})",
            )


def _paths(settings: Settings) -> Iterator[Problem]:
    files = {
        "flagging.strategy": (
            settings["flagging"]["strategy"],
            Path.is_file,
            "an existing file, or generic",
        ),
        "beam.file": (settings["beam"]["file"], Path.is_file, "an existing file"),
        "delay.reference_table": (
            settings["delay"]["reference_table"],
            Path.exists,
            "an existing table",
        ),
        "delay.reference_dir": (
            settings["delay"]["reference_dir"],
            Path.is_dir,
            "an existing folder",
        ),
    }
    for key, (path, there, words) in files.items():
        if (key, path) == ("flagging.strategy", "generic"):
            continue
        if path and not there(Path(path)):
            yield Problem(
                key,
                found_words(path),
                words,
                f"another path; relative ones start from {Path.cwd()}",
            )


def _beam_file(settings: Settings) -> Iterator[Problem]:
    if settings["beam"]["model"] == "h5" and not settings["beam"]["file"]:
        yield Problem(
            "beam.file",
            found_words(""),
            "the file of beams that beam.model h5 needs",
            "its path, or another beam.model",
        )


def _component_lists(settings: Settings) -> Iterator[Problem]:
    """Read the lists: a broken one would stop a run in its middle."""
    low, high = settings["sky_model"]["component_lists_mhz"]
    for source, path in settings["sky_model"]["component_lists"].items():
        try:
            if path:
                found = component_lists.read(path)
                component_lists.check(found, sources.POSITIONS[source], (low, high))
        except ComponentListError as error:
            yield Problem(
                f"sky_model.component_lists.{source}",
                found_words(path),
                "a component list of the source in WSClean's format",
                f"mending it: {error}",
            )


def _suggested_flags(settings: Settings) -> Iterator[Problem]:
    """Refuse as cached list the file that every run writes anew: no night would be finished."""
    path, results = settings["health"]["cached_list"], Path(settings["results"])
    if path and Path(path).absolute() == (results / "suggested_flags.json").absolute():
        yield Problem(
            "health.cached_list",
            found_words(path),
            "a file that no run changes",
            "a copy of it for the nights to come, outside of the results",
        )


def _trends(settings: Settings) -> Iterator[Problem]:
    trends = settings["trends"]
    if trends["persist_nights"] > trends["persist_of"]:
        yield Problem(
            "trends.persist_nights",
            found_words(trends["persist_nights"]),
            f"at most trends.persist_of ({found_words(trends['persist_of'])})",
        )


MORE_IS_BETTER = {
    name for name, key in Quality.model_fields.items() if key.annotation is MoreIsBetter
}
RULES: Iterable[Callable[[Settings], Iterator[Problem]]] = (
    _input,
    _nights,
    _uv_range,
    _ranges,
    _ratios,
    _odd_width,
    _limits,
    _extra_options,
    _paths,
    _beam_file,
    _component_lists,
    _suggested_flags,
    _trends,
)
