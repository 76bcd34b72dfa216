"""The bandpass by CASA's task of that name, on a private set with model and weights."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lwacal.calibration import casa_input, normal_equations, swapped, uv_range
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.calibration.solver_result import Attempt
from lwacal.calibration.sub_band import SubBand
from lwacal.io import caltable
from lwacal.io.solutions import SubBandSolutions, unsolved
from lwacal.records.bandpass import SolverFindings
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.runtime import casa
from lwacal.runtime.scratch import scratch_directory

logger = logging.getLogger(__name__)


def attempt(
    band: SubBand,
    reference: ReferenceOrder,
    settings: Bandpass,
    nothing: SubBandSolutions,
    threads: int = 1,
) -> Attempt:
    """Solve a sub-band; ``nothing`` is returned if it cannot be solved.

    CASA's task uses one thread, whatever ``threads`` says.
    """
    limits = uv_range.configured(band.model, settings)
    with scratch_directory("bandpass") as directory:
        data = directory / "data.ms"
        alive = casa_input.write(band, data)
        if not alive.any():
            message = f"sub-band {band.name} has no unflagged data to solve with"
            return Attempt(nothing, "no_data", message, limits)
        low, high, changed = uv_range.usable(*uv_range.baselines_of_set(data), band.model, settings)
        limits = (low, high)
        table = directory / "solutions.bcal"
        problem = run_casa(data, table, reference, settings, limits, directory)
        if not table.exists():
            message = f"CASA's bandpass made no table for {band.name}. {problem}"
            return Attempt(nothing, "failed", message, limits)
        solved = caltable.read(table)
    flag = solved.flag | ~alive
    solutions = replace(
        nothing,
        gain=np.where(flag, 1, solved.gain),
        cause=unsolved(flag),
        error=solved.error,
        snr=solved.snr,
        reference=solved.reference,
    )
    if solutions.flag.all():
        message = (
            f"CASA's bandpass flagged every solution of {band.name}: signal-to-noise below"
            f" bandpass.min_snr, or fewer baselines than bandpass.min_baselines_per_antenna"
            f" between {limits[0]:g} and {limits[1]:g} wavelengths"
        )
        return Attempt(solutions, "failed", message, limits)
    few = baselines_alive(band, alive, limits) < settings.min_baselines_per_antenna
    found: SolverFindings = {"swapped": swapped_antennas(band, solved, flag, few, limits)}
    return Attempt(solutions, "ok", changed, limits, found)


def baselines_alive(band: SubBand, alive: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Return the number of baselines within the limits from each antenna to others with data."""
    matrix = uv_range.matrix_in_range(band.manifest, band.name, limits)
    return matrix[:, alive.any(axis=(1, 2))].sum(axis=1)


def swapped_antennas(
    band: SubBand,
    solved: SubBandSolutions,
    flag: np.ndarray,
    few: np.ndarray,
    limits: Sequence[float],
) -> list[str]:
    """Return the antennas whose X and Y are swapped, from XY and YX, which CASA does not use.

    ``flag`` (antenna, channel, 2) marks solutions that must not be used, where CASA leaves no gain;
    antennas with ``few`` baselines (antenna,) were not solved.
    """
    sums = normal_equations.read(band)
    sums.leave_out_of_range(*limits)
    error = np.where(few[:, None, None], np.inf, solved.error)
    gain = np.where(flag, 0, solved.gain)
    return swapped.names(sums, gain, flag, error, band.antennas.names)


def run_casa(
    data: Path,
    table: Path,
    reference: ReferenceOrder,
    settings: Bandpass,
    limits: Sequence[float],
    directory: Path,
) -> str:
    """Run CASA's bandpass task; return the problem in words if it failed.

    The range is written "5~350lambda": CASA reads ">5lambda,<350lambda" as one or the other,
    which selects all baselines.
    """
    tasks = casa.start(directory / "casa.log")
    logger.info("CASA bandpass")
    try:
        tasks.bandpass(
            vis=str(data),
            caltable=str(table),
            bandtype="B",
            solint="inf",
            combine="obs,scan,field",
            refant=reference.casa_refant(),
            uvrange=f"{limits[0]}~{limits[1]}lambda",
            minsnr=settings.min_snr,
            minblperant=settings.min_baselines_per_antenna,
            solnorm=False,
            gaintable=[],
            corrdepflags=True,
        )
    except RuntimeError as error:
        return f"It stopped with: {error}"
    finally:
        log = directory / "casa.log"
        if log.is_file():
            logger.info(f"its log:\n{log.read_text(encoding='utf-8', errors='replace')}")
    return "Its log is above. Most often, no baseline is within the uv range."
