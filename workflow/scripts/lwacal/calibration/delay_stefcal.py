"""Delays of one sub-band from its first integration, by the solver of the bandpass.

The gains of each channel are solved from the first integration alone, and a straight line is fitted
to their phases (lwacal.calibration.delay_fit). The signal-to-noise ratio of a delay is that of the
mean phasor of n channels after removing the line: its modulus over 1 / sqrt(n), that of noise.
"""

from __future__ import annotations

import logging

import numpy as np

from lwacal.calibration import bandpass_stefcal, delay_fit
from lwacal.calibration.sub_band import SubBand
from lwacal.records.configuration.bandpass import Bandpass
from lwacal.runtime.timing import Stopwatch

logger = logging.getLogger(__name__)


def solve_band(
    band: SubBand, reference: int, settings: Bandpass, min_snr: float, threads: int = 1
) -> np.ndarray:
    """Return delays relative to an antenna in ns, (antenna, 2), NaN where there is none.

    Delays with a signal-to-noise ratio below ``min_snr`` are left out.
    """
    watch = Stopwatch()
    sums, *_ = bandpass_stefcal.in_range(band, settings, threads, watch, integrations=1)
    if sums is None:
        logger.warning(f"{band.name}: no unflagged data in the first integration")
        return np.full((len(band.antennas.names), 2), np.nan)
    with watch.part("solving"):
        solved = bandpass_stefcal.solve(sums, settings.min_baselines_per_antenna, threads)
    watch.log(f"{band.name}, first integration")
    unknown = ~np.isfinite(solved.error) | ~solved.converged
    found = delay_fit.fit(solved.gain, unknown, band.frequency_hz, reference)
    snr = found.coherence * np.sqrt((~unknown & ~unknown[reference]).sum(axis=1))
    return np.where(snr >= min_snr, found.delay_ns, np.nan)
