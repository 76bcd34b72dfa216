"""Solves the bandpass of one sub-band: a complex gain for each antenna, channel, polarization."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from lwacal.calibration import bandpass_casa, bandpass_stefcal, uv_range
from lwacal.calibration.reference_antenna import ReferenceOrder
from lwacal.calibration.solver_result import Attempt
from lwacal.calibration.sub_band import SubBand
from lwacal.io import caltable
from lwacal.io.solutions import NO_ANTENNA, SubBandSolutions
from lwacal.records.antpol import Polarization
from lwacal.records.bandpass import BandpassRecord
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.records.reference import ReferenceRecord
from lwacal.runtime.robust import masked_median
from lwacal.runtime.timing import Stopwatch
from lwacal.sky import sky_model
from lwacal.telescope.correlations import POLARIZATIONS

logger = logging.getLogger(__name__)

ENGINES = {"stefcal": bandpass_stefcal.attempt, "casa": bandpass_casa.attempt}


def solve(
    band: SubBand,
    reference: ReferenceRecord,
    settings: Bandpass,
    output: Path,
    threads: int = 1,
) -> BandpassRecord:
    """Solve a sub-band, write the table, and return the summary.

    If it cannot be solved (no data, no source, a solver that fails), all of the table is flagged
    and the summary gives the reason.
    """
    antennas, order = band.antennas, ReferenceOrder.of(reference)
    nothing = all_flagged(band)
    if band.model["message"]:
        limits = uv_range.configured(band.model, settings)
        attempt = Attempt(nothing, "no_model", band.model["message"], limits)
    else:
        attempt = ENGINES[settings.engine](band, order, settings, nothing, threads)
    solutions, message = attempt.solutions, attempt.message
    watch = Stopwatch()
    with watch.part("writing the table"):
        caltable.write_bandpass(output, solutions, antennas, band.centre_radec)
    watch.log(band.name)
    used = order.first if solutions.reference == NO_ANTENNA else solutions.reference
    if used != order.first:
        message += (" " if message else "") + (
            f"{antennas.names[order.first]} has no solution: phases are relative to"
            f" {antennas.names[used]}"
        )
    if message:
        logger.warning(f"{band.name}: {message}")
    return {
        **attempt.found,
        "band": band.name,
        "engine": settings.engine,
        "reference_antenna": antennas.names[used],
        "sources": [source["name"] for source in sky_model.model_sources(band.model, band.name)],
        "uv_range_lambda": list(attempt.uv_range_lambda),
        "min_snr": settings.min_snr,
        "min_baselines_per_antenna": settings.min_baselines_per_antenna,
        "n_solutions": int((~solutions.flag).sum()),
        "flagged_fraction": float(solutions.flag.mean()),
        "median_snr": median_snr(solutions),
        "status": attempt.status,
        "message": message,
    }


def all_flagged(band: SubBand) -> SubBandSolutions:
    """Return unit gains that are all flagged."""
    shape = (len(band.antennas.names), len(band.frequency_hz), 2)
    return SubBandSolutions.of(
        np.ones(shape, np.complex64),
        np.ones(shape, bool),
        antenna_names=band.antennas.names,
        frequency_hz=band.frequency_hz,
        channel_width_hz=band.channel_width_hz,
        mjd_s=band.manifest["observation"]["mid_mjd_s"],
    )


def median_snr(solutions: SubBandSolutions) -> dict[Polarization, list[float | None]]:
    """Return the median S/N over antennas by channel, for X and Y; NaN where all are flagged."""
    median = masked_median(solutions.snr, solutions.flag, axis=0)
    return {
        letter: np.round(median[:, pol].astype(float), 2).tolist()
        for pol, letter in enumerate(POLARIZATIONS)
    }
