"""Small measurement sets for tests that need particular data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lwacal.ingest import autocorrelations, concat, discover, inventory, manifest
from lwacal.io import ms_reader
from lwacal.io.ms_reader import Antennas
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.runtime import products
from lwacal.telescope import geometry, naming, site

STAMP = "20240524_090003"
INTERVAL_S = 10.031


def small_array(n_antennas: int = 8, radius_m: float = 300.0, seed: int = 1) -> Antennas:
    """Return antennas at random positions within a radius of the array's centre."""
    draw = np.random.default_rng(seed)
    enu = np.zeros((n_antennas, 3))
    enu[:, :2] = draw.uniform(-radius_m, radius_m, (n_antennas, 2))
    enu[:, 2] = draw.uniform(-5, 5, n_antennas)
    names = [f"LWA{number + 1:03d}" for number in range(n_antennas)]
    return Antennas(names, geometry.enu_to_itrf_m(enu))


def write_powers(path: Path, data_set: Path, n_antennas: int) -> Path:
    """Write the autocorrelations of a set that concat did not make; return the file."""
    seen = autocorrelations.AntennaPower(n_antennas, len(ms_reader.read_channels(data_set)[0]))
    for item in ms_reader.iterate_integrations(data_set):
        seen.add(
            item.scan,
            item.mjd_s,
            item.antenna1,
            item.antenna2,
            item.columns["DATA"],
            item.columns["FLAG"],
        )
    seen.write(path)
    return path


def baselines(n_antennas: int) -> tuple[np.ndarray, np.ndarray]:
    """Return antenna 1 and antenna 2 of all baselines, including autocorrelations."""
    return np.triu_indices(n_antennas)


def write_raw(
    folder: Path,
    antennas: Antennas,
    stamp: str = STAMP,
    band: str = "73MHz",
    n_channels: int = 6,
    data: np.ndarray | None = None,
    time_offset_s: float = 0.0,
    frequency_hz: np.ndarray | None = None,
) -> Path:
    """Write a set like a raw one: TIME is the start, TIME_CENTROID the middle; return its path.

    ``data`` (row, channel, 4) defaults to noise; ``time_offset_s`` is an error
    of the time in the header.
    """
    antenna1, antenna2 = baselines(len(antennas.names))
    if frequency_hz is None:
        frequency_hz = site.band_frequencies_hz(band, n_channels)
    if data is None:
        draw = np.random.default_rng(0)
        shape = (len(antenna1), len(frequency_hz), 4)
        data = draw.normal(size=shape) + 1j * draw.normal(size=shape)
    start = naming.stamp_time(stamp) + 0.2 + time_offset_s
    middle = start + INTERVAL_S / 2
    zenith = site.zenith(middle)
    path = folder / naming.raw_name(stamp, band)
    uvw = geometry.antenna_uvw_m(antennas.positions_m, *zenith, middle)
    width_hz = float(frequency_hz[1] - frequency_hz[0]) if len(frequency_hz) > 1 else 24e3
    with MeasurementSetWriter(
        path, antennas, frequency_hz, width_hz, [Field("zenith", *zenith)]
    ) as writer:
        writer.append(
            start,
            INTERVAL_S,
            antenna1,
            antenna2,
            uvw[antenna1] - uvw[antenna2],
            data.astype(np.complex64),
            time_centroid_mjd_s=middle,
        )
    return path


def joined(
    found: discover.Discovery, folder: Path, phase_centre: dict[str, float] | None = None
) -> dict[str, Any]:
    """Concatenate all sub-bands to <folder>/<band>.ms and <band>.npz; return the manifest.

    ``phase_centre`` is used instead of the zenith.
    """
    headers = inventory.build(found, "night")
    if phase_centre is not None:
        headers["phase_centre"] = phase_centre
    findings = {
        band: concat.concatenate(headers, band, folder / f"{band}.ms", folder / f"{band}.npz")
        for band in headers["bands"]
    }
    return products.plain(manifest.complete(headers, findings))
