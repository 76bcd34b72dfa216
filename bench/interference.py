"""Flagging of planted interference: detections, misses, false flags, and speed."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from casacore import tables

import planted_rfi
from bench import measuring, peers, rules, run_stages, stages
from bench.options import Options
from bench.place import Place
from lwacal.io import ms_reader
from lwacal.io.flag_file import FlagFile

logger = logging.getLogger(__name__)

NEEDED = ("inventory", "concat", "manifest", "mnc_query", "antenna_health")
CHANNELS = 192  # the planted lines assume this number


def measure(options: Options) -> list[dict[str, Any]]:
    """Return a record for each size and set of planted lines."""
    found = []
    for size in (replace(size, channels=CHANNELS) for size in options.sizes):
        place = run_stages.place_of(options, size)
        for rule in NEEDED:
            run_stages.run_for_all_bands(place, rule)
        found += [
            {"size": size.record(), "case": name, "flaggers": _case(place, name, lines, options)}
            for name, lines in planted_rfi.CASES.items()
        ]
    return found


def _case(
    place: Place, name: str, lines: tuple[planted_rfi.Line, ...], options: Options
) -> dict[str, Any]:
    folder = place.path("interference")
    spoilt = folder / f"{name}.ms"
    peers.remove(spoilt)
    shutil.copytree(place.path(f"concat/{place.band}.ms"), spoilt)
    where, cross = plant(spoilt, lines)
    flags = folder / f"{name}.npz"
    job = stages.measured(place, "flag").with_paths(
        {
            place.path(f"concat/{place.band}.ms"): spoilt,
            place.path(f"flags/{place.band}.npz"): flags,
            place.path(f"flags/{place.band}.json"): flags.with_suffix(".json"),
        }
    )
    job.clear()
    cost = measuring.measure(job.command, folder / "log.txt", rules.environment(job.threads))
    with FlagFile(flags) as file:
        found = file.flags()
    record = {"ours": {"wall_s": cost.wall_s, **_score(found, where, cross, lines)}}
    peer = peers.aoflagger(spoilt, folder / "aoflagger.ms")
    if options.peers and not peer.missing:
        peer.prepare()
        cost = measuring.measure(peer.command, folder / "log.txt")
        with ms_reader.open_table(folder / "aoflagger.ms") as table:
            found = table.getcol("FLAG")
        record[peer.name] = {"wall_s": cost.wall_s, **_score(found, where, cross, lines)}
    logger.info(f"planted interference, {name}: done")
    return record


def _score(
    found: np.ndarray, where: np.ndarray, cross: np.ndarray, lines: tuple[planted_rfi.Line, ...]
) -> dict[str, Any]:
    """Score flags (row, channel, 4): one is found if any of its correlations is flagged."""
    return planted_rfi.score(np.any(found, axis=-1)[cross], where[:, cross], lines)


def plant(path: Path, lines: tuple[planted_rfi.Line, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Plant lines into a set; return where, (line, row, channel), and the cross rows, (row,)."""
    _, width_hz = ms_reader.read_channels(path)
    where, cross = [], []
    with tables.table(str(path), readonly=False, ack=False) as table:
        for number, item in enumerate(list(ms_reader.iterate_integrations(path, ("DATA",)))):
            values = item.columns["DATA"].copy()
            noise = planted_rfi.noise_of(
                values, item.antenna1, item.antenna2, width_hz * item.interval_s
            )
            where.append(
                planted_rfi.plant(values, item.antenna1, item.antenna2, number, lines, noise)
            )
            cross.append(item.antenna1 != item.antenna2)
            rows = np.arange(table.nrows())[item.rows]
            table.putcol("DATA", values, int(rows[0]), len(rows))
    return np.concatenate(where, axis=1), np.concatenate(cross)
