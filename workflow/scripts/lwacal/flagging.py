"""Flags of a sub-band, kept beside the data and apart by cause.

The product is an array of bit masks (row, channel, correlation), one bit a cause, rows in the
order of the concatenated set: a visibility is flagged if any bit is set, and one can always tell
why. The concatenated set itself is never written to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import aoflagger, bursts, ms_reader, records
from lwacal.records import say

CAUSES = {
    "original": 1, "antenna": 2, "aoflagger": 4, "zero": 8, "non_finite": 16, "burst": 32,
}

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


@dataclass(frozen=True)
class Flags:
    """Bit masks of a sub-band, (row, channel, 4) uint8, with what there is to say of them.

    ``bursts`` are records of the integrations that were left out as a whole; ``message`` says so,
    and what was not done.
    """

    causes: np.ndarray
    bursts: list[dict[str, Any]]
    message: str


def flag(
    concatenated: Path, health: dict[str, Any], settings: dict[str, Any], tools: dict[str, str],
    threads: int,
) -> Flags:
    """Return the flags of a sub-band.

    ``settings`` is the section flagging of the configuration. Two passes over the data, one of
    them to copy it for AOFlagger. Memory: the masks (48 MB an integration of 352 antennas and 192
    channels) and one integration.
    """
    n_antennas = len(ms_reader.read_antennas(concatenated).names)
    causes, found, message = _first_look(
        concatenated, bad_signals(health, n_antennas), settings["original"], settings["burst_ratio"]
    )
    why_not = ""
    if not settings["aoflagger"]:
        why_not = "AOFlagger is switched off (flagging.aoflagger)"
    elif (causes > 0).all():
        why_not = "AOFlagger was not run: there are no unflagged data"
    if why_not:
        return Flags(causes, found, _join(message, why_not))
    say("running AOFlagger on a private copy of the data")
    more = aoflagger.run(concatenated, causes > 0, settings["strategy"], tools, threads)
    causes, refused = _add_aoflagger(causes, more, settings["protect_fraction"])
    return Flags(causes, found, _join(message, refused))


def _join(*messages: str) -> str:
    return "; ".join(message for message in messages if message)


def _first_look(
    concatenated: Path, bad: np.ndarray, use_original: bool, burst_ratio: float
) -> tuple[np.ndarray, list[dict[str, Any]], str]:
    """Return what is known without AOFlagger: bit masks, bursts and what to say of them."""
    n_channels = len(ms_reader.read_channels(concatenated)[0])
    masks = [np.zeros((0, n_channels, 4), np.uint8)]
    brightness, scans = [], []
    for integration in ms_reader.iterate_integrations(concatenated):
        masks.append(_known_causes(integration, bad, use_original))
        cross = integration.antenna1 != integration.antenna2
        data = integration.columns["DATA"][cross]
        brightness.append(bursts.brightness(data, masks[-1][cross] > 0))
        scans.append(integration.scan)
    if not scans:
        return masks[0], [], ""
    found, overall = bursts.find(np.array(brightness), burst_ratio)
    for mask, channels in zip(masks[1:], found):
        mask[:, channels] |= np.uint8(CAUSES["burst"])
    return np.concatenate(masks), *bursts.describe(found, overall, scans)


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
    """Return flagged fractions by cause, antenna, baseline and channel, without autocorrelations.

    ``causes`` (row, channel, 4). Those of baselines are in the order 0-1, 0-2, ... 1-2, ..., to
    four digits. Fractions are None where there are no data.
    """
    cross = antenna1 != antenna2
    masks, first, second = causes[cross], antenna1[cross], antenna2[cross]
    flagged = masks > 0
    by_row = flagged.mean(axis=(1, 2)) if flagged.size else np.zeros(len(first))
    total, count = (
        np.bincount(
            np.minimum(first, second) * n_antennas + np.maximum(first, second), weights=weights,
            minlength=n_antennas**2,
        ).reshape(n_antennas, n_antennas)
        for weights in (by_row, None)
    )
    with np.errstate(invalid="ignore"):
        by_baseline = (total / count)[np.triu_indices(n_antennas, 1)]
        by_antenna = (total + total.T).sum(axis=0) / (count + count.T).sum(axis=0)
    fractions = {
        name: float((masks & bit > 0).mean()) if masks.size else None
        for name, bit in CAUSES.items()
    }
    fractions["total"] = float(flagged.mean()) if masks.size else None
    channels = flagged.mean(axis=(0, 2)) if masks.size else np.full(causes.shape[1], np.nan)
    return {
        "fractions": fractions,
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


def write(
    flags: Flags, concatenated: Path, band: str, output: Path, summary: Path
) -> dict[str, Any]:
    """Write the masks and their summary; return the summary."""
    records.write_npz(output, causes=flags.causes)
    antenna1, antenna2 = read_baselines(concatenated)
    n_antennas = len(ms_reader.read_antennas(concatenated).names)
    record = {
        "schema": 1,
        "band": band,
        "causes": CAUSES,
        "message": flags.message,
        "bursts": flags.bursts,
        **summarize(flags.causes, antenna1, antenna2, n_antennas),
    }
    records.write_json(summary, record)
    return record
