"""Builds WSClean's command line and runs it."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lwacal.records.configuration.imaging import AnyImages
from lwacal.runtime.processes import ToolError, find_tool, run_tool

logger = logging.getLogger(__name__)

ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # WSClean refuses to run without it
AUXILIARY = ("psf", "dirty", "residual", "model", "mask")


@dataclass(frozen=True)
class Machine:
    """The WSClean program (tools.wsclean), and the threads and memory it may use."""

    executable: str
    threads: int
    memory_mb: int


def image_options(settings: AnyImages) -> list[str]:
    """Return the options that all kinds of images have in common.

    The w-gridder is used because the errors of w-stacking away from the phase centre reach several
    percent of the brightest source, and depend on the number of threads. The restoring beam is
    fitted close to the peak of the PSF: WSClean's default box of 10 beams includes the pedestal of
    the dense core (352 antennas, 78 MHz, briggs 1: 1185 x 761 instead of 643 x 555 arcsec).
    """
    words = [
        "-use-wgridder",
        "-pol",
        "I",
        "-size",
        str(settings.size),
        str(settings.size),
        "-scale",
        f"{settings.scale_deg}deg",
        "-niter",
        str(settings.niter),
        "-weight",
        *settings.weight.split(),
        "-mgain",
        str(settings.mgain),
        "-horizon-mask",
        f"{settings.horizon_mask_deg}deg",
        "-beam-fitting-size",
        str(settings.beam_fitting_size),
        "-taper-inner-tukey",
        str(settings.tukey_lambda),
    ]
    return words + shlex.split(settings.extra)


def channel_options(
    band_edges_hz: Sequence[float], n_bands: int, fit_spectral_pol: int
) -> list[str]:
    """Return the options for one image per sub-band, cleaned jointly.

    The band is split at the frequencies between sub-bands (``band_edges_hz``, one fewer than
    sub-bands), so that a missing sub-band leaves a gap and does not shift the others. There are no
    options for one sub-band, as WSClean refuses to join a single channel.
    """
    if n_bands == 1:
        return []
    edges = ",".join(f"{edge:.1f}" for edge in band_edges_hz)
    return [
        "-join-channels",
        "-channels-out",
        str(n_bands),
        "-channel-division-frequencies",
        edges,
        "-fit-spectral-pol",
        str(min(fit_spectral_pol, n_bands)),
    ]


def run(
    machine: Machine,
    sets: Sequence[Path],
    prefix: Path,
    options: Sequence[str],
    scratch: Path,
    images: Sequence[str],
) -> str:
    """Run WSClean on measurement sets and return the command as text.

    Temporary files go to ``scratch``. ``images`` are the names of the images that WSClean must
    make, in the folder of ``prefix``. Raises processes.ToolError if WSClean is missing, fails, or
    does not make all of them.
    """
    prefix.parent.mkdir(parents=True, exist_ok=True)
    words = command(machine, sets, prefix, options, scratch)
    run_tool(words, ENVIRONMENT)
    missing = [name for name in images if not (prefix.parent / name).is_file()]
    if missing:
        raise ToolError(
            f"{words[0]} ended without an error but has not made {', '.join(missing)}. Its output"
            " is above. Check that tools.wsclean is WSClean 3.1 or later and that the disk is not"
            " full"
        )
    return shlex.join(words)


def command(
    machine: Machine, sets: Sequence[Path], prefix: Path, options: Sequence[str], scratch: Path
) -> list[str]:
    """Return WSClean's command line. Raises processes.ToolError if WSClean is missing."""
    return [
        find_tool(machine.executable, "tools.wsclean"),
        "-quiet",
        "-j",
        str(machine.threads),
        "-abs-mem",
        f"{max(machine.memory_mb / 1000, 0.5):.1f}",
        "-temp-dir",
        str(scratch),
        "-reorder",
        "-no-update-model-required",
        "-data-column",
        "DATA",
        "-name",
        str(prefix),
        *options,
        *map(str, sets),
    ]


def remove_auxiliary(folder: Path) -> None:
    """Remove the PSF, dirty, residual, model and mask images of a folder; log how many."""
    auxiliary = [path for kind in AUXILIARY for path in folder.glob(f"*-{kind}.fits")]
    for path in auxiliary:
        path.unlink()
    logger.info(
        f"{len(auxiliary)} images removed ({', '.join(AUXILIARY)}; imaging.keep_auxiliary_fits),"
        f" {len(list(folder.glob('*.fits')))} kept"
    )
