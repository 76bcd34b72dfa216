"""Checks of the configuration that concern more than one value, or the disk."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from lwacal.driver.problems import Problem, found_words
from lwacal.records.configuration.quality import MoreIsBetter
from lwacal.records.configuration.whole import Configuration
from lwacal.sky import component_lists, sources
from lwacal.sky.component_lists import ComponentListError


def check(settings: Configuration) -> list[Problem]:
    """Return the problems of a configuration in which each value by itself is valid."""
    return [problem for rule in RULES for problem in rule(settings)]


def _input(settings: Configuration) -> Iterator[Problem]:
    given = settings.input or settings.input_ms
    if settings.input and settings.input_ms:
        yield Problem(
            "input, input_ms",
            f"{settings.input} and {settings.input_ms}",
            "one of the two",
            "leave one of them out",
        )
    if settings.observation and not given:
        yield Problem(
            "observation",
            found_words(settings.observation),
            "input or input_ms with it",
            f"input=FOLDER too; for one row of the sheet, ask for the file"
            f" {settings.results}/{settings.observation}/report.pdf",
        )


def _nights(settings: Configuration) -> Iterator[Problem]:
    first, last = settings.nights.first, settings.nights.last
    wrong = False
    for key, day in (("from", first), ("to", last)):
        try:
            date.fromisoformat(day or "2024-01-01")
        except ValueError as error:
            wrong = True
            yield Problem(f"nights.{key}", found_words(day), f"an existing date ({error})")
    if not wrong and last and first > last:
        yield Problem(
            "nights",
            f"from {first} to {last}",
            "the earlier date first",
            f"from {last} to {first}",
        )


def _uv_range(settings: Configuration) -> Iterator[Problem]:
    bandpass = settings.bandpass
    least = bandpass.uv_min_lambda
    longest = {
        "uv_max_lambda": bandpass.uv_max_lambda,
        "uv_max_lambda_vir_a": bandpass.uv_max_lambda_vir_a,
    }
    for name, limit in longest.items():
        if limit <= least:
            yield Problem(
                f"bandpass.{name}",
                found_words(limit),
                f"more than bandpass.uv_min_lambda ({found_words(least)})",
            )


def _ranges(settings: Configuration) -> Iterator[Problem]:
    bands = settings.imaging.allsky.bands_mhz.by_name()
    ranges = {
        **{f"imaging.allsky.bands_mhz.{name}": limits for name, limits in bands.items()},
        "solution_flags.normalization_mhz": settings.solution_flags.normalization_mhz,
        "solution_flags.reference_mhz": settings.solution_flags.reference_mhz,
        "sky_model.component_lists_mhz": settings.sky_model.component_lists_mhz,
    }
    for key, (low, high) in ranges.items():
        if low >= high:
            yield Problem(
                key, found_words([low, high]), "the lower number first", found_words([high, low])
            )


def _ratios(settings: Configuration) -> Iterator[Problem]:
    limits = settings.health.autocorrelation
    if limits.dead_ratio > limits.weak_ratio:
        yield Problem(
            "health.autocorrelation.dead_ratio",
            found_words(limits.dead_ratio),
            f"at most health.autocorrelation.weak_ratio ({found_words(limits.weak_ratio)})",
        )
    allsky = settings.imaging.allsky
    if allsky.auto_mask < allsky.auto_threshold:
        yield Problem(
            "imaging.allsky.auto_mask",
            found_words(allsky.auto_mask),
            f"at least imaging.allsky.auto_threshold ({found_words(allsky.auto_threshold)})",
        )


def _odd_width(settings: Configuration) -> Iterator[Problem]:
    width = settings.solution_flags.template_channels
    if width % 2 == 0:
        yield Problem(
            "solution_flags.template_channels", found_words(width), "an odd number", str(width + 1)
        )


def _limits(settings: Configuration) -> Iterator[Problem]:
    for name in type(settings.quality).model_fields:
        limits = settings.quality.limits(name)
        warn, fail = limits.warn, limits.fail
        if warn is None or fail is None:
            continue
        more_is_better = isinstance(limits, MoreIsBetter)
        if warn < fail if more_is_better else warn > fail:
            side = "least" if more_is_better else "most"
            yield Problem(
                f"quality.{name}.warn",
                found_words(warn),
                f"at {side} quality.{name}.fail ({found_words(fail)})",
                "exchanging the two",
            )


def _extra_options(settings: Configuration) -> Iterator[Problem]:
    imaging = settings.imaging
    for part in ("source", "scintillation", "allsky"):
        extra = getattr(imaging, part).extra
        try:
            shlex.split(extra)
        except ValueError as error:
            yield Problem(
                f"imaging.{part}.extra",
                found_words(extra),
                "options as on a command line",
                f"closing the quotes ({error})",
            )


def _paths(settings: Configuration) -> Iterator[Problem]:
    files = {
        "flagging.strategy": (
            settings.flagging.strategy,
            Path.is_file,
            "an existing file, or generic",
        ),
        "beam.file": (settings.beam.file, Path.is_file, "an existing file"),
        "delay.reference_table": (
            settings.delay.reference_table,
            Path.exists,
            "an existing table",
        ),
        "delay.reference_dir": (
            settings.delay.reference_dir,
            Path.is_dir,
            "an existing folder",
        ),
        "ionosphere.last_tables": (
            settings.ionosphere.last_tables,
            lambda _: bool(settings.ionosphere.tables()),
            "an existing folder with tables (*.bcal)",
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


def _beam_file(settings: Configuration) -> Iterator[Problem]:
    if settings.beam.model == "h5" and not settings.beam.file:
        yield Problem(
            "beam.file",
            found_words(""),
            "the file of beams that beam.model h5 needs",
            "its path, or another beam.model",
        )


def _component_lists(settings: Configuration) -> Iterator[Problem]:
    """Read the lists: a broken one would stop the run halfway."""
    low, high = settings.sky_model.component_lists_mhz
    for source, path in settings.sky_model.component_lists.paths().items():
        try:
            found = component_lists.read(path)
            component_lists.check(found, sources.POSITIONS[source], (low, high))
        except ComponentListError as error:
            yield Problem(
                f"sky_model.component_lists.{source}",
                found_words(path),
                "built-in, point, or a component list of the source in WSClean's format",
                f"correcting it: {error}",
            )


def _suggested_flags(settings: Configuration) -> Iterator[Problem]:
    """Refuse the list that every run rewrites as cached list: no night would ever be finished."""
    path, results = settings.health.cached_list, Path(settings.results)
    if path and Path(path).absolute() == (results / "suggested_flags.json").absolute():
        yield Problem(
            "health.cached_list",
            found_words(path),
            "a file that no run changes",
            "a copy of it, outside the folder of results",
        )


def _trends(settings: Configuration) -> Iterator[Problem]:
    trends = settings.trends
    if trends.persist_nights > trends.persist_of:
        yield Problem(
            "trends.persist_nights",
            found_words(trends.persist_nights),
            f"at most trends.persist_of ({found_words(trends.persist_of)})",
        )


RULES: Iterable[Callable[[Configuration], Iterator[Problem]]] = (
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
