"""Model visibilities of points, for all rows at once."""

from __future__ import annotations

import numpy as np

from lwacal.sky.predict import factor_by_antenna


def model_visibilities(
    antenna1: np.ndarray,
    antenna2: np.ndarray,
    positions_m: np.ndarray,
    frequency_hz: np.ndarray,
    mjd_s: float,
    sources_radec: np.ndarray,
    flux_xx: np.ndarray,
    flux_yy: np.ndarray,
    centre_radec: tuple[float, float],
) -> np.ndarray:
    """Return model visibilities of points, XX and YY, (row, channel, 2), complex64, in Jy.

    ``antenna1``, ``antenna2`` (row,); the other arguments as of `predict.factor_by_antenna`.
    """
    seen = factor_by_antenna(
        positions_m,
        frequency_hz,
        mjd_s,
        sources_radec,
        flux_xx,
        flux_yy,
        [None] * len(sources_radec),
        centre_radec,
    )
    return seen.rows(antenna1, antenna2)
