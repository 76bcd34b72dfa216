"""Writes the delays of an observation as a CASA K table of one spectral window and channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.io import caltable
from lwacal.records.delay import DelayRecord
from lwacal.records.manifest import ManifestRecord
from lwacal.telescope.antpol_states import antpol_of


def write(manifest: ManifestRecord, delays: DelayRecord, output: Path) -> None:
    """Write delay.json's delays; antennas without one are flagged.

    The table's one channel spans all sub-bands of the observation: it applies to any of them.
    """
    antennas = manifest_antennas(manifest)
    shape = (len(antennas.names), 2)
    delay_ns, flag, error_ns = np.zeros(shape), np.ones(shape, bool), np.zeros(shape)
    for record in delays["antennas"]:
        if not record["flagged"]:
            antpol = antpol_of(record)
            delay_ns[antpol], flag[antpol] = record["delay_ns"], False
            error_ns[antpol] = record["delay_err_ns"] or 0.0
    frequencies = np.concatenate([band["frequency_hz"] for band in manifest["bands"].values()])
    width_hz = max(band["channel_width_hz"] for band in manifest["bands"].values())
    low, high = frequencies.min() - width_hz / 2, frequencies.max() + width_hz / 2
    table = caltable.Delays(
        antenna_names=antennas.names,
        delay_ns=delay_ns,
        flag=flag,
        error_ns=error_ns,
        frequency_hz=(low + high) / 2,
        channel_width_hz=float(high - low),
        mjd_s=manifest["observation"]["mid_mjd_s"],
        reference=delays["reference_index"],
    )
    caltable.write_delays(output, table, antennas, manifest_centre(manifest))
