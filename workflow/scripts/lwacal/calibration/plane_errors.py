"""What errors of single sub-bands do to the screen of clock-TEC separation.

If the sources are not where the model of a sub-band has them, its gains hold a plane that all
antennas share: their scatter does not show it. Three planes, those of phi_0, tau and T, go through
those of the sub-bands, so that a small error of one becomes a large one of T: with sub-bands at 27,
41 and 73 MHz nearly five times as large.
"""

from __future__ import annotations

import numpy as np

from lwacal.calibration import antpol_columns
from lwacal.calibration.antpol_columns import Phases

# at 40 MHz, where the places of sources were held: shifts in arcmin, bends in arcmin/km
UNKNOWN_ARCMIN = np.array([0.3, 0.3, 0.1, 0.1, 0.1])
N_PLANES = 3
PRIOR_COUNT = 1.0  # how much the stated errors count, beside the agreement of sub-bands


def covariance(
    phases: Phases, sigma: np.ndarray, offset: np.ndarray, offset_error: np.ndarray
) -> np.ndarray:
    """Return the covariance (5, 5) of the mean plane and curvature from errors of sub-bands.

    ``sigma`` (sub-band, 5) are the errors of planes and curvatures, scaled to 40 MHz; ``offset``
    (sub-band, 2) is how far each plane is from that expected from all others, NaN where unknown,
    and ``offset_error`` alike how well the antennas tell that. The errors are scaled to the
    offsets, the more so the more sub-bands there are.
    """
    bands = np.unique(phases.band)
    matrices = {band: _matrix(phases.frequency_hz[phases.band == band]) for band in bands}
    total = sum(matrices.values(), np.zeros((N_PLANES, N_PLANES)))
    response = np.array([np.linalg.solve(total, matrices[band])[2, 2] for band in bands])
    own = sigma[bands]
    variance = (response[:, None] * own) ** 2
    known = np.isfinite(offset[bands]).all(axis=1)
    freedom = 2 * max(int(known.sum()) - N_PLANES, 0)
    chi2 = 0.0
    if freedom:
        expected = _expected_offset(phases, bands, matrices, total) ** 2 @ own[:, :2] ** 2
        expected += offset_error[bands] ** 2
        ratio = offset[bands][known] ** 2 / expected[known]
        chi2 = freedom * float(ratio.mean())
    scale = (PRIOR_COUNT + chi2) / (PRIOR_COUNT + freedom)
    return np.diag(variance.sum(axis=0) * scale)


def _matrix(frequency_hz: np.ndarray) -> np.ndarray:
    """Return the normal equations of phi_0, tau and T from some channels, in scaled units."""
    unit = antpol_columns.terms(frequency_hz) / antpol_columns.terms(np.array([50e6]))
    return np.asarray(unit.T @ unit)


def _expected_offset(
    phases: Phases, bands: np.ndarray, matrices: dict[int, np.ndarray], total: np.ndarray
) -> np.ndarray:
    """Return how the offset of a sub-band depends on the planes of all, (sub-band, sub-band)."""
    made = np.eye(len(bands))
    for row, band in enumerate(bands):
        hz = np.array([phases.frequency_hz[phases.band == band].mean()])
        unit = (antpol_columns.terms(hz) / antpol_columns.terms(np.array([50e6])))[0]
        inverse = np.linalg.inv(total - matrices[band])
        for column, other in enumerate(bands):
            if other != band:
                made[row, column] = -(unit @ inverse @ matrices[other][:, 2]) / unit[2]
    return made
