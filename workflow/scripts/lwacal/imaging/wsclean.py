"""WSClean: its options as we use them, and running it in a scratch directory."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lwacal.records.configuration.imaging import AnyImages
from lwacal.runtime.processes import ToolError, find_tool, run_tool

logger = logging.getLogger(__name__)

ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # it refuses to run without
AUXILIARY = ("psf", "dirty", "residual", "model", "mask")


@dataclass(frozen=True)
class Machine:
    """What a run may use, and where WSClean is (tools.wsclean)."""

    executable: str
    threads: int
    memory_mb: int


def image_options(choice: AnyImages) -> list[str]:
    """Return the options that all kinds of images have in common.

    The w-gridder is taken because w-stacking errs by up to some percent of the brightest source
    away from the phase centre, and by another amount with another number of threads. The restoring
    beam is fitted close to the peak of the PSF: in WSClean's own box of 10 beams the pedestal that
    the dense core makes counts (352 antennas, 78 MHz, briggs 1: 1185 x 761 arcsec in place of
    643 x 555).
    """
    words = [
        "-use-wgridder",
        "-pol",
        "I",
        "-size",
        str(choice.size),
        str(choice.size),
        "-scale",
        f"{choice.scale_deg}deg",
        "-niter",
        str(choice.niter),
        "-weight",
        *choice.weight.split(),
        "-mgain",
        str(choice.mgain),
        "-horizon-mask",
        f"{choice.horizon_mask_deg}deg",
        "-beam-fitting-size",
        str(choice.beam_fitting_size),
        "-taper-inner-tukey",
        str(choice.tukey_lambda),
    ]
    return words + shlex.split(choice.extra)


def channel_options(
    band_edges_hz: Sequence[float], n_bands: int, fit_spectral_pol: int
) -> list[str]:
    """Return the options for one image a sub-band, cleaned together.

    The band is divided between sub-bands (``band_edges_hz``, one fewer than sub-bands), so that a
    missing sub-band leaves a gap and never shifts the others. WSClean refuses to join one channel.
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
    makes: Sequence[str],
) -> str:
    """Run WSClean on sets and return the command as text.

    Files it needs meanwhile go to ``scratch``; ``makes`` are the names of images, beside
    ``prefix``, that it has to make. Raises processes.ToolError if it is missing or fails.
    """
    prefix.parent.mkdir(parents=True, exist_ok=True)
    words = command(machine, sets, prefix, options, scratch)
    run_tool(words, ENVIRONMENT)
    missing = [name for name in makes if not (prefix.parent / name).is_file()]
    if missing:
        raise ToolError(
            f"{words[0]} ended without an error but has not made {', '.join(missing)}; its output"
            " is above. Is tools.wsclean WSClean 3.1 or later, and is there room on the disk?"
        )
    return shlex.join(words)


def command(
    machine: Machine, sets: Sequence[Path], prefix: Path, options: Sequence[str], scratch: Path
) -> list[str]:
    """Return WSClean's command. Raises processes.ToolError if there is no WSClean."""
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
    """Remove PSF, dirty, residual and model images, and masks, from a folder, and say so."""
    found = [path for kind in AUXILIARY for path in folder.glob(f"*-{kind}.fits")]
    for path in found:
        path.unlink()
    logger.info(
        f"{len(found)} images removed ({', '.join(AUXILIARY)}; imaging.keep_auxiliary_fits),"
        f" {len(list(folder.glob('*.fits')))} kept"
    )
