"""Checks that tables must pass before the beamformer may load them.

The beamformer takes 1 / G, zero where flagged, and divides by the number of unflagged antennas in
each channel: a single gain that is zero or not finite corrupts that channel in every beam.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lwacal.io import caltable
from lwacal.io.ms_reader import UnreadableError
from lwacal.io.solutions import SubBandSolutions
from lwacal.records.configuration.publish import Publish
from lwacal.records.published import Table
from lwacal.records.quality import QualityRecord
from lwacal.telescope import naming
from lwacal.telescope.correlations import POLARIZATIONS

SUFFIX = ".bcal"
LOCK_FILE = "table.lock"  # of casacore: records who reads, not part of the content


class PublicationError(ValueError):
    """The tables cannot be published; the message says why and what to do."""


def check_verdict(qa: QualityRecord, settings: Publish) -> bool:
    """Return whether publishing needs force because the verdict is not pass.

    If so, raises PublicationError unless publish.force is set.
    """
    takes_force = bool(qa["verdict"] != "pass")
    if takes_force and not settings.force:
        raise PublicationError(
            f"the verdict of {qa['observation']['id']} is {qa['verdict']}; only tables with the"
            f" verdict pass are published: {' '.join(qa['reasons'])} To publish these tables"
            " anyway, set publish.force=true"
        )
    return takes_force


def check_order(stamp: str, active: str | None, settings: Publish) -> bool:
    """Return whether publishing needs force because a later observation is active.

    If so, raises PublicationError unless publish.force is set.
    """
    takes_force = bool(active and active[: len(stamp)] > stamp)
    if takes_force and not settings.force:
        raise PublicationError(
            f"tables of a later observation are active ({active}); to return to those of"
            f" {stamp}, set publish.force=true"
        )
    return takes_force


def check_sub_bands(tables: Sequence[str], active: Sequence[str], settings: Publish) -> bool:
    """Return whether publishing needs force because active sub-bands would have no table.

    Both arguments are names of tables, which end in the name of the sub-band. Raises
    PublicationError if force is needed and publish.force is not set.
    """
    now, before = (
        {naming.split_table_name(name)[1] for name in names} for names in (tables, active)
    )
    takes_force = bool(before - now)
    if takes_force and not settings.force:
        raise PublicationError(
            f"the active tables of {', '.join(sorted(before - now))} have no replacement:"
            " calibrate these sub-bands too, or set publish.force=true to go without them"
        )
    return takes_force


def check_tables(tables: Sequence[Path], settings: Publish) -> tuple[str, list[Table]]:
    """Return the stamp of the tables and a description of each, in order of their paths.

    Raises PublicationError if their number, names, shapes or values are not acceptable.
    """
    stamps = {}
    for table in sorted(tables):
        stamp, band = naming.split_table_name(table)
        if table.suffix != SUFFIX or not naming.is_stamp(stamp) or not band.endswith("MHz"):
            raise PublicationError(
                f"{table} is not named as the beamformer expects: YYYYMMDD_HHMMSS_NNMHz.bcal"
            )
        stamps[stamp] = table
    if len(stamps) != 1:
        raise PublicationError(
            f"tables of {len(stamps)} stamps ({', '.join(stamps)}) cannot be active together"
        )
    if settings.sub_bands and len(tables) != settings.sub_bands:
        raise PublicationError(
            f"{len(tables)} sub-bands of {next(iter(stamps))} have tables, but the beamformer"
            f" needs {settings.sub_bands} (publish.sub_bands; 0: any number)"
        )
    described = [_described(table, settings) for table in sorted(tables)]
    if all(table["flagged_fraction"] == 1 for table in described):
        raise PublicationError("all solutions of all tables are flagged: there would be no beam")
    return next(iter(stamps)), described


def _described(table: Path, settings: Publish) -> Table:
    try:
        solutions = caltable.read(table)
    except (UnreadableError, RuntimeError) as error:
        raise PublicationError(f"{table} cannot be read: {error}") from error
    gain, flag = solutions.gain, solutions.flag
    shape = {"antennas": settings.antennas, "channels": settings.channels}
    for axis, (key, wanted) in enumerate(shape.items()):
        if wanted and gain.shape[axis] != wanted:
            raise PublicationError(
                f"{table} has {gain.shape[axis]} {key}, the beamformer needs {wanted}"
                f" (publish.{key}; 0: any number)"
            )
    bad = ~np.isfinite(gain)
    if bad.any():
        raise PublicationError(
            f"{table} has {int(bad.sum())} gains that are not finite ({_first(solutions, bad)})"
        )
    zero = (gain == 0) & ~flag
    if zero.any():
        raise PublicationError(
            f"{table} has {int(zero.sum())} unflagged gains of zero ({_first(solutions, zero)})"
        )
    files = digests(table)
    total = hashlib.sha256("".join(f"{n} {d}\n" for n, d in files.items()).encode())
    return {
        "name": table.name,
        "antennas": gain.shape[0],
        "channels": gain.shape[1],
        "freq_mhz": [float(solutions.frequency_hz[k]) / 1e6 for k in (0, -1)],
        "flagged_fraction": float(flag.mean()),
        "sha256": total.hexdigest(),
        "files": files,
    }


def _first(solutions: SubBandSolutions, where: np.ndarray) -> str:
    antenna, channel, pol = np.argwhere(where)[0]
    name = solutions.antenna_names[antenna]
    return f"first: {name} {POLARIZATIONS[pol]}, channel {channel}; make the tables again"


def digests(table: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a table, by its path within the table."""
    return {
        str(path.relative_to(table)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(table.rglob("*"))
        if path.is_file() and path.name != LOCK_FILE
    }
