"""The inventory: what an observation consists of according to its headers, and their faults.

The data themselves are checked when lwacal.ingest.concat reads them. Its findings turn the
inventory into the manifest (lwacal.ingest.manifest).
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.ingest import discover, ms_headers
from lwacal.io.ms_reader import UnreadableError
from lwacal.records.manifest import Entry, Fault, FaultKind, Integration, ManifestRecord, SubBand
from lwacal.telescope import naming, site
from lwacal.telescope.correlations import CORRELATIONS

logger = logging.getLogger(__name__)

STAMP_TOLERANCE_S = 1.5  # stamps have whole seconds, rounded or truncated


@dataclass
class _Entry:
    """One integration of one sub-band, and its measurement set."""

    facts: ms_headers.SetFacts
    window: ms_headers.WindowFacts
    time: ms_headers.TimeFacts
    band: str
    stamp: str
    usable: bool = True


@dataclass
class _Collection:
    entries: list[_Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, kind: FaultKind, message: str, path: object, band: str, stamp: str) -> None:
        self.faults.append(
            {"kind": kind, "message": message, "file": str(path), "band": band, "time": stamp}
        )

    def reject(self, entry: _Entry, kind: FaultKind, message: str) -> None:
        entry.usable = False
        self.fault(kind, message, entry.facts.path, entry.band, entry.stamp)


def build(discovery: discover.Discovery, observation: str) -> ManifestRecord:
    """Return the content of the headers of an observation, in the form of manifest.json.

    No data are read. If an integration has several sets of a sub-band, all of them are listed.
    Raises discover.InputError if no set can be read.
    """
    collection = _Collection()
    if discovery.kind == "raw":
        _collect_raw(discovery, collection)
    else:
        _collect_concatenated(discovery, collection)
    if not collection.entries:
        problems = "; ".join(fault["message"] for fault in collection.faults[:5])
        raise discover.InputError(f"{discovery.path}: no measurement set can be read: {problems}")
    _check_antennas(collection)
    _check_grids(collection)
    _check_correlations(collection)
    _check_baselines(collection)
    stamps = sorted({entry.stamp for entry in collection.entries} | _stamps(discovery))
    _check_missing(discovery, collection, stamps)
    return _record(discovery, observation, collection, stamps)


def sort_faults(faults: list[Fault]) -> list[Fault]:
    """Return faults in order of time, sub-band and kind."""
    return sorted(faults, key=lambda fault: (fault["time"], fault["band"], fault["kind"]))


def why_unusable(band: str, usable: bool) -> str:
    """Return why nothing of a sub-band is used, empty if something is."""
    return "" if usable else f"sub-band {band} has no usable data"


def _stamps(discovery: discover.Discovery) -> set[str]:
    return {file.name.stamp for file in discovery.files}


def _collect_raw(discovery: discover.Discovery, collection: _Collection) -> None:
    for folder in discovery.unreadable:
        collection.fault(
            "unreadable",
            f"no permission to read the folder {folder}; its content is left out",
            folder,
            "",
            "",
        )
    for number, file in enumerate(discovery.files, 1):
        logger.info(f"reading {number} of {len(discovery.files)}: {file.path.name}")
        band, stamp = file.name.band, file.name.stamp
        try:
            facts = ms_headers.inspect(file.path)
        except UnreadableError as error:
            collection.fault("unreadable", f"{error}; left out", file.path, band, stamp)
            continue
        _add_raw(collection, facts, band, stamp)


def _add_raw(collection: _Collection, facts: ms_headers.SetFacts, band: str, stamp: str) -> None:
    windows = [window for window in facts.windows if window.times]
    if len(windows) != 1 or len(windows[0].times) != 1:
        collection.fault(
            "unreadable",
            f"{facts.path.name} should hold one integration of one sub-band, but has"
            f" {sum(len(window.times) for window in windows)} in {len(windows)} spectral windows;"
            " left out (give a concatenated set as input_ms)",
            facts.path,
            band,
            stamp,
        )
        return
    entry = _Entry(facts, windows[0], windows[0].times[0], band, stamp)
    collection.entries.append(entry)
    _check_stamp(collection, entry)


def _check_stamp(collection: _Collection, entry: _Entry) -> None:
    """Leave out a set whose name and header disagree about the time: either may be wrong."""
    time = entry.time
    stamp_s = naming.stamp_time(entry.stamp)
    candidates = (time.time_mjd_s, time.mid_mjd_s, time.mid_mjd_s - time.interval_s / 2)
    if min(abs(candidate - stamp_s) for candidate in candidates) > STAMP_TOLERANCE_S:
        collection.reject(
            entry,
            "wrong_stamp",
            f"{entry.facts.path.name} is stamped {entry.stamp}, but its data were taken at"
            f" {site.iso(time.mid_mjd_s)} (middle of the integration); left out",
        )


def _collect_concatenated(discovery: discover.Discovery, collection: _Collection) -> None:
    logger.info(f"reading {discovery.path}")
    facts = ms_headers.inspect(discovery.path)
    bands = discover.window_bands(discovery.path)
    for window in facts.windows:
        for time in window.times:
            stamp = naming.format_stamp(time.time_mjd_s)
            collection.entries.append(
                _Entry(facts, window, time, bands[window.data_desc_id], stamp)
            )


def _check_antennas(collection: _Collection) -> None:
    usual = _most_common([entry.facts.antenna_digest for entry in collection.entries])
    for entry in collection.entries:
        if entry.facts.antenna_digest != usual:
            collection.reject(
                entry,
                "antennas",
                f"{entry.facts.path.name}: antenna names or positions differ from those of the"
                " other sets of this observation; left out",
            )


def _check_grids(collection: _Collection) -> None:
    for band in {entry.band for entry in collection.entries}:
        entries = [entry for entry in collection.entries if entry.band == band]
        usual = _most_common([_grid(entry.window) for entry in entries])
        for entry in entries:
            grid = _grid(entry.window)
            if grid != usual:
                collection.reject(
                    entry,
                    "channel_grid",
                    f"{entry.facts.path.name}: {grid[0]} channels from {grid[1] / 1e6:.4f} MHz,"
                    f" but the sub-band has {usual[0]} from {usual[1] / 1e6:.4f} MHz; left out",
                )
            elif entry.band != naming.nominal_band(
                float(entry.window.frequency_hz.min()), entry.window.channel_width_hz
            ):
                collection.fault(
                    "channel_grid",
                    f"{entry.facts.path.name}: the name says {entry.band}, but the first channel is"
                    f" at {entry.window.frequency_hz.min() / 1e6:.4f} MHz; used anyway",
                    entry.facts.path,
                    band,
                    entry.stamp,
                )


def _grid(window: ms_headers.WindowFacts) -> tuple[int, float, float]:
    return (
        len(window.frequency_hz),
        round(float(window.frequency_hz[0]), 1),
        round(window.channel_width_hz, 1),
    )


def _check_correlations(collection: _Collection) -> None:
    for entry in collection.entries:
        order = entry.window.correlations
        name = entry.facts.path.name
        if order == list(CORRELATIONS):
            continue
        if sorted(order) == sorted(CORRELATIONS):
            collection.fault(
                "correlations",
                f"{name}: correlations are stored as {','.join(order)}; reordered to"
                f" {','.join(CORRELATIONS)}",
                entry.facts.path,
                entry.band,
                entry.stamp,
            )
        else:
            collection.reject(
                entry,
                "correlations",
                f"{name}: correlations {','.join(order)} are not those of linear feeds"
                f" ({','.join(CORRELATIONS)}); left out",
            )


def _check_baselines(collection: _Collection) -> None:
    for entry in collection.entries:
        if entry.time.conjugate:
            collection.fault(
                "baselines",
                f"{entry.facts.path.name}: UVW are antenna 2 - antenna 1; the data are conjugated"
                " and UVW recomputed as antenna 1 - antenna 2",
                entry.facts.path,
                entry.band,
                entry.stamp,
            )


def _check_missing(
    discovery: discover.Discovery, collection: _Collection, stamps: list[str]
) -> None:
    present = {(entry.band, entry.stamp) for entry in collection.entries}
    present |= {(file.name.band, file.name.stamp) for file in discovery.files}
    for band in discovery.bands:
        for stamp in stamps:
            if (band, stamp) not in present:
                name = naming.raw_name(stamp, band)
                message = f"sub-band {band} has no data for the integration {stamp}"
                collection.fault("missing", message, discovery.path / name, band, stamp)


def _most_common(values: list[Any]) -> Any:
    return Counter(values).most_common(1)[0][0]


def _record(
    discovery: discover.Discovery, observation: str, collection: _Collection, stamps: list[str]
) -> ManifestRecord:
    usable = [entry for entry in collection.entries if entry.usable] or collection.entries
    integrations = _integrations(usable, stamps)
    scans = {item["stamp"]: number for number, item in enumerate(integrations, 1)}
    interval_s = float(np.median([entry.time.interval_s for entry in usable]))
    start = integrations[0]["mid_mjd_s"] - interval_s / 2
    end = integrations[-1]["mid_mjd_s"] + interval_s / 2
    middle = (start + end) / 2
    zenith = site.zenith(middle)
    antennas = usable[0].facts.antennas
    return {
        "observation": {
            "id": observation,
            "input": str(discovery.path),
            "kind": discovery.kind,
            "stamp": discovery.stamp,
            "start_utc": site.iso(start),
            "mid_utc": site.iso(middle),
            "end_utc": site.iso(end),
            "mid_mjd_s": middle,
            "lst_hours": site.lst_hours(middle),
            "integration_s": interval_s,
            "n_integrations": len(integrations),
            "telescope": usable[0].facts.telescope,
            "time_column": _most_common([entry.time.time_column for entry in usable]),
        },
        "antennas": {"names": antennas.names, "positions_m": antennas.positions_m.tolist()},
        "phase_centre": {"ra_rad": zenith[0], "dec_rad": zenith[1]},
        "integrations": integrations,
        "bands": {band: _band(band, collection, scans, usable) for band in discovery.bands},
        "faults": sort_faults(collection.faults),
        "ignored": [str(path) for path in discovery.ignored],
        "size_bytes": sum(_sizes(collection).values()),
    }


def _sizes(collection: _Collection) -> dict[Path, int]:
    return {entry.facts.path: entry.facts.size_bytes for entry in collection.entries}


def _integrations(usable: list[_Entry], stamps: list[str]) -> list[Integration]:
    """Return all integrations; without usable data the time follows from the stamp."""
    offset = float(
        np.median([entry.time.mid_mjd_s - naming.stamp_time(entry.stamp) for entry in usable])
    )
    interval_s = float(np.median([entry.time.interval_s for entry in usable]))
    records: list[Integration] = []
    for stamp in stamps:
        mids = [entry.time.mid_mjd_s for entry in usable if entry.stamp == stamp]
        middle = float(np.median(mids)) if mids else naming.stamp_time(stamp) + offset
        records.append({"stamp": stamp, "mid_mjd_s": middle, "interval_s": interval_s})
    return records


def _band(
    band: str, collection: _Collection, scans: dict[str, int], usable: list[_Entry]
) -> SubBand:
    entries = [entry for entry in collection.entries if entry.band == band]
    good = [entry for entry in entries if entry.usable]
    if entries:
        window = (good or entries)[0].window
        frequency_hz, width_hz = window.frequency_hz, window.channel_width_hz
    else:
        frequency_hz, width_hz = _assumed_grid(band, usable[0].window)
    return {
        "frequency_hz": frequency_hz.tolist(),
        "channel_width_hz": width_hz,
        "correlations": list(CORRELATIONS),
        "usable": bool(good),
        "message": why_unusable(band, bool(good)),
        "entries": [_entry_record(entry, scans) for entry in entries],
    }


def _assumed_grid(band: str, other: ms_headers.WindowFacts) -> tuple[np.ndarray, float]:
    """Return the channel grid of an unreadable sub-band, with as many channels as another one."""
    n_channels = len(other.frequency_hz)
    if band in site.BANDS and site.CHANNELS_PER_BAND % n_channels == 0:
        frequency_hz = site.band_frequencies_hz(band, n_channels)
        return frequency_hz, site.CHANNEL_WIDTH_HZ * site.CHANNELS_PER_BAND / n_channels
    first = naming.band_mhz(band) * 1e6
    return first + np.arange(n_channels) * other.channel_width_hz, other.channel_width_hz


def _entry_record(entry: _Entry, scans: dict[str, int]) -> Entry:
    return {
        "path": str(entry.facts.path),
        "stamp": entry.stamp,
        "data_desc_id": entry.window.data_desc_id,
        "time_mjd_s": entry.time.time_mjd_s,
        "mid_mjd_s": entry.time.mid_mjd_s,
        "interval_s": entry.time.interval_s,
        "n_rows": entry.time.n_rows,
        "field_ra_rad": entry.time.field_ra_rad,
        "field_dec_rad": entry.time.field_dec_rad,
        "correlations": entry.window.correlations,
        "conjugate": entry.time.conjugate,
        "scan": scans[entry.stamp],
        "usable": entry.usable,
    }
