"""Which baselines to solve with, in wavelengths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lwacal.ingest.manifest_record import manifest_antennas, manifest_centre
from lwacal.io import ms_reader
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.sky import sky_model
from lwacal.telescope import geometry
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

ENOUGH_ANTENNAS = 0.9  # of those with data should have enough baselines
LOWEST_LIMIT_LAMBDA = 1.0


def configured(model: SkyModelRecord, settings: Bandpass) -> tuple[float, float]:
    """Return the limits of the section bandpass.

    Vir A is resolved: if it dominates the model as a point source, longer baselines are left out in
    all sub-bands.
    """
    longest = settings.uv_max_lambda
    if share_of_point(model, "VirA") >= settings.vir_a_share:
        longest = min(longest, settings.uv_max_lambda_vir_a)
    return settings.uv_min_lambda, longest


def share_of_point(model: SkyModelRecord, name: str) -> float:
    """Return the share that a source, modelled as a point, has of the model's apparent flux.

    The mean over sub-bands; 0 if it is not in the model or has a shape.
    """
    sources = {source["name"]: source for source in sky_model.model_sources(model)}
    if name not in sources or sources[name]["shape"] != "point":
        return 0.0
    shares = []
    for band in model["bands"]:
        seen_jy = sky_model.apparent_jy(model, band)
        shares.append(seen_jy[name] / sum(jy for other, jy in seen_jy.items() if other in sources))
    return float(np.mean(shares))


def usable(
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    length_lambda: np.ndarray,
    model: SkyModelRecord,
    settings: Bandpass,
) -> tuple[float, float, str]:
    """Return limits that leave most antennas enough baselines, and a message if they were changed.

    Antennas and lengths (baseline,) of the baselines with data. The lower limit excludes extended
    emission. A compact part of the array may have few longer baselines at low frequencies; the
    limit is then halved until nine antennas in ten have bandpass.min_baselines_per_antenna, but not
    below one wavelength.
    """
    low, high = configured(model, settings)
    least = settings.min_baselines_per_antenna
    limit = low
    while (
        limit / 2 >= LOWEST_LIMIT_LAMBDA
        and _share(antenna1, antenna2, (length_lambda >= limit) & (length_lambda <= high), least)
        < ENOUGH_ANTENNAS
    ):
        limit /= 2
    if limit == low:
        return low, high, ""
    return (
        limit,
        high,
        (
            f"bandpass.uv_min_lambda is {low:g}, but too few antennas have {least} baselines that"
            f" long; {limit:g} is used"
        ),
    )


def baselines_of_array(
    manifest: ManifestRecord, band: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return antenna 1, antenna 2 and length in wavelengths of all baselines of an array.

    In the order 0-1, 0-2, ...; at the middle of the sub-band and of the observation.
    """
    positions_m = manifest_antennas(manifest).positions_m
    antenna1, antenna2 = np.triu_indices(len(positions_m), 1)
    uvw_m = geometry.antenna_uvw_m(
        positions_m, *manifest_centre(manifest), manifest["observation"]["mid_mjd_s"]
    )
    length_m = np.linalg.norm((uvw_m[antenna1] - uvw_m[antenna2])[:, :2], axis=1)
    frequency_hz = float(np.mean(manifest["bands"][band]["frequency_hz"]))
    return antenna1, antenna2, length_m * frequency_hz / SPEED_OF_LIGHT_M_S


def matrix_in_range(manifest: ManifestRecord, band: str, limits: Sequence[float]) -> np.ndarray:
    """Return which baselines are within limits in wavelengths, (antenna, antenna) bool."""
    antenna1, antenna2, length = baselines_of_array(manifest, band)
    number = len(manifest["antennas"]["names"])
    matrix = np.zeros((number, number), bool)
    matrix[antenna1, antenna2] = (length >= limits[0]) & (length <= limits[1])
    return matrix | matrix.T


def baselines_of_set(data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return antenna 1, antenna 2 and length in wavelengths of a set's rows that are not flagged.

    Each baseline once.
    """
    frequency_hz, _ = ms_reader.read_channels(data)
    wavelength_m = SPEED_OF_LIGHT_M_S / float(np.mean(frequency_hz))
    antenna1, antenna2, uvw_m, flagged = ms_reader.read_baselines(data)
    kept = ~flagged
    length = np.linalg.norm(uvw_m[kept, :2], axis=1) / wavelength_m
    pairs, first = np.unique(
        np.column_stack([antenna1[kept], antenna2[kept]]), axis=0, return_index=True
    )
    return pairs[:, 0], pairs[:, 1], length[first]


def _share(antenna1: np.ndarray, antenna2: np.ndarray, used: np.ndarray, least: int) -> float:
    """Return the share of antennas with at least ``least`` used baselines."""
    present = np.unique(np.concatenate([antenna1, antenna2]))
    if len(present) == 0:
        return 1.0
    number = int(present.max()) + 1
    count = np.bincount(antenna1[used], minlength=number)
    count += np.bincount(antenna2[used], minlength=number)
    return float((count[present] >= least).mean())
