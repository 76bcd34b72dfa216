"""Which antennas are healthy before anything is solved: health.json.

The sources are the observatory's antenna-health database (MNC), a cached copy of its list, lists in
the configuration, the raw data's own flags, and the autocorrelations. Every finding names its
source; lwacal.telescope.antpol_states joins them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.flagging import autocorrelation_checks
from lwacal.ingest import autocorrelations
from lwacal.records import files
from lwacal.records.configuration.health import Autocorrelation, Health
from lwacal.records.manifest import ManifestRecord
from lwacal.records.mnc import MncRecord
from lwacal.runtime import products
from lwacal.telescope.antennas import AntennaNames, UnknownAntennaError
from lwacal.telescope.antpol_states import (
    ALL_FLAGGED,
    BAD,
    BOTH_POLARIZATIONS,
    NO_DATA,
    ON_BAD_LIST,
    ON_SUSPECT_LIST,
    SUSPECT,
    AntpolStates,
    Finding,
)
from lwacal.telescope.constants import SECONDS_PER_DAY


class HealthBook:
    """The states of all antpols, and what each source of information gave."""

    def __init__(self, names: Sequence[str]) -> None:
        self.antennas = AntennaNames(names)
        self.states = AntpolStates(names)
        self.sources: list[dict[str, Any]] = []

    def mark_names(self, names: Sequence[str | int], status: str, reason: str) -> list[str]:
        """Add a finding for antennas given by name; return what is wrong with unknown names."""
        unknown = []
        for name in names:
            try:
                antenna, polarizations = self.antennas.find(name)
            except UnknownAntennaError as error:
                unknown.append(str(error))
                continue
            for polarization in polarizations:
                self.states.add(Finding(antenna, polarization, status, reason))
        return unknown

    def source(self, name: str, used: bool, message: str, age_days: float | None = None) -> None:
        """Record what a source of information gave."""
        self.sources.append({"name": name, "used": used, "message": message, "age_days": age_days})


def assess(
    manifest: ManifestRecord,
    mnc: dict[str, Any],
    powers: Sequence[Path],
    health: Health,
) -> dict[str, Any]:
    """Return health.json: each antpol's status with reasons, and what each source gave.

    ``mnc`` is what the query of the database gave, ``powers`` the files of
    lwacal.ingest.autocorrelations of all sub-bands, ``health`` the configuration's section.
    """
    positions_m = np.array(manifest["antennas"]["positions_m"]).reshape(-1, 3)
    book = HealthBook(manifest["antennas"]["names"])
    _use_lists(book, mnc, health, manifest["observation"]["mid_mjd_s"] / SECONDS_PER_DAY)
    _use_configuration(book, health)
    bands = [autocorrelations.read(path) for path in powers]
    _use_raw_flags(book, bands)
    if health.autocorrelation.enabled:
        frequencies_hz = [
            np.array(manifest["bands"][Path(path).stem]["frequency_hz"]) for path in powers
        ]
        _use_autocorrelations(book, bands, positions_m, frequencies_hz, health.autocorrelation)
    else:
        book.source("autocorr", False, "switched off (health.autocorrelation.enabled)")
    if health.both_polarizations:
        _spread_to_both(book)
    return {
        "requested_mjd": manifest["observation"]["mid_mjd_s"] / SECONDS_PER_DAY,
        "sources": book.sources,
        "antennas": book.states.records(),
    }


def _use_lists(book: HealthBook, mnc: dict[str, Any], health: Health, mjd: float) -> None:
    """Use the database's list, or else the cached one, if it is not too old."""
    used = _use_list(book, "mnc", mnc, health.max_age_days, mjd)
    cached = health.cached_list
    if not cached:
        return
    if used:
        book.source("cache", False, "not needed: the database answered")
        return
    try:
        record = products.read_json(cached)
    except (OSError, ValueError) as error:
        book.source("cache", False, f"health.cached_list cannot be read: {error}")
        return
    _use_list(book, "cache", record, health.max_age_days, mjd)


