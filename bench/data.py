"""Simulated observations to measure with, kept between runs in a scratch folder."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.project import ENVIRONMENT
from bench.sizes import Size

logger = logging.getLogger(__name__)

SEED = 20240601


@dataclass(frozen=True)
class Observation:
    """The raw data of an observation, and the truth."""

    size: Size
    raw: Path

    @property
    def truth(self) -> Path:
        """The folder with the truth of the simulator."""
        return self.raw.with_name(self.raw.name + ".truth")


def check_space(scratch: Path, needed_mb: float) -> None:
    """Raise OSError unless the disk has room for the data plus ten per cent."""
    scratch.mkdir(parents=True, exist_ok=True)
    free_mb = shutil.disk_usage(scratch).free / 1e6
    if free_mb < 1.1 * needed_mb:
        raise OSError(
            f"{scratch} has {free_mb / 1e3:.1f} GB free, and {1.1 * needed_mb / 1e3:.1f} GB are"
            " needed; name another folder with --scratch, or measure less"
        )


def observation(size: Size, scratch: Path) -> Observation:
    """Return an observation of this size, simulated if it does not exist.

    The sky has the A-team but no faint sources: the residuals after calibration are pure noise, so
    that gain errors can be compared with the thermal error.
    """
    found = Observation(size, (scratch / "data" / size.name / "raw").absolute())
    if (found.truth / "truth.json").is_file():
        return found
    logger.info(
        f"simulating {size.antennas} antennas, {size.channels} channels,"
        f" {size.integrations} integrations, {len(size.bands)} sub-bands ({size.data_mb:.0f} MB)"
    )
    command = [
        sys.executable,
        "-m",
        "lwacal",
        "simulate",
        str(found.raw),
        "--antennas",
        str(size.antennas),
        "--channels",
        str(size.channels),
        "--integrations",
        str(size.integrations),
        "--bands",
        *size.bands,
        "--seed",
        str(SEED),
        "--faint",
        "0",
    ]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **ENVIRONMENT}
    )
    return found
