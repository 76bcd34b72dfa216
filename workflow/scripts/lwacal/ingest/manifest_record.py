"""Antennas and phase centre from manifest.json, or from inventory.json before it."""

from __future__ import annotations

import numpy as np

from lwacal.io.ms_reader import Antennas
from lwacal.records.manifest import ManifestRecord


def manifest_antennas(manifest: ManifestRecord) -> Antennas:
    """Return the antennas of an observation from its manifest."""
    record = manifest["antennas"]
    return Antennas(list(record["names"]), np.array(record["positions_m"]).reshape(-1, 3))


def manifest_centre(manifest: ManifestRecord) -> tuple[float, float]:
    """Return the phase centre of the concatenated sets, ICRS radians."""
    return manifest["phase_centre"]["ra_rad"], manifest["phase_centre"]["dec_rad"]
