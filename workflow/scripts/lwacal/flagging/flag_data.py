"""Flags of a sub-band, kept beside the data and apart by cause.

The product is bit masks (row, channel, correlation), one bit a cause, rows in the order of the
concatenated set: a visibility is flagged if any bit is set, and one can always tell why. The
concatenated set itself is never written to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from lwacal.flagging import (
    aoflagger_program,
    array_lines,
    burst_records,
    bursts,
    data_pass,
    passband,
)
from lwacal.flagging.data_pass import Look, Search
from lwacal.io import flag_file, flags_summary, ms_reader
from lwacal.io.flag_file import BURST, CAUSES
from lwacal.records import files
from lwacal.records.configuration.flagging import Flagging
from lwacal.records.flags import FlagsRecord, Line
from lwacal.records.health import HealthRecord
from lwacal.telescope.antpol_states import AntpolStates

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Flags:
    """Bit masks of a sub-band with what there is to say of them.

    ``causes`` (row, channel, 4) uint8 and ``scans`` the number of each integration; ``ratios``
    (integration,) their brightness over that of the quieter half. ``lines`` are records of the
    channels of an integration that were left out as a whole; ``message`` says what was not done.
    """

    causes: list[np.ndarray]
    scans: list[int]
    ratios: np.ndarray
    lines: list[Line]
    message: str


def flag(
    concatenated: Path,
    health: HealthRecord,
    settings: Flagging,
    aoflagger: str,
    threads: int,
    powers: Path | None = None,
) -> Flags:
    """Return the flags of a sub-band.

    ``powers`` are its autocorrelations (lwacal.ingest.autocorrelations): amplitudes are divided by
    the passbands that they show before interference is searched.
    One pass over the data, with ``threads`` processes; a configured strategy is run by the program
    ``aoflagger``, on a copy of the data that a second pass makes. Memory: as data_pass.look.
    """
    wanted, by_program = settings.aoflagger, bool(settings.strategy)
    names = ms_reader.read_antennas(concatenated).names
    bad = AntpolStates.of_records(health["antennas"], names).bad()
    searched = wanted and not by_program
    flat = passband.read(powers) if powers and searched else None
    search = Search(Path(concatenated).absolute(), bad, settings.original, searched, flat)
    look = data_pass.look(search, threads)
    lines = _add_lines(look) if search.interference else []
    ratios = _add_bursts(look, settings.burst_ratio)
    if not wanted:
        why_not = "AOFlagger is switched off (flagging.aoflagger)"
        return Flags(look.causes, look.scans, ratios, lines, why_not)
    if not any((mask & ~np.uint8(CAUSES["aoflagger"]) == 0).any() for mask in look.causes):
        why_not = "AOFlagger was not run: there are no unflagged data"
        return Flags(look.causes, look.scans, ratios, [], why_not)
    if by_program:
        for known in _searches(look.causes):
            _run_program(concatenated, look.causes, known, settings.strategy, aoflagger, threads)
    refused = _protect(look.causes, settings.protect_fraction)
    return Flags(look.causes, look.scans, ratios, [] if refused else lines, refused)


def _add_lines(look: Look) -> list[Line]:
    """Flag the channels in which the whole array is brighter, and return records of them."""
    found: list[Line] = []
    for mask, sums, scan in zip(look.causes, look.sums, look.scans):
        for channel in np.flatnonzero(array_lines.find(*sums.lines)):
            mask[:, channel] |= (mask[:, channel] == 0) * np.uint8(CAUSES["aoflagger"])
            found.append({"integration": scan, "channel": int(channel)})
    return found


def _add_bursts(look: Look, burst_ratio: float) -> np.ndarray:
    """Flag bursts; return the brightness of each integration, (integration,).

    What else was found there is kept: the integration may be restored.
    """
    if not look.scans:
        return np.empty(0)
    brightness = np.array([bursts.brightness(*sums.bursts) for sums in look.sums])
    found, overall = bursts.find(brightness, burst_ratio)
    for mask, channels in zip(look.causes, found):
        mask[:, channels] |= BURST
    return overall


def _searches(causes: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield what AOFlagger's program is to take as flagged, (row, channel, 4) bool.

    First bursts are, as they would hide what is weaker; then all but the bursts is.
    """
    every = np.concatenate(causes)
    yield every > 0
    burst = every == BURST
    if burst.any():
        yield ~burst


def _run_program(
    concatenated: Path,
    causes: list[np.ndarray],
    known: np.ndarray,
    strategy: str,
    aoflagger: str,
    threads: int,
) -> None:
    """Add what AOFlagger's program finds with a strategy for single baselines.

    ``known`` (row, channel, 4) of all rows is flagged before.
    """
    logger.info("running AOFlagger on a private copy of the data")
    more = aoflagger_program.run(concatenated, known, strategy, aoflagger, threads) & ~known
    start = 0
    for mask in causes:
        mask |= more[start : start + len(mask)] * np.uint8(CAUSES["aoflagger"])
        start += len(mask)


