"""Concatenates the integrations of one sub-band into one set with one phase centre.

The phase centre of each raw integration is its own zenith, and its UVW are unreliable (of date, and
rotated). Here all integrations are rotated to the phase centre of the observation, and UVW are
computed from antenna positions in the middle of the integration. This is the only read of the raw
data; it also finds the faults of the data and collects the autocorrelations of the antennas.
"""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import numpy as np

from lwacal.ingest import autocorrelations, data_checks
from lwacal.ingest.data_checks import DataFault
from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.io import ms_reader
from lwacal.io.ms_reader import Antennas, Integration
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.records.concat import ConcatRecord, EntryFindings
from lwacal.records.manifest import Entry, ManifestRecord
from lwacal.runtime import disk_space
from lwacal.telescope import geometry, phasors
from lwacal.telescope.correlations import CORRELATIONS

logger = logging.getLogger(__name__)

DISK_ERRORS = tuple(map(os.strerror, (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN)))


class RawDataChangedError(RuntimeError):
    """The raw data are no longer those of the inventory."""


def concatenate(inventory: ManifestRecord, band: str, output: Path, powers: Path) -> ConcatRecord:
    """Write the concatenated set and the autocorrelations of a sub-band; return the findings.

    Rows are in order of time, antenna 1 and antenna 2 (antenna 1 <= antenna 2); SCAN_NUMBER is the
    number of the integration in the observation, from 1, and TIME its middle. A sub-band without
    usable data gives a set without rows. ``powers`` is the file of autocorrelations
    (lwacal.ingest.autocorrelations). The findings are the faults of the data, for the manifest
    (lwacal.ingest.manifest). Memory: about two integrations (382 MB each for 352 antennas and 192
    channels).
    """
    record = inventory["bands"][band]
    antennas = manifest_antennas(inventory)
    frequency_hz, centre = np.array(record["frequency_hz"]), manifest_centre(inventory)
    power = autocorrelations.AntennaPower(len(antennas.names), len(frequency_hz))
    chosen = [number for number, entry in enumerate(record["entries"]) if entry["usable"]]
    chosen.sort(key=lambda number: record["entries"][number]["scan"])
    n_rows = sum(record["entries"][number]["n_rows"] for number in chosen)
    disk_space.require(output, disk_space.set_bytes(n_rows, len(frequency_hz)))
    used: dict[int, str] = {}  # path of the set used for each integration
    findings: list[EntryFindings] = []
    with MeasurementSetWriter(
        output,
        antennas,
        frequency_hz,
        record["channel_width_hz"],
        [Field("zenith", *centre)],
        observer="lwacal",
    ) as writer:
        for count, number in enumerate(chosen, 1):
            entry = record["entries"][number]
            logger.info(f"{band}: set {count} of {len(chosen)}, {Path(entry['path']).name}")
            if entry["scan"] in used:
                faults = [_duplicate(entry, band, used[entry["scan"]])]
            else:
                faults = _append(writer, entry, antennas, frequency_hz, centre, power)
            is_used = not any(fault.left_out for fault in faults)
            if is_used:
                used[entry["scan"]] = entry["path"]
            for fault in faults:
                logger.warning(fault.message)
            findings.append(
                {
                    "entry": number,
                    "used": is_used,
                    "faults": [{"kind": item.kind, "message": item.message} for item in faults],
                }
            )
    power.write(powers)
    return {"band": band, "entries": findings}


def _duplicate(entry: Entry, band: str, first: str) -> DataFault:
    message = (
        f"{entry['path']} is a second set of {entry['stamp']} {band} (the first is {first});"
        " left out"
    )
    return DataFault("duplicate", message, True)


def _append(
    writer: MeasurementSetWriter,
    entry: Entry,
    antennas: Antennas,
    frequency_hz: np.ndarray,
    centre: tuple[float, float],
    power: autocorrelations.AntennaPower,
) -> list[DataFault]:
    """Append one integration unless its data are unusable; return the faults of the data."""
    try:
        integration = _read(entry)
    except ms_reader.UnreadableError as error:
        _check_disk(entry["path"], str(error))
        message = f"the data cannot be read: {error}; left out"
        return [DataFault("unreadable", message, True)]
    faults = data_checks.find(
        Path(entry["path"]).name,
        integration.columns["DATA"],
        integration.antenna1,
        integration.antenna2,
    )
    if any(fault.left_out for fault in faults):
        return faults
    antenna1, antenna2, data, flag = in_standard_order(integration, entry["correlations"])
    if entry["conjugate"]:
        np.conj(data, out=data)
    power.add(entry["scan"], entry["mid_mjd_s"], antenna1, antenna2, data, flag)
    middle = entry["mid_mjd_s"]
    field_radec = (entry["field_ra_rad"], entry["field_dec_rad"])
    phasors.rotate_in_place(
        data, antenna1, antenna2, antennas.positions_m, frequency_hz, middle, field_radec, centre
    )
    uvw = geometry.antenna_uvw_m(antennas.positions_m, *centre, middle)
    writer.append(
        middle,
        entry["interval_s"],
        antenna1,
        antenna2,
        uvw[antenna1] - uvw[antenna2],
        data,
        flag,
        scan=entry["scan"],
    )
    return faults


def _check_disk(path: str, problem: str) -> None:
    """Raise RawDataChangedError if the disk, not the set, is the cause of a problem.

    Leaving the set out would give a result that stays wrong when the disk is available again.
    """
    missing = not (Path(path) / "table.dat").exists()
    if missing or any(words in problem for words in DISK_ERRORS):
        raise RawDataChangedError(
            f"{path} could be read when the inventory was made, but cannot be read now: {problem}."
            " Is the disk mounted? Run again when it is. If the set was removed on purpose, remake"
            " the inventory (snakemake -R inventory)"
        )


def _read(entry: Entry) -> Integration:
    found = list(
        ms_reader.iterate_selected(
            entry["path"],
            entry["data_desc_id"],
            ("DATA", "FLAG", "FLAG_ROW"),
            time_mjd_s=entry["time_mjd_s"],
        )
    )
    if len(found) != 1:
        raise RawDataChangedError(
            f"{entry['path']} no longer contains the integration that the inventory lists; remake"
            " the inventory (snakemake -R inventory)"
        )
    return found[0]


def in_standard_order(
    integration: Integration, correlations: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return antenna 1, antenna 2, data and flags with rows and correlations in standard order.

    Correlations become XX, XY, YX, YY. In rows with antenna 1 > antenna 2 the antennas are
    exchanged: the data are conjugated, and XY and YX exchanged. Rows are sorted by antenna 1, then
    antenna 2.
    """
    order = [correlations.index(name) for name in CORRELATIONS]
    data, flag = integration.columns["DATA"], integration.columns["FLAG"]
    if order != [0, 1, 2, 3]:
        data, flag = data[..., order], flag[..., order]
    flag = flag | integration.columns["FLAG_ROW"][:, None, None]
    antenna1, antenna2 = integration.antenna1, integration.antenna2
    reversed_rows = antenna1 > antenna2
    if reversed_rows.any():
        data, flag = data.copy(), flag.copy()
        data[reversed_rows] = data[reversed_rows][..., [0, 2, 1, 3]].conj()
        flag[reversed_rows] = flag[reversed_rows][..., [0, 2, 1, 3]]
        antenna1, antenna2 = np.minimum(antenna1, antenna2), np.maximum(antenna1, antenna2)
    rows = np.lexsort((antenna2, antenna1))
    if np.array_equal(rows, np.arange(len(rows))):
        return antenna1, antenna2, data, flag
    return antenna1[rows], antenna2[rows], data[rows], flag[rows]
