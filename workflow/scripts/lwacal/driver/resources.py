"""The memory that a job needs, from the data sizes in the manifest.

Snakemake cannot estimate it, as it does not know the size of a measurement set, which is a folder.
The factors are in units of one integration of one sub-band (rows x channels x 4 correlations x 8
bytes). They are based on measurements with 352 antennas and 192 channels (382 MB per integration):
5.3 GB for CASA's bandpass, 6.4 GB for its gaincal, 0.81 GB for our solver (the Galaxy in its model
adds 0.08 GB at 73 MHz, 0.12 GB at 27 MHz and 0.23 GB at 13 MHz) and 0.85 GB for the calibrated
sets, for any number of integrations; for flagging 0.58 GB with one integration, 0.83 GB with six,
and 0.6 GB more with two processes.

The memory of imaging depends on the number of pixels, not on the data: WSClean needs 1.5 GB for one
sub-band of 4096 x 4096 pixels, and 1.8 GB for five that are cleaned jointly.
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

# rule: (factor of the first integration, of each further integration)
FACTORS = {
    "concat": (2.5, 0.0),
    "antenna_health": (0.5, 0.05),
    "flag by package": (1.8, 0.16),
    "flag by program": (4.0, 0.4),
    "bandpass by stefcal": (2.1, 0.0),
    "bandpass by casa": (16.0, 1.5),
    "delay by stefcal": (1.5, 0.0),
    "delay by casa": (18.0, 0.4),
    "calibrate_split": (2.0, 0.0),
}

# rule: its images (sections of imaging), and how many are made in parallel
IMAGES = {
    "image_source": (("source", "scintillation"), 1),
    "image_allsky": (("allsky",), 2),
}
IMAGE_BASE_MB = 500
IMAGE_BYTES_A_PIXEL = 110

# Rules whose memory follows from FACTORS
OF_DATA = ("concat", "antenna_health", "flag", "bandpass", "delay", "calibrate_split")


def integration_mb(manifest: ManifestRecord, band: str | None) -> float:
    """Return the size of DATA of one integration in a sub-band (or the largest one), MB."""
    names = [band] if band else list(manifest["bands"])
    return max(_band_mb(manifest["bands"][name]) for name in names)


def _band_mb(record: Mapping[str, Any]) -> float:
    rows = max((entry["n_rows"] for entry in record["entries"]), default=0)
    values = rows * len(record["frequency_hz"]) * N_CORRELATIONS
    return values * BYTES_A_VISIBILITY / MEGABYTE


def line(rule: str, configuration: Configuration) -> str:
    """Return the key in FACTORS of a rule in OF_DATA, for the configured method."""
    if rule == "flag":
        return "flag by program" if configuration.flagging.strategy else "flag by package"
    if rule == "bandpass":
        return f"bandpass by {configuration.bandpass.engine}"
    if rule == "delay":
        return f"delay by {configuration.delay.engine}"
    return rule


def memory_mb(line: str, manifest: ManifestRecord, band: str | None = None) -> int:
    """Return the memory that a job needs, MB; ``line`` is its key in FACTORS."""
    first, further = FACTORS[line]
    more = max(0, len(manifest["integrations"]) - 1)
    return round(BASE_MB + integration_mb(manifest, band) * (first + further * more))


def image_memory_mb(rule: str, imaging: Imaging, at_once: int | None = None) -> int:
    """Return the memory that an imaging job needs, MB.

    ``at_once`` is the number of images made in parallel, by default that in IMAGES.
    """
    kinds, usual = IMAGES[rule]
    pixels = max(getattr(imaging, kind).size for kind in kinds)
    an_image = pixels**2 * IMAGE_BYTES_A_PIXEL / MEGABYTE
    return round(IMAGE_BASE_MB + (at_once or usual) * an_image)


def usual_memory_mb(
    rule: str, manifest: ManifestRecord, band: str | None, configuration: Configuration
) -> int | None:
    """Return the memory that a rule requests at its first attempt, MB; None if it requests none."""
    if rule in IMAGES:
        return image_memory_mb(rule, configuration.imaging)
    return memory_mb(line(rule, configuration), manifest, band) if rule in OF_DATA else None
