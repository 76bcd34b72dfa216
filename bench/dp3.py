"""DP3, a reference solver: its location, command and tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from bench.project import PROJECT
from lwacal.io.solutions import SubBandSolutions

VENV = Path(os.environ.get("DP3_VENV", PROJECT / ".venv-dp3"))
PROGRAM = VENV / "bin" / "DP3.py"
MOST_ITERATIONS = 200
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # DP3 refuses to run otherwise


def is_installed() -> bool:
    """Return whether DP3 is installed in the environment of `make bench`."""
    return PROGRAM.is_file()


def version() -> str:
    """Return the version of the installed wheel."""
    found = sorted(VENV.glob("lib/python*/site-packages/dp3-*.dist-info"))
    return found[0].name.split("-")[1].removesuffix(".dist") if found else "absent"


def gaincal(data: Path, table: Path, limits_lambda: Sequence[float]) -> list[str | Path]:
    """Return the command that solves XX and YY of each channel from MODEL_DATA.

    One solution for all integrations; baselines are selected by length in wavelengths, as in our
    solver. DP3 starts from unit gains: with gains of 5e-3 it detects stalling before it converges,
    and it needs more than the usual 50 iterations. Nothing is written into the set.
    """
    low, high = limits_lambda
    return [
        VENV / "bin" / "python",
        PROGRAM,
        f"msin={data}",
        "msin.datacolumn=DATA",
        "msout=",
        "steps=[gaincal,null]",
        f"gaincal.uvlambdamin={low}",
        f"gaincal.uvlambdamax={high}",
        "gaincal.detectstalling=false",
        f"gaincal.maxiter={MOST_ITERATIONS}",
        "gaincal.caltype=diagonal",
        "gaincal.nchan=1",
        "gaincal.solint=0",
        "gaincal.usemodelcolumn=true",
        "gaincal.modelcolumn=MODEL_DATA",
        f"gaincal.parmdb={table}",
    ]


def read(table: Path, names: Sequence[str], like: SubBandSolutions) -> SubBandSolutions:
    """Return DP3's solutions in our order, (antenna, channel, 2); ``like`` gives the channels."""
    with h5py.File(table) as archive:
        amplitude, flag, found = _array(archive["sol000/amplitude000"])
        phase, _, _ = _array(archive["sol000/phase000"])
    order = [found.index(name) for name in names]
    values = (amplitude * np.exp(1j * phase))[order]
    flag = flag[order] | ~np.isfinite(values)
    return SubBandSolutions.of(
        np.where(flag, 1, values),
        flag,
        antenna_names=list(names),
        frequency_hz=like.frequency_hz,
        channel_width_hz=like.channel_width_hz,
        mjd_s=like.mjd_s,
    )


def _array(table: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return values and flags (antenna, channel, 2) and the antennas of a table of one time."""
    axes = table["val"].attrs["AXES"]
    axes = (axes.decode() if isinstance(axes, bytes) else str(axes)).split(",")
    values, weight = table["val"][()], table["weight"][()]
    time = axes.index("time")
    kept = [axis for axis in axes if axis != "time"]
    order = [kept.index(axis) for axis in ("ant", "freq", "pol")]
    values, weight = (np.take(array, 0, axis=time).transpose(order) for array in (values, weight))
    names = [name.decode() for name in table["ant"][()]]
    return values, weight == 0, names
