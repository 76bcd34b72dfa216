"""Writes the delays of an observation as a CASA K table of one spectral window and channel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.io import caltable
from lwacal.telescope.correlations import POLARIZATIONS


def write(manifest: Mapping[str, Any], delays: Mapping[str, Any], output: Path) -> None:
    """Write delay.json's delays; antennas without one are flagged.

    The table's one channel spans all sub-bands of the observation: it applies to any of them.
    """
    antennas = manifest_antennas(manifest)
    shape = (len(antennas.names), 1, 2)
    values, flag, error = np.zeros(shape), np.ones(shape, bool), np.zeros(shape)
    for record in delays["antennas"]:
        if not record["flagged"]:
            place = record["index"], 0, POLARIZATIONS.index(record["pol"])
            values[place], flag[place] = record["delay_ns"], False
            error[place] = record["delay_err_ns"] or 0.0
    frequencies = np.concatenate([band["frequency_hz"] for band in manifest["bands"].values()])
    width_hz = max(band["channel_width_hz"] for band in manifest["bands"].values())
    low, high = frequencies.min() - width_hz / 2, frequencies.max() + width_hz / 2
    solutions = caltable.Solutions(
        values=values,
        flag=flag,
        error=error,
        snr=np.zeros(shape),
        frequency_hz=np.array([(low + high) / 2]),
        channel_width_hz=float(high - low),
        mjd_s=manifest["observation"]["mid_mjd_s"],
        reference=delays["reference_index"],
    )
    caltable.write_delays(output, solutions, antennas, manifest_centre(manifest))
