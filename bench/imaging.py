"""WSClean settings: the cost of each, and the difference of its image from the reference.

All choices image the same data. Images are compared only inside WSClean's horizon mask; outside it
the gridders give arbitrary values. Dirty images show the differences between gridders; CLEAN
amplifies small differences.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.stats import mad_std

from bench import measuring, run_stages
from bench.options import Options
from bench.place import Place
from bench.stages import BRIGHTEST, RULES
from lwacal.imaging import image_allsky, image_source, split, wsclean

logger = logging.getLogger(__name__)

MEMORY_MB = 8000  # memory limit of WSClean
# What calibrated sets need; delays are not among it.
BEFORE = tuple(rule for rule in RULES[: RULES.index("image_source")] if rule != "delay")
W_GRIDDER = "-use-wgridder"  # used by the workflow


@dataclass(frozen=True)
class Choice:
    """Settings of WSClean; ``threads`` 0 is all cores; without ``cleaned`` only the dirty image."""

    name: str
    threads: int = 0
    options: tuple[str, ...] = (W_GRIDDER,)
    cleaned: bool = True


EXACT = Choice("exact: w-gridder to 1e-6", options=(W_GRIDDER, "-wgridder-accuracy", "1e-6"))
REFERENCE = Choice("reference: w-stacking", options=())
FIXED = (EXACT, REFERENCE)  # the others are compared with these
CHOICES = (
    EXACT,
    REFERENCE,
    Choice("reference, four times the w-layers", options=("-nwlayers-factor", "4"), cleaned=False),
    Choice("w-gridder"),
    Choice("w-gridder, one thread (as in the workflow)", threads=1),
    Choice(
        "w-gridder, one thread, parallel CLEAN",
        threads=1,
        options=(W_GRIDDER, "-parallel-deconvolution", "1024"),
    ),
)


@dataclass(frozen=True)
class Image:
    """An image to make: its data, and the options of the workflow."""

    name: str
    data: Path
    options: list[str]


def measure(options: Options) -> list[dict[str, Any]]:
    """Return a record for each image: cost, and differences, of each choice of settings."""
    place = run_stages.place_of(options, options.base)
    for rule in BEFORE:
        run_stages.run_for_all_bands(place, rule)
    return [_compare(place, image, options) for image in _images(place)]


def _images(place: Place) -> Iterator[Image]:
    manifest, settings = place.record("manifest.json"), place.settings.imaging
    splits = image_source.read_splits([place.path(f"calibrated/{place.band}")])
    path = splits[0].path
    yield Image(
        f"{BRIGHTEST}, {settings.source.size} pixels",
        path(BRIGHTEST),
        wsclean.image_options(settings.source),
    )
    # takes a quarter of the time
    choice = settings.allsky.model_copy(update={"size": 2048, "scale_deg": 0.0625})
    plan = next(plan for plan in image_allsky.plans(choice) if plan.sub_bands(splits))
    yield Image(
        f"whole sky, {choice.size} pixels",
        path(split.ZENITH),
        image_allsky.image_options(plan, manifest, plan.sub_bands(splits), choice),
    )


def _compare(place: Place, image: Image, options: Options) -> dict[str, Any]:
    folder = place.path("imaging")
    records: list[dict[str, Any]] = []
    pixels: dict[str, dict[str, np.ndarray]] = {}
    for number, choice in enumerate(CHOICES):
        prefix = folder / f"{image.name.split(',')[0].replace(' ', '_')}-{number}"
        cost = measuring.measure(
            _command(place, image, choice, prefix, options.cores),
            folder / "log.txt",
            wsclean.ENVIRONMENT,
        )
        logger.info(f"{image.name}, {choice.name}: {cost.wall_s:.1f} s")
        if choice is EXACT:
            sky = _pixels(prefix, "horizon-mask") > 0
            noise = float(mad_std(_pixels(prefix, "residual")[sky]))
        kinds = ("dirty", "image") if choice.cleaned else ("dirty",)
        pixels[choice.name] = {kind: _pixels(prefix, kind)[sky] for kind in kinds}
        records.append({"name": choice.name, "cost": asdict(cost)})
    for record in records:
        own = pixels[record["name"]]
        record["against"] = {
            kind: {
                fixed.name: difference(own[kind], pixels[fixed.name][kind], noise)
                for fixed in FIXED
            }
            for kind in own
        }
    return {
        "image": image.name,
        "size": place.observation.size.record(),
        "noise_jy": noise,
        "peak_jy": float(np.max(pixels[EXACT.name]["image"])),
        "choices": records,
    }


def _command(
    place: Place, image: Image, choice: Choice, prefix: Path, cores: int
) -> list[str | Path]:
    prefix.parent.mkdir(parents=True, exist_ok=True)
    machine = wsclean.Machine(place.settings.tools.wsclean, choice.threads or cores, MEMORY_MB)
    words = [word for word in image.options if word != W_GRIDDER]
    if not choice.cleaned:
        words[words.index("-niter") + 1] = "0"
    words = [*words, *choice.options]
    return list(wsclean.command(machine, [image.data], prefix, words, prefix.parent))


def _pixels(prefix: Path, kind: str) -> np.ndarray:
    return fits.getdata(f"{prefix}-{kind}.fits").squeeze()


def difference(ours: np.ndarray, theirs: np.ndarray, noise: float) -> dict[str, float]:
    """Return the rms and largest difference of the pixels (pixel,) of two images over the noise.

    ``peak`` is the ratio of their brightest pixels.
    """
    apart = (ours - theirs) / noise
    return {
        "rms": float(np.sqrt(np.mean(apart**2))),
        "largest": float(np.max(np.abs(apart))),
        "peak": float(np.max(ours) / np.max(theirs)),
    }