def _use_list(
    book: HealthBook, name: str, record: dict[str, Any], max_age_days: float, mjd: float
) -> bool:
    wrong = _what_is_wrong(record)
    if wrong:
        book.source(name, False, wrong)
        return False
    age = mjd - float(record["list_mjd"])
    if abs(age) > max_age_days:
        book.source(name, False, f"list is {age:.1f} days old (limit {max_age_days})", age)
        return False
    unknown = book.mark_names(record["bad"], BAD, f"{name}:{record.get('method', 'list')}")
    unknown += _other_numbers(book, record.get("numbers", {}))
    message = f"{len(record['bad'])} bad antpols" + _unknown_words(unknown)
    book.source(name, True, message, age)
    return True


def _what_is_wrong(record: Any) -> str:
    """Return why an answer of the database, or a file that should hold one, is no list."""
    if not isinstance(record, dict):
        return "not an answer of the antenna-health database (an mnc.json)"
    if not record.get("ok"):
        return str(record.get("message", "no list"))
    when, bad = record.get("list_mjd"), record.get("bad")
    if not isinstance(when, (int, float)) or not math.isfinite(when):
        return "the list has no date (list_mjd)"
    if not isinstance(bad, list) or not all(isinstance(name, (str, int)) for name in bad):
        return "the list has no names (bad)"
    return files.in_words(files.problems(MncRecord, record))


def _other_numbers(book: HealthBook, numbers: dict[str, int]) -> list[str]:
    """Return a sentence per antenna whose number in the data differs from the database."""
    found = []
    for name, number in numbers.items():
        try:
            index = book.antennas.find(name)[0]
        except UnknownAntennaError:
            continue  # mark_names has said so
        if index != number:
            found.append(f"{name} is number {index} in the data, {number} in the database")
    return found


def _unknown_words(unknown: Sequence[str]) -> str:
    return f"; not understood: {'; '.join(unknown[:5])}" if unknown else ""


def _use_configuration(book: HealthBook, health: Health) -> None:
    bad, suspect = health.bad_antennas, health.suspect_antennas
    unknown = book.mark_names(bad, BAD, ON_BAD_LIST)
    unknown += book.mark_names(suspect, SUSPECT, ON_SUSPECT_LIST)
    message = f"{len(bad)} bad, {len(suspect)} suspect" + _unknown_words(unknown)
    book.source("config", bool(bad or suspect), message)


def _use_raw_flags(book: HealthBook, bands: Sequence[dict[str, np.ndarray]]) -> None:
    """Mark antpols that have no data, or nothing but flagged data, in all sub-bands."""
    number = len(book.antennas.names)
    rows = sum((band["rows"] for band in bands), np.zeros(number, int))
    unflagged = sum((band["unflagged"] for band in bands), np.zeros((number, 2), int))
    for antenna in range(number):
        for pol in (0, 1):
            if rows[antenna] == 0:
                book.states.add(Finding(antenna, pol, BAD, NO_DATA))
            elif unflagged[antenna, pol] == 0:
                book.states.add(Finding(antenna, pol, BAD, ALL_FLAGGED))
    book.source("data", True, f"{int((rows == 0).sum())} antennas without data")


def _use_autocorrelations(
    book: HealthBook,
    bands: Sequence[dict[str, np.ndarray]],
    positions_m: np.ndarray,
    frequencies_hz: Sequence[np.ndarray],
    limits: Autocorrelation,
) -> None:
    summary = autocorrelation_checks.summarize(
        [band["power"] for band in bands], positions_m, frequencies_hz
    )
    if not np.isfinite(summary.ratio).any():
        book.source("autocorr", False, "the data hold no autocorrelations")
        return
    findings = autocorrelation_checks.judge(summary, limits)
    for finding in findings:
        book.states.add(finding)
    few = " (too few integrations to judge noise in time)"
    noise = "" if np.isfinite(summary.scatter).any() else few
    book.source("autocorr", True, f"{len(findings)} findings{noise}")


def _spread_to_both(book: HealthBook) -> None:
    """Call an antpol bad if the antenna's other polarization is."""
    bad = book.states.bad()
    for antenna in np.flatnonzero(bad.sum(axis=1) == 1):
        other = int(bad[antenna].argmin())
        book.states.add(Finding(int(antenna), other, BAD, BOTH_POLARIZATIONS))