def _protect(causes: list[np.ndarray], protect_fraction: float) -> str:
    """Take AOFlagger's flags away if they are nearly all of what was left, and say so."""
    bit = np.uint8(CAUSES["aoflagger"])
    found = sum(int(np.count_nonzero(mask == bit)) for mask in causes)
    left = found + sum(int(np.count_nonzero(mask == 0)) for mask in causes)
    fraction = found / left
    if fraction <= protect_fraction:
        return ""
    for mask in causes:
        mask &= ~bit
    return (
        f"AOFlagger's flags are not used: they would take {fraction:.0%} of the data that were"
        f" left (limit flagging.protect_fraction = {protect_fraction})"
    )


def summarize(
    causes: list[np.ndarray], antenna1: np.ndarray, antenna2: np.ndarray, n_antennas: int
) -> dict[str, Any]:
    """Return flagged fractions by cause, antenna, baseline and channel, without autocorrelations.

    ``causes`` (row, channel, 4) of each integration, ``antenna1`` and ``antenna2`` of all rows.
    Those of baselines are in the order 0-1, 0-2, ... 1-2, ..., to four digits. Fractions are None
    where there are no data.
    """
    by_cause = dict.fromkeys([*CAUSES, "total"], 0)
    channels = np.zeros(causes[0].shape[1])
    total, count = np.zeros((2, n_antennas, n_antennas))
    values, start = 0, 0
    for integration in causes:
        rows = slice(start, start + len(integration))
        start = rows.stop
        cross = antenna1[rows] != antenna2[rows]
        mask, pair = integration[cross], np.stack([antenna1[rows][cross], antenna2[rows][cross]])
        flagged = mask > 0
        np.add.at(total, (pair.min(axis=0), pair.max(axis=0)), flagged.mean(axis=(1, 2)))
        np.add.at(count, (pair.min(axis=0), pair.max(axis=0)), 1)
        channels += np.count_nonzero(flagged, axis=(0, 2))
        values += mask.size
        for name, bit in CAUSES.items():
            by_cause[name] += int(np.count_nonzero(mask & np.uint8(bit)))
        by_cause["total"] += int(np.count_nonzero(flagged))
    with np.errstate(invalid="ignore"):
        by_baseline = (total / count)[np.triu_indices(n_antennas, 1)]
        by_antenna = (total + total.T).sum(axis=0) / (count + count.T).sum(axis=0)
        channels /= np.float64(values / len(channels))
    return {
        "fractions": {name: n / values if values else None for name, n in by_cause.items()},
        "antenna_fraction": by_antenna,
        "baseline_fraction": np.round(by_baseline, 4),
        "channel_fraction": channels,
    }


def read_baselines(concatenated: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return antenna 1 and antenna 2 of all rows of a set."""
    with ms_reader.open_table(concatenated) as table:
        if table.nrows() == 0:
            return np.empty(0, int), np.empty(0, int)
        return table.getcol("ANTENNA1"), table.getcol("ANTENNA2")


def write(flags: Flags, concatenated: Path, band: str, output: Path, summary: Path) -> FlagsRecord:
    """Write the masks and their summary; return the summary."""
    antenna1, antenna2 = read_baselines(concatenated)
    n_antennas = len(ms_reader.read_antennas(concatenated).names)
    n_channels = len(ms_reader.read_channels(concatenated)[0])
    masks = flags.causes or [np.zeros((0, n_channels, 4), np.uint8)]
    flag_file.write(output, masks)
    record = {
        "band": band,
        "causes": CAUSES,
        "message": flags.message,
        "bursts": burst_records.of_flags(
            flags.causes, flags.scans, flags.ratios, antenna1, antenna2, n_antennas
        ),
        "lines": flags.lines,
        **summarize(masks, antenna1, antenna2, n_antennas),
    }
    written = cast(FlagsRecord, record)
    files.write(FlagsRecord, summary, written)
    return written


def found_words(summary: FlagsRecord) -> str:
    """Return how much of the data is flagged and by what, to a tenth of a percent; log the rest."""
    fractions = {name: value for name, value in summary["fractions"].items() if value is not None}
    logger.info(", ".join(f"{name} {value:.2%}" for name, value in fractions.items()) or "no data")
    total = fractions.pop("total", None)
    causes = ", ".join(f"{name} {value:.1%}" for name, value in fractions.items() if value > 5e-4)
    words = "no data" if total is None else f"{total:.1%} of the data flagged ({causes or 'none'})"
    return "; ".join(text for text in (words, flags_summary.words(summary)) if text)
