"""Delays of one sub-band from its first integration, by CASA's task gaincal (K)."""

from __future__ import annotations

import logging

import numpy as np

from lwacal.calibration import casa_input, uv_range
from lwacal.calibration.sub_band import SubBand
from lwacal.io import caltable
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.runtime import casa
from lwacal.runtime.scratch import scratch_directory

logger = logging.getLogger(__name__)


def solve_band(
    band: SubBand, reference: int, settings: Bandpass, min_snr: float, threads: int = 1
) -> np.ndarray:
    """Return delays relative to an antenna in ns, (antenna, 2), NaN where there is none.

    Delays with a signal-to-noise ratio below ``min_snr`` are left out. CASA's task uses one thread,
    whatever ``threads`` says.
    """
    number = len(band.antennas.names)
    nothing = np.full((number, 2), np.nan)
    logger.info(f"{band.name}: CASA gaincal K, first integration")
    with scratch_directory("delay") as directory:
        data, table = directory / "data.ms", directory / "solutions.K"
        alive = casa_input.write(band, data, 1).any(axis=1)
        if not alive.any():
            logger.warning(f"{band.name}: no unflagged data in the first integration")
            return nothing
        low, high, _ = uv_range.usable(*uv_range.baselines_of_set(data), band.model, settings)
        tasks = casa.start(directory / "casa.log")
        try:
            tasks.gaincal(
                vis=str(data),
                caltable=str(table),
                gaintype="K",
                solint="inf",
                refant=str(reference),
                uvrange=f"{low}~{high}lambda",
                minsnr=min_snr,
                gaintable=[],
            )
        except RuntimeError as error:
            logger.warning(f"{band.name}: CASA's gaincal stopped with: {error}")
        if not table.exists():
            logger.warning(f"{band.name}: CASA's gaincal made no table")
            return nothing
        found = caltable.read_delays(table)
    delays = np.where(found.flag | ~alive, np.nan, found.delay_ns)
    return delays - delays[reference]
