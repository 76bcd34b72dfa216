"""Which antennas are healthy, by all that is known of them (contract C3).

Sources are kept apart: the observatory's antenna-health database (MNC), a cached copy of its list,
lists in the configuration, the raw data's own flags, and the autocorrelations. Bad wins over
suspect, suspect over good.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.flagging import autocorrelation_checks
from lwacal.ingest import autocorrelations
from lwacal.telescope.antennas import AntennaNames, UnknownAntennaError
from lwacal.telescope.constants import SECONDS_PER_DAY
from lwacal.telescope.correlations import POLARIZATIONS

RANK = {"good": 0, "suspect": 1, "bad": 2}


class HealthBook:
    """Collects statuses and reasons of each antenna and polarization."""

    def __init__(self, names: Sequence[str]) -> None:
        self.antennas = AntennaNames(names)
        self.status = [["good", "good"] for _ in names]
        self.reasons: list[list[list[str]]] = [[[], []] for _ in names]
        self.sources: list[dict[str, Any]] = []

    def mark(self, antenna: int, polarization: int, status: str, reason: str) -> None:
        """Add a finding; the worse status stays."""
        if RANK[status] > RANK[self.status[antenna][polarization]]:
            self.status[antenna][polarization] = status
        if reason not in self.reasons[antenna][polarization]:
            self.reasons[antenna][polarization].append(reason)

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
                self.mark(antenna, polarization, status, reason)
        return unknown

    def source(self, name: str, used: bool, message: str, age_days: float | None = None) -> None:
        """Record what a source of information gave."""
        self.sources.append({"name": name, "used": used, "message": message, "age_days": age_days})

    def records(self) -> list[dict[str, Any]]:
        """Return the antennas of contract C3, one record an antenna and polarization."""
        return [
            {
                "index": index,
                "antenna": name,
                "pol": POLARIZATIONS[pol],
                "status": self.status[index][pol],
                "reasons": self.reasons[index][pol],
            }
            for index, name in enumerate(self.antennas.names)
            for pol in (0, 1)
        ]


def assess(
    manifest: dict[str, Any],
    mnc: dict[str, Any],
    powers: Sequence[Path],
    health: dict[str, Any],
) -> dict[str, Any]:
    """Return health.json: each signal's status with reasons, and what each source gave.

    ``mnc`` is what the query of the database gave, ``powers`` the files of
    lwacal.ingest.autocorrelations of all sub-bands, ``health`` the configuration's section.
    """
    positions_m = np.array(manifest["antennas"]["positions_m"]).reshape(-1, 3)
    book = HealthBook(manifest["antennas"]["names"])
    _use_lists(book, mnc, health, manifest["observation"]["mid_mjd_s"] / SECONDS_PER_DAY)
    _use_configuration(book, health)
    bands = [autocorrelations.read(path) for path in powers]
    _use_raw_flags(book, bands)
    if health["autocorrelation"]["enabled"]:
        frequencies_hz = [
            np.array(manifest["bands"][Path(path).stem]["frequency_hz"]) for path in powers
        ]
        _use_autocorrelations(book, bands, positions_m, frequencies_hz, health["autocorrelation"])
    else:
        book.source("autocorr", False, "switched off (health.autocorrelation.enabled)")
    if health["both_polarizations"]:
        _spread_to_both(book)
    return {
        "schema": 1,
        "requested_mjd": manifest["observation"]["mid_mjd_s"] / SECONDS_PER_DAY,
        "sources": book.sources,
        "antennas": book.records(),
    }


def _use_lists(book: HealthBook, mnc: dict[str, Any], health: dict[str, Any], mjd: float) -> None:
    """Use the database's list, or else the cached one, if it is not too old."""
    used = _use_list(book, "mnc", mnc, health["max_age_days"], mjd)
    cached = health["cached_list"]
    if not cached:
        return
    if used:
        book.source("cache", False, "not needed: the database answered")
        return
    from lwacal.runtime.products import read_json

    try:
        record = read_json(cached)
    except (OSError, ValueError) as error:
        book.source("cache", False, f"health.cached_list cannot be read: {error}")
        return
    _use_list(book, "cache", record, health["max_age_days"], mjd)


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
    unknown = book.mark_names(record["bad"], "bad", f"{name}:{record.get('method', 'list')}")
    unknown += _other_numbers(book, record.get("numbers", {}))
    message = f"{len(record['bad'])} bad signals" + _unknown_words(unknown)
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
        return "the list does not say of when it is (list_mjd)"
    if not isinstance(bad, list) or not all(isinstance(name, (str, int)) for name in bad):
        return "the list holds no names (bad)"
    return ""


def _other_numbers(book: HealthBook, numbers: dict[str, int]) -> list[str]:
    """Return what is said of antennas that have another number in the data than in the database."""
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


def _use_configuration(book: HealthBook, health: dict[str, Any]) -> None:
    bad, suspect = health["bad_antennas"], health["suspect_antennas"]
    unknown = book.mark_names(bad, "bad", "config:bad_antennas")
    unknown += book.mark_names(suspect, "suspect", "config:suspect_antennas")
    message = f"{len(bad)} bad, {len(suspect)} suspect" + _unknown_words(unknown)
    book.source("config", bool(bad or suspect), message)


def _use_raw_flags(book: HealthBook, bands: Sequence[dict[str, np.ndarray]]) -> None:
    """Mark signals that have no data, or nothing but flagged data, in any sub-band."""
    number = len(book.antennas.names)
    rows = sum((band["rows"] for band in bands), np.zeros(number, int))
    unflagged = sum((band["unflagged"] for band in bands), np.zeros((number, 2), int))
    for antenna in range(number):
        for pol in (0, 1):
            if rows[antenna] == 0:
                book.mark(antenna, pol, "bad", "data:no_data")
            elif unflagged[antenna, pol] == 0:
                book.mark(antenna, pol, "bad", "data:flagged")
    book.source("data", True, f"{int((rows == 0).sum())} antennas without data")


def _use_autocorrelations(
    book: HealthBook,
    bands: Sequence[dict[str, np.ndarray]],
    positions_m: np.ndarray,
    frequencies_hz: Sequence[np.ndarray],
    limits: dict[str, Any],
) -> None:
    summary = autocorrelation_checks.summarize(
        [band["power"] for band in bands], positions_m, frequencies_hz
    )
    if not np.isfinite(summary.ratio).any():
        book.source("autocorr", False, "the data hold no autocorrelations")
        return
    findings = autocorrelation_checks.judge(summary, limits)
    for antenna, pol, status, reason in findings:
        book.mark(antenna, pol, status, reason)
    few = " (too few integrations to judge noise in time)"
    noise = "" if np.isfinite(summary.scatter).any() else few
    book.source("autocorr", True, f"{len(findings)} findings{noise}")


def _spread_to_both(book: HealthBook) -> None:
    for antenna, statuses in enumerate(book.status):
        if "bad" in statuses and statuses != ["bad", "bad"]:
            book.mark(antenna, statuses.index("bad") ^ 1, "bad", "config:both_polarizations")
