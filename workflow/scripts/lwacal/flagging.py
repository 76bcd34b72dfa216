"""Flags of a sub-band, kept beside the data and apart by cause.

The product is an array of bit masks (row, channel, correlation), one bit a cause, rows in the
order of the concatenated set: a visibility is flagged if any bit is set, and one can always tell
why. The concatenated set itself is never written to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lwacal import aoflagger, ms_reader, records
from lwacal.records import say

CAUSES = {"original": 1, "antenna": 2, "aoflagger": 4, "zero": 8, "non_finite": 16}

# Polarizations (0 = X, 1 = Y) of antenna 1 and antenna 2 in XX, XY, YX, YY
FIRST_POLARIZATION = np.array([0, 0, 1, 1])
SECOND_POLARIZATION = np.array([0, 1, 0, 1])


def load_causes(path: str | Path) -> np.ndarray:
    """Return the bit masks, (row, channel, correlation) uint8."""
    with np.load(path) as archive:
        return archive["causes"]


def load_flags(path: str | Path) -> np.ndarray:
    """Return what is flagged for any cause, (row, channel, correlation) bool."""
    return load_causes(path) > 0


def bad_signals(health: dict[str, Any], n_antennas: int) -> np.ndarray:
    """Return which signals health.json calls bad, (antenna, 2) bool, 0 = X, 1 = Y."""
    bad = np.zeros((n_antennas, 2), bool)
    for record in health["antennas"]:
        bad[record["index"], "XY".index(record["pol"])] = record["status"] == "bad"
    return bad


def antenna_flags(bad: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray) -> np.ndarray:
    """Return which correlations of each row have a bad signal in them, (row, 4) bool.

    ``bad`` (antenna, 2): one bad polarization of an antenna leaves the other alone.
    """
    return bad[antenna1][:, FIRST_POLARIZATION] | bad[antenna2][:, SECOND_POLARIZATION]


def flag(
    concatenated: Path, health: dict[str, Any], settings: dict[str, Any], tools: dict[str, str],
    threads: int,
) -> tuple[np.ndarray, str]:
    """Return the bit masks of a sub-band and a message about what was not done, if anything.

    ``settings`` is the section flagging of the configuration. Two passes over the data, one of
    them to copy it for AOFlagger. Memory: the masks (48 MB an integration of 352 antennas and 192
    channels) and one integration.
    """
    n_channels = len(ms_reader.read_channels(concatenated)[0])
    masks = [np.zeros((0, n_channels, 4), np.uint8)]
    n_antennas = len(ms_reader.read_antennas(concatenated).names)
    bad = bad_signals(health, n_antennas)
    for integration in ms_reader.iterate_integrations(concatenated):
        masks.append(_known_causes(integration, bad, settings["original"]))
    causes = np.concatenate(masks)
    if not settings["aoflagger"]:
        return causes, "AOFlagger is switched off (flagging.aoflagger)"
    if (causes > 0).all():
        return causes, "AOFlagger was not run: there are no unflagged data"
    say("running AOFlagger on a private copy of the data")
    found = aoflagger.run(concatenated, causes > 0, settings["strategy"], tools, threads)
    return _add_aoflagger(causes, found, settings["protect_fraction"])


def _known_causes(
    integration: ms_reader.Integration, bad: np.ndarray, use_original: bool
) -> np.ndarray:
    data = integration.columns["DATA"]
    masks = np.zeros(data.shape, np.uint8)
    if use_original:
        masks |= integration.columns["FLAG"] * np.uint8(CAUSES["original"])
    antennas = antenna_flags(bad, integration.antenna1, integration.antenna2)
    masks |= antennas[:, None, :] * np.uint8(CAUSES["antenna"])
    masks |= (data == 0) * np.uint8(CAUSES["zero"])
    masks |= ~np.isfinite(data) * np.uint8(CAUSES["non_finite"])
    return masks


def _add_aoflagger(
    causes: np.ndarray, found: np.ndarray, protect_fraction: float
) -> tuple[np.ndarray, str]:
    """Add AOFlagger's flags, unless they would take nearly all of what was left."""
    left = causes == 0
    fraction = (found & left).sum() / left.sum()
    if fraction > protect_fraction:
        return causes, (
            f"AOFlagger's flags are not used: they would take {fraction:.0%} of the data that were"
            f" left (limit flagging.protect_fraction = {protect_fraction})"
        )
    return causes | (found & left) * np.uint8(CAUSES["aoflagger"]), ""


def summarize(
    causes: np.ndarray, antenna1: np.ndarray, antenna2: np.ndarray, n_antennas: int
) -> dict[str, Any]:
    """Return flagged fractions by cause, by antenna and by channel; autocorrelations not counted.

    ``causes`` (row, channel, 4). Fractions are None where there are no data.
    """
    cross = antenna1 != antenna2
    masks, first, second = causes[cross], antenna1[cross], antenna2[cross]
    flagged = masks > 0
    by_row = flagged.mean(axis=(1, 2)) if flagged.size else np.zeros(len(first))
    total = sum(np.bincount(a, weights=by_row, minlength=n_antennas) for a in (first, second))
    count = sum(np.bincount(a, minlength=n_antennas) for a in (first, second))
    with np.errstate(invalid="ignore"):
        by_antenna = np.where(count > 0, total / count, np.nan)
    fractions = {
        name: float((masks & bit > 0).mean()) if masks.size else None
        for name, bit in CAUSES.items()
    }
    fractions["total"] = float(flagged.mean()) if masks.size else None
    channels = flagged.mean(axis=(0, 2)) if masks.size else np.full(causes.shape[1], np.nan)
    return {"fractions": fractions, "antenna_fraction": by_antenna, "channel_fraction": channels}


def read_baselines(concatenated: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return antenna 1 and antenna 2 of all rows of a set."""
    with ms_reader.open_table(concatenated) as table:
        if table.nrows() == 0:
            return np.empty(0, int), np.empty(0, int)
        return table.getcol("ANTENNA1"), table.getcol("ANTENNA2")


def write(
    causes: np.ndarray, message: str, concatenated: Path, band: str, output: Path, summary: Path
) -> dict[str, Any]:
    """Write the masks and their summary; return the summary."""
    records.write_npz(output, causes=causes)
    antenna1, antenna2 = read_baselines(concatenated)
    n_antennas = len(ms_reader.read_antennas(concatenated).names)
    record = {
        "schema": 1,
        "band": band,
        "causes": CAUSES,
        "message": message,
        **summarize(causes, antenna1, antenna2, n_antennas),
    }
    records.write_json(summary, record)
    return record
