"""Images of the calibrators, per sub-band and per integration, from the calibrated sets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from astropy.io import fits

from lwacal.imaging import split, wsclean
from lwacal.records import files
from lwacal.records.allsky import AllskyRecord
from lwacal.records.calibrated import CalibratedRecord
from lwacal.records.configuration.imaging import Imaging, ScintillationImages, SourceImages
from lwacal.records.images import ImagesRecord, IntervalImage, SpectrumImage
from lwacal.records.manifest import ManifestRecord
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime import atomic
from lwacal.runtime.scratch import scratch_directory
from lwacal.telescope import naming, site

logger = logging.getLogger(__name__)

FEWEST_INTEGRATIONS = 2  # needed to show variability
TOGETHER = "spectrum-MFS-image.fits"  # of all sub-bands
Images = TypeVar("Images", ImagesRecord, AllskyRecord)
TIME_TOLERANCE_S = 1.0  # DATE-OBS has a resolution of 0.1 s


class LabelError(RuntimeError):
    """An image is of a different sub-band or integration than its name says."""


@dataclass(frozen=True)
class SplitBand:
    """The calibrated sets of a sub-band: their folder, and the contents of split.json."""

    folder: Path
    record: CalibratedRecord

    @property
    def name(self) -> str:
        """The name of the sub-band."""
        return self.record["band"]

    def has(self, target: str) -> bool:
        """Return whether there is a calibrated set of a target."""
        return target in self.record["targets"]

    def path(self, target: str) -> Path:
        """Return the path of the set of a target."""
        return self.folder / split.set_name(target, self.name)


def read_splits(folders: Sequence[Path]) -> list[SplitBand]:
    """Read the split.json of all sub-bands and return them in order of frequency."""
    splits = [
        SplitBand(folder.absolute(), files.read(CalibratedRecord, folder / "split.json"))
        for folder in map(Path, folders)
    ]
    return sorted(splits, key=lambda split: naming.band_mhz(split.name))


def in_new_folder(model: type[Images], output: Path, work: Callable[[Path], Images]) -> Images:
    """Create a folder atomically: ``work`` fills it and returns the record for images.json."""
    with atomic.output(output) as part:
        part.mkdir()
        record = work(part)
        files.write(model, part / "images.json", record)
    return record


def band_limits_hz(manifest: ManifestRecord, band: str) -> tuple[float, float]:
    """Return the lower and upper edge of a sub-band, Hz."""
    record = manifest["bands"][band]
    half = record["channel_width_hz"] / 2
    return min(record["frequency_hz"]) - half, max(record["frequency_hz"]) + half


def edges_between(manifest: ManifestRecord, bands: Sequence[str]) -> list[float]:
    """Return the frequencies midway between neighbouring sub-bands, Hz."""
    limits = [band_limits_hz(manifest, band) for band in bands]
    return [(low[1] + high[0]) / 2 for low, high in pairwise(limits)]


def image_source(
    source: str,
    manifest: ManifestRecord,
    model: SkyModelRecord,
    splits: Sequence[SplitBand],
    settings: Imaging,
    machine: wsclean.Machine,
    folder: Path,
) -> ImagesRecord:
    """Image a source per sub-band, in all sub-bands together, and per integration.

    Returns images.json. Its status and message say if the source is not a calibrator or has no
    data. If imaging is off, the spectrum has no images, only fluxes from the visibilities. Raises
    LabelError and processes.ToolError.
    """
    record: ImagesRecord = {
        "source": source,
        "status": "ok",
        "message": "",
        "spectrum": [],
        "mfs": "",
        "intervals": [],
        "commands": [],
    }
    known = next(item for item in model["sources"] if item["name"] == source)
    bands = [split for split in splits if split.has(source)]
    if not known["calibrator"]:
        return {**record, "status": "no_calibrator", "message": known["reason"]}
    if not settings.enabled:
        spectrum = unimaged_records(source, manifest, splits)
        message = "imaging is switched off (imaging.enabled)"
        return {**record, "status": "off", "message": message, "spectrum": spectrum}
    if not bands:
        message = "; ".join(split.record["message"] for split in splits)
        return {**record, "status": "no_data", "message": message}
    with scratch_directory("wsclean") as scratch:
        record["commands"].append(
            _spectrum(source, manifest, bands, settings.source, machine, folder, scratch)
        )
        record["spectrum"] = spectrum_records(source, manifest, bands, folder)
        record["mfs"] = TOGETHER if len(bands) > 1 else spectrum_names(1)[0]
        scintillation = settings.scintillation
        if scintillation.enabled and len(manifest["integrations"]) >= FEWEST_INTEGRATIONS:
            for band in bands:
                command, images = _intervals(source, band, scintillation, machine, folder, scratch)
                record["commands"].append(command)
                record["intervals"] += images
    if not settings.keep_auxiliary_fits:
        wsclean.remove_auxiliary(folder)
    return record


def _spectrum(
    source: str,
    manifest: ManifestRecord,
    bands: Sequence[SplitBand],
    settings: SourceImages,
    machine: wsclean.Machine,
    folder: Path,
    scratch: Path,
) -> str:
    names = [band.name for band in bands]
    logger.info(f"{source}: imaging {', '.join(names)}")
    options = wsclean.image_options(settings) + wsclean.channel_options(
        edges_between(manifest, names), len(names), settings.fit_spectral_pol
    )
    sets = [band.path(source) for band in bands]
    expected = spectrum_names(len(names))
    if len(names) > 1:
        expected.append(TOGETHER)
    return wsclean.run(machine, sets, folder / "spectrum", options, scratch, expected)


def unimaged_records(
    source: str, manifest: ManifestRecord, splits: Sequence[SplitBand]
) -> list[SpectrumImage]:
    """Return spectrum records without images for sub-bands with a flux from the visibilities."""
    return [
        {
            "band": split.name,
            "freq_mhz": float(np.mean(manifest["bands"][split.name]["frequency_hz"])) / 1e6,
            "file": "",
            "thermal_jy": split.record["thermal_jy"],
            "visibilities": split.record["flux_ratios"][source],
        }
        for split in splits
        if source in split.record["flux_ratios"]
    ]


def spectrum_names(number: int) -> list[str]:
    """Return WSClean's names of the images of ``number`` sub-bands."""
    if number == 1:
        return ["spectrum-image.fits"]
    return [f"spectrum-{index:04d}-image.fits" for index in range(number)]


