"""WSClean's settings: what each costs, and how its image differs from that of the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.stats import mad_std

from bench import measuring, peers, run_stages
from bench.options import Options
from bench.place import Place
from bench.stages import BRIGHTEST
from lwacal import calibrate, imaging, imaging_allsky, wsclean
from lwacal.records import say

MEMORY_MB = 8000  # what WSClean may take
BEFORE = (
    "inventory", "concat", "manifest", "mnc_query", "antenna_health", "flag", "reference_antenna",
    "sky_model", "bandpass", "flag_solutions", "bandpass_table", "calibrate_split",
)
OURS = ("-use-wgridder",)  # options of the workflow that the choices name themselves


@dataclass(frozen=True)
class Choice:
    """Settings of WSClean; ``threads`` 0 is all cores."""

    name: str
    averaged: bool = True
    threads: int = 0
    options: tuple[str, ...] = ("-use-wgridder",)


EXACT = Choice("exact: w-gridder to 1e-6", averaged=False,
               options=("-use-wgridder", "-wgridder-accuracy", "1e-6"))
REFERENCE = Choice("reference: w-stacking", averaged=False, options=())
FIXED = (REFERENCE, EXACT)  # what the others are compared with
CHOICES = (
    EXACT,
    REFERENCE,
    Choice("averaged, w-gridder"),
    Choice("averaged, w-gridder, one thread (as in the workflow)", threads=1),
    Choice("averaged, w-gridder, one thread, parallel CLEAN", threads=1,
           options=("-use-wgridder", "-parallel-deconvolution", "1024")),
)


@dataclass(frozen=True)
class Image:
    """An image to make: the averaged data, those they come from, the options of the workflow.

    ``full`` is None where data of full resolution are not comparable: from those of a source the
    other sources are subtracted before they are averaged.
    """

    name: str
    averaged: Path
    full: Path | None
    options: list[str]


def measure(options: Options) -> list[dict[str, Any]]:
    """Return a record for each image: cost, and differences, of each choice of settings."""
    place = run_stages.place_of(options, options.base)
    for rule in BEFORE:
        run_stages.run_for_all_bands(place, rule, options.cores)
    for peer in peers.of_rule("calibrate_split", place):
        peer.prepare()
        measuring.measure(
            peer.command, place.path("peers/log.txt"), peer.environment, place.path("peers")
        )
    return [_compare(place, image, options) for image in _images(place)]


def _images(place: Place) -> Iterator[Image]:
    manifest, settings = place.record("manifest.json"), place.settings["imaging"]
    splits = imaging.read_splits([place.path(f"calibrated/{place.band}")])
    path = splits[0].path
    yield Image(
        f"{BRIGHTEST}, {settings['source']['size']} pixels", path(BRIGHTEST),
        None, wsclean.image_options(settings["source"]),
    )
    choice = {**settings["allsky"], "size": 2048, "scale_deg": 0.0625}  # in a quarter of the time
    plan = next(plan for plan in imaging_allsky.plans(choice) if plan.of(splits))
    yield Image(
        f"whole sky, {choice['size']} pixels", path(calibrate.ZENITH), peers.corrected(place),
        imaging_allsky.image_options(plan, manifest, plan.of(splits), choice),
    )


def _compare(place: Place, image: Image, options: Options) -> dict[str, Any]:
    chosen = [item for item in CHOICES if item.averaged or image.full or item in FIXED]
    folder = place.path("imaging")
    records, pixels = [], {}
    for number, choice in enumerate(chosen):
        prefix = folder / f"{image.name.split(',')[0].replace(' ', '_')}-{number}"
        cost = measuring.measure(
            _command(place, image, choice, prefix, options.cores), folder / "log.txt",
            wsclean.ENVIRONMENT,
        )
        say(f"{image.name}, {choice.name}: {cost.wall_s:.1f} s")
        pixels[choice.name] = _pixels(prefix, "image")
        records.append({"name": choice.name, "cost": asdict(cost)})
        if choice is EXACT:
            noise = mad_std(_pixels(prefix, "residual"), ignore_nan=True)
    for record in records:
        record["against"] = {
            fixed.name: difference(pixels[record["name"]], pixels[fixed.name], noise)
            for fixed in FIXED
        }
    return {
        "image": image.name, "size": place.observation.size.record(), "noise_jy": float(noise),
        "peak_jy": float(np.nanmax(pixels[EXACT.name])), "choices": records,
    }


def _command(
    place: Place, image: Image, choice: Choice, prefix: Path, cores: int
) -> list[str | Path]:
    prefix.parent.mkdir(parents=True, exist_ok=True)
    machine = wsclean.Machine(
        place.settings["tools"]["wsclean"], choice.threads or cores, MEMORY_MB
    )
    full = None if choice.averaged else image.full
    words = wsclean.command(
        machine, [full or image.averaged], prefix,
        [*(word for word in image.options if word not in OURS), *choice.options], prefix.parent,
    )
    if full:
        words[words.index("-data-column") + 1] = "CORRECTED_DATA"
    return list(words)


def _pixels(prefix: Path, kind: str) -> np.ndarray:
    return fits.getdata(f"{prefix}-{kind}.fits").squeeze()


def difference(ours: np.ndarray, theirs: np.ndarray, noise: float) -> dict[str, float]:
    """Return how two images (pixel, pixel) differ: rms, the largest, both in units of the noise.

    ``peak`` is the ratio of their brightest pixels.
    """
    apart = (ours - theirs) / noise
    return {
        "rms": float(np.sqrt(np.nanmean(apart**2))),
        "largest": float(np.nanmax(np.abs(apart))),
        "peak": float(np.nanmax(ours) / np.nanmax(theirs)),
    }
