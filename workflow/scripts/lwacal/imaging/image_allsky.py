"""All-sky images at the zenith, from the calibrated sets of all sub-bands."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from lwacal.imaging import rgb_image, wsclean
from lwacal.imaging import split as calibrate
from lwacal.imaging.image_source import SplitBand, edges_between
from lwacal.records.allsky import AllskyImage, AllskyRecord
from lwacal.records.configuration.imaging import AllSkyImages, Imaging
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime.scratch import scratch_directory
from lwacal.telescope import naming

logger = logging.getLogger(__name__)

COLOUR_PICTURE = "allsky_rgb.png"
FULL_BAND = "full"


@dataclass(frozen=True)
class Plan:
    """A planned image of the sub-bands from ``low`` to below ``high`` (MHz, by sub-band name).

    If ``joined``, each sub-band is imaged too and all are cleaned jointly; otherwise there is one
    image of all data.
    """

    name: str
    low: float
    high: float
    tukey_lambda: float
    joined: bool

    def sub_bands(self, splits: Sequence[SplitBand]) -> list[SplitBand]:
        """Return the sub-bands of the image that have data."""
        return [
            split
            for split in splits
            if self.low <= naming.band_mhz(split.name) < self.high and split.has(calibrate.ZENITH)
        ]


def plans(settings: AllSkyImages) -> Iterator[Plan]:
    """Yield the images configured in imaging.allsky: bands by frequency, then the full band."""
    ranges = sorted(settings.bands_mhz.by_name().items(), key=lambda item: item[1])
    for name, (low, high) in ranges:
        yield Plan(name, low, high, settings.tukey_lambda, joined=True)
    if settings.full_band:
        low, high = min(low for _, (low, _) in ranges), max(high for _, (_, high) in ranges)
        yield Plan(FULL_BAND, low, high, settings.full_band_tukey_lambda, joined=False)


def image_allsky(
    manifest: ManifestRecord,
    splits: Sequence[SplitBand],
    settings: Imaging,
    machine: wsclean.Machine,
    folder: Path,
) -> AllskyRecord:
    """Image the whole sky in the bands of imaging.allsky.bands_mhz and in the full band.

    As many WSClean processes run in parallel as ``machine`` has threads, each with one thread: a
    WSClean with several threads sums in arbitrary order, and its images would not be reproducible.
    Returns images.json, in which bands without data have the status ``no_data``. Raises
    processes.ToolError.
    """
    record: AllskyRecord = {
        "status": "ok",
        "message": "",
        "bands": [],
        "commands": [],
        "horizon_mask_deg": settings.allsky.horizon_mask_deg,
    }
    allsky = settings.allsky
    if not (settings.enabled and allsky.enabled):
        message = "all-sky images are switched off (imaging.enabled, imaging.allsky.enabled)"
        return {**record, "status": "off", "message": message}
    planned = list(plans(allsky))
    record["bands"] = [_image_record(plan, plan.sub_bands(splits)) for plan in planned]
    one_thread = replace(machine, threads=1, memory_mb=machine.memory_mb // machine.threads)
    with scratch_directory("wsclean") as scratch, ThreadPoolExecutor(machine.threads) as pool:
        jobs = [
            pool.submit(
                _image,
                plan,
                manifest,
                plan.sub_bands(splits),
                allsky,
                one_thread,
                folder / item["file"],
                scratch,
            )
            for plan, item in zip(planned, record["bands"])
            if plan.sub_bands(splits)
        ]
        try:
            record["commands"] = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # one failed: start no more
            raise
    if not settings.keep_auxiliary_fits:
        wsclean.remove_auxiliary(folder)
    colours = [item for item in record["bands"] if item["name"] != FULL_BAND]
    if not rgb_image.write(colours, folder, folder / COLOUR_PICTURE):
        record["status"], record["message"] = "no_data", "no band has calibrated data"
    return record


def _image_record(plan: Plan, bands: Sequence[SplitBand]) -> AllskyImage:
    item: AllskyImage = {
        "name": plan.name,
        "mhz": [plan.low, plan.high],
        "sub_bands": [band.name for band in bands],
        "file": "",
        "status": "no_data",
        "message": "",
    }
    if not bands:
        message = f"no calibrated sub-band from {plan.low:g} to {plan.high:g} MHz"
        return {**item, "message": message}
    joined = plan.joined and len(bands) > 1
    return {
        **item,
        "file": f"{plan.name}-MFS-image.fits" if joined else f"{plan.name}-image.fits",
        "thermal_jy": thermal_together([band.record["thermal_jy"] for band in bands]),
        "status": "ok",
    }


def thermal_together(noise_jy: Sequence[float | None]) -> float | None:
    """Return the thermal noise of an image of several sub-bands, combined by inverse variance.

    ``noise_jy`` is the thermal noise of each; the result is None if any of them is.
    """
    thermal_jy = [value for value in noise_jy if value is not None]
    if len(thermal_jy) < len(noise_jy):
        return None
    return sum(value**-2 for value in thermal_jy) ** -0.5


def _image(
    plan: Plan,
    manifest: ManifestRecord,
    bands: Sequence[SplitBand],
    settings: AllSkyImages,
    machine: wsclean.Machine,
    image: Path,
    scratch: Path,
) -> str:
    """Make ``image`` with WSClean and return the command."""
    logger.info(f"all-sky image, {plan.low:g} to {plan.high:g} MHz")
    # WSClean names temporary files after the sets, which the other images read as well
    image_scratch = scratch / plan.name
    image_scratch.mkdir()
    sets = [band.path(calibrate.ZENITH) for band in bands]
    options = image_options(plan, manifest, bands, settings)
    prefix = image.with_name(plan.name)
    return wsclean.run(machine, sets, prefix, options, image_scratch, [image.name])


def image_options(
    plan: Plan, manifest: ManifestRecord, bands: Sequence[SplitBand], settings: AllSkyImages
) -> list[str]:
    """Return WSClean's options for an all-sky image."""
    options = wsclean.image_options(settings.model_copy(update={"tukey_lambda": plan.tukey_lambda}))
    if plan.joined:
        names = [band.name for band in bands]
        options += wsclean.channel_options(
            edges_between(manifest, names), len(names), settings.fit_spectral_pol
        )
    options += [
        "-auto-threshold",
        str(settings.auto_threshold),
        "-auto-mask",
        str(settings.auto_mask),
    ]
    if settings.local_rms:
        options.append("-local-rms")
    return options
