"""Images of the whole sky at the zenith, from the calibrated sets of all sub-bands."""

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
    """An image to be made: of the sub-bands with numbers from ``low`` to below ``high`` MHz.

    ``joined``: an image for each sub-band too, cleaned together; else one of all data alone.
    """

    name: str
    low: float
    high: float
    tukey_lambda: float
    joined: bool

    def of(self, splits: Sequence[SplitBand]) -> list[SplitBand]:
        """Return the sub-bands of the image that have data."""
        return [
            split
            for split in splits
            if self.low <= naming.band_mhz(split.name) < self.high and split.has(calibrate.ZENITH)
        ]


def plans(choice: AllSkyImages) -> Iterator[Plan]:
    """Yield the images that imaging.allsky asks for: the bands by frequency, then all of it."""
    ranges = sorted(choice.bands_mhz.by_name().items(), key=lambda item: item[1])
    for name, (low, high) in ranges:
        yield Plan(name, low, high, choice.tukey_lambda, joined=True)
    if choice.full_band:
        low, high = min(low for _, (low, _) in ranges), max(high for _, (_, high) in ranges)
        yield Plan(FULL_BAND, low, high, choice.full_band_tukey_lambda, joined=False)


def image_allsky(
    manifest: ManifestRecord,
    splits: Sequence[SplitBand],
    settings: Imaging,
    machine: wsclean.Machine,
    folder: Path,
) -> AllskyRecord:
    """Image the whole sky at the zenith in the bands of imaging.allsky.bands_mhz, and together.

    As many images as ``machine`` has threads are made side by side, each by a WSClean of one
    thread: with more threads in one WSClean sums are added in any order, and a run never gives the
    same image again. Returns images.json; bands without data are said to be so.
    """
    record: AllskyRecord = {
        "status": "ok",
        "message": "",
        "bands": [],
        "commands": [],
        "horizon_mask_deg": settings.allsky.horizon_mask_deg,
    }
    choice = settings.allsky
    if not (settings.enabled and choice.enabled):
        message = "all-sky images are switched off (imaging.enabled, imaging.allsky.enabled)"
        return {**record, "status": "off", "message": message}
    asked = list(plans(choice))
    record["bands"] = [_image_record(plan, plan.of(splits)) for plan in asked]
    own = replace(machine, threads=1, memory_mb=machine.memory_mb // machine.threads)
    with scratch_directory("wsclean") as scratch, ThreadPoolExecutor(machine.threads) as pool:
        jobs = [
            pool.submit(
                _image, plan, manifest, plan.of(splits), choice, own, folder / item["file"], scratch
            )
            for plan, item in zip(asked, record["bands"])
            if plan.of(splits)
        ]
        try:
            record["commands"] = [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # one has failed: begin no other
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
    """Return the noise of an image of several sub-bands, from that of each; None if unknown."""
    each = [value for value in noise_jy if value is not None]
    if len(each) < len(noise_jy):
        return None
    return sum(value**-2 for value in each) ** -0.5


def _image(
    plan: Plan,
    manifest: ManifestRecord,
    bands: Sequence[SplitBand],
    choice: AllSkyImages,
    machine: wsclean.Machine,
    image: Path,
    scratch: Path,
) -> str:
    """Run WSClean, which makes ``image``, and return the command."""
    logger.info(f"whole sky, {plan.low:g} to {plan.high:g} MHz")
    own = scratch / plan.name  # WSClean names its files there after the sets, which others read too
    own.mkdir()
    sets = [band.path(calibrate.ZENITH) for band in bands]
    options = image_options(plan, manifest, bands, choice)
    prefix = image.with_name(plan.name)
    return wsclean.run(machine, sets, prefix, options, own, [image.name])


def image_options(
    plan: Plan, manifest: ManifestRecord, bands: Sequence[SplitBand], choice: AllSkyImages
) -> list[str]:
    """Return WSClean's options for an image of the whole sky."""
    options = wsclean.image_options(choice.model_copy(update={"tukey_lambda": plan.tukey_lambda}))
    if plan.joined:
        names = [band.name for band in bands]
        options += wsclean.channel_options(
            edges_between(manifest, names), len(names), choice.fit_spectral_pol
        )
    options += [
        "-auto-threshold",
        str(choice.auto_threshold),
        "-auto-mask",
        str(choice.auto_mask),
    ]
    if choice.local_rms:
        options.append("-local-rms")
    return options
