"""Memory that a job needs, from the numbers in the manifest.

A measurement set is a folder, and a folder's size says nothing, so Snakemake cannot guess. The
factors are in units of one integration of one sub-band (rows x channels x 4 correlations x 8
bytes). Those of solvers come from measurements at 352 antennas and 192 channels (382 MB an
integration): CASA's bandpass 5.3 GB, its gaincal 6.4 GB; our own 0.81 GB and the calibrated sets
0.85 GB, whatever the number of integrations; flagging 0.58 GB for one integration, 0.83 GB for six,
and 0.6 GB more with two processes.

Images take memory by their pixels: WSClean 1.5 GB for 4096 x 4096 of one sub-band and 1.8 GB for
five cleaned together, whatever the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lwacal.records.configuration.imaging import Imaging
from lwacal.records.configuration.whole import Configuration
from lwacal.records.manifest import ManifestRecord
from lwacal.telescope.correlations import N_CORRELATIONS

BASE_MB = 600  # Python, casacore, CASA and astropy loaded
BYTES_A_VISIBILITY = 8
MEGABYTE = 1e6

# rule: (of one integration, of each further integration)
FACTORS = {
    "concat": (2.5, 0.0),
    "antenna_health": (0.5, 0.05),
    "flag by package": (1.8, 0.16),
    "flag by program": (4.0, 0.4),
    "bandpass by stefcal": (1.5, 0.0),
    "bandpass by casa": (16.0, 1.5),
    "delay by stefcal": (1.5, 0.0),
    "delay by casa": (18.0, 0.4),
    "calibrate_split": (2.0, 0.0),
}

# rule: its images (sections of imaging), and how many it makes side by side
IMAGES = {
    "image_source": (("source", "scintillation"), 1),
    "image_allsky": (("allsky",), 2),
}
IMAGE_BASE_MB = 500
IMAGE_BYTES_A_PIXEL = 110

# Rules whose lines are FACTORS
OF_DATA = ("concat", "antenna_health", "flag", "bandpass", "delay", "calibrate_split")


def integration_mb(manifest: ManifestRecord, band: str | None) -> float:
    """Return the size of one integration's DATA in a sub-band, or in the largest one, in MB."""
    names = [band] if band else list(manifest["bands"])
    return max(_band_mb(manifest["bands"][name]) for name in names)


def _band_mb(record: Mapping[str, Any]) -> float:
    rows = max((entry["n_rows"] for entry in record["entries"]), default=0)
    values = rows * len(record["frequency_hz"]) * N_CORRELATIONS
    return values * BYTES_A_VISIBILITY / MEGABYTE


def line(rule: str, configuration: Configuration) -> str:
    """Return the line in FACTORS of a rule of OF_DATA, by the way that is configured."""
    if rule == "flag":
        return "flag by program" if configuration.flagging.strategy else "flag by package"
    if rule == "bandpass":
        return f"bandpass by {configuration.bandpass.engine}"
    if rule == "delay":
        return f"delay by {configuration.delay.engine}"
    return rule


def memory_mb(line: str, manifest: ManifestRecord, band: str | None = None) -> int:
    """Return the memory that a job of a line of FACTORS needs, in MB."""
    first, further = FACTORS[line]
    more = max(0, len(manifest["integrations"]) - 1)
    return round(BASE_MB + integration_mb(manifest, band) * (first + further * more))


def image_memory_mb(rule: str, imaging: Imaging, at_once: int | None = None) -> int:
    """Return the memory a job that makes images needs, in MB.

    ``at_once`` images are made at the same time.
    """
    kinds, usual = IMAGES[rule]
    pixels = max(getattr(imaging, kind).size for kind in kinds)
    an_image = pixels**2 * IMAGE_BYTES_A_PIXEL / MEGABYTE
    return round(IMAGE_BASE_MB + (at_once or usual) * an_image)


def usual_memory_mb(
    rule: str, manifest: ManifestRecord, band: str | None, configuration: Configuration
) -> int | None:
    """Return what a rule asks for at its first attempt, None if it leaves that to Snakemake."""
    if rule in IMAGES:
        return image_memory_mb(rule, configuration.imaging)
    return memory_mb(line(rule, configuration), manifest, band) if rule in OF_DATA else None
