"""Files of autocorrelations (lwacal.ingest.autocorrelations) of sets that no rule has read."""

from __future__ import annotations

from pathlib import Path

from lwacal.ingest.autocorrelations import AntennaPower
from lwacal.io import ms_reader


def write(data_set: Path, path: Path) -> Path:
    """Write the autocorrelations of a set; return the path."""
    n_channels = len(ms_reader.read_channels(data_set)[0])
    powers = AntennaPower(len(ms_reader.read_antennas(data_set).names), n_channels)
    for item in ms_reader.iterate_integrations(data_set, ("DATA", "FLAG")):
        data, flag = item.columns["DATA"], item.columns["FLAG"]
        powers.add(item.scan, item.mjd_s, item.antenna1, item.antenna2, data, flag)
    powers.write(path)
    return path