def spectrum_records(
    source: str, manifest: ManifestRecord, bands: Sequence[SplitBand], folder: Path
) -> list[SpectrumImage]:
    """Return the record of each sub-band's image, checked against the image's header."""
    found: list[SpectrumImage] = []
    for band, name in zip(bands, spectrum_names(len(bands))):
        frequency_hz = image_frequency_hz(folder / name)
        low, high = band_limits_hz(manifest, band.name)
        if not low <= frequency_hz <= high:
            raise LabelError(
                f"{folder / name} is at {frequency_hz / 1e6:.3f} MHz and not in {band.name}"
                f" ({low / 1e6:.3f} to {high / 1e6:.3f} MHz): WSClean did not split the band as"
                " requested"
            )
        found.append(
            {
                "band": band.name,
                "freq_mhz": frequency_hz / 1e6,
                "file": name,
                "thermal_jy": band.record["thermal_jy"],
                "visibilities": band.record["flux_ratios"].get(source),
            }
        )
    return found


def image_frequency_hz(path: Path) -> float:
    """Return the frequency of a FITS image, Hz."""
    header = fits.getheader(path)
    axes = {header.get(f"CTYPE{axis}", ""): axis for axis in range(1, header["NAXIS"] + 1)}
    return float(header[f"CRVAL{axes['FREQ']}"])


def check_time(path: Path, mjd_s: float) -> None:
    """Raise LabelError unless an image is of the integration with the mid-time ``mjd_s``."""
    date = fits.getheader(path)["DATE-OBS"]
    difference_s = site.mjd_seconds(date) - mjd_s
    if abs(difference_s) > TIME_TOLERANCE_S:
        raise LabelError(
            f"{path} is of {date} and not of {site.iso(mjd_s)}: WSClean did not split the"
            " integrations as requested"
        )


def _intervals(
    source: str,
    band: SplitBand,
    settings: ScintillationImages,
    machine: wsclean.Machine,
    folder: Path,
    scratch: Path,
) -> tuple[str, list[IntervalImage]]:
    """Image each integration of a sub-band; return WSClean's command and a record per image."""
    times, scans = band.record["times"], band.record["scans"]
    logger.info(f"{source}: imaging {len(times)} integrations of {band.name}")
    prefix = folder / f"interval-{band.name}"
    options = wsclean.image_options(settings)
    if len(times) > 1:
        options += ["-intervals-out", str(len(times))]
    suffixes = [f"-t{number:04d}" for number in range(len(times))] if len(times) > 1 else [""]
    names = [f"{prefix.name}{suffix}-image.fits" for suffix in suffixes]
    command = wsclean.run(machine, [band.path(source)], prefix, options, scratch, names)
    images: list[IntervalImage] = []
    for number, (mjd_s, scan, name) in enumerate(zip(times, scans, names)):
        check_time(folder / name, mjd_s)
        images.append(
            {
                "band": band.name,
                "freq_mhz": image_frequency_hz(folder / name) / 1e6,
                "scan": scan,
                "time_utc": site.iso(mjd_s),
                "file": name,
                "visibilities": band.record["flux_ratios_in_time"][number].get(source),
            }
        )
    return command, images
