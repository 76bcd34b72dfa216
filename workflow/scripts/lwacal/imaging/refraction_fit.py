"""Separates ionospheric refraction from constant position offsets, by their frequency dependence.

Refraction shifts a source by an angle proportional to the wavelength squared. Errors of the phase
calibration, the array geometry or the catalogue shift it by the same angle at all frequencies. Each
coordinate is therefore fitted with constant + slope x lambda^2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lwacal.records.measurements import Calibrator, Position
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

FEWEST_BANDS = 3
REFERENCE_MHZ = 50.0  # frequency at which the ionospheric offset is given


def of_sources(calibrators: Sequence[Calibrator]) -> list[Position]:
    """Return the fit of each source with successful position fits in at least three sub-bands."""
    found: list[Position] = []
    for source in dict.fromkeys(item["source"] for item in calibrators):
        good = [item for item in calibrators if item["source"] == source and item["fit"] == "ok"]
        if len(good) < FEWEST_BANDS:
            continue
        ra, dec = (
            fit(
                np.array([item["freq_mhz"] for item in good]),
                np.array(offset_arcsec),
                np.array([item["offset_err_arcsec"] for item in good]),
            )
            for offset_arcsec in (
                [item["ra_offset_arcsec"] for item in good],
                [item["dec_offset_arcsec"] for item in good],
            )
        )
        found.append(
            {
                "source": source,
                "bands": len(good),
                "ra_constant_arcsec": ra["constant_arcsec"],
                "ra_constant_err_arcsec": ra["constant_err_arcsec"],
                "ra_ionosphere_arcsec": ra["ionosphere_arcsec"],
                "ra_ionosphere_err_arcsec": ra["ionosphere_err_arcsec"],
                "dec_constant_arcsec": dec["constant_arcsec"],
                "dec_constant_err_arcsec": dec["constant_err_arcsec"],
                "dec_ionosphere_arcsec": dec["ionosphere_arcsec"],
                "dec_ionosphere_err_arcsec": dec["ionosphere_err_arcsec"],
            }
        )
    return found


def fit(
    freq_mhz: np.ndarray, offset_arcsec: np.ndarray, error_arcsec: np.ndarray
) -> dict[str, float]:
    """Fit constant + slope x lambda^2 by weighted least squares; all arrays are (band,).

    Returns constant_arcsec and ionosphere_arcsec (the ionospheric offset at 50 MHz) with their
    errors. The errors are scaled up if the reduced chi-squared exceeds one.
    """
    reference_m2 = (SPEED_OF_LIGHT_M_S / (REFERENCE_MHZ * 1e6)) ** 2
    relative_m2 = (SPEED_OF_LIGHT_M_S / (freq_mhz * 1e6)) ** 2 / reference_m2
    design = np.stack([np.ones_like(relative_m2), relative_m2], axis=1) / error_arcsec[:, None]
    target = offset_arcsec / error_arcsec
    covariance = np.linalg.inv(design.T @ design)
    values = covariance @ design.T @ target
    n_free = len(target) - 2
    chi_squared = float(((target - design @ values) ** 2).sum() / n_free) if n_free > 0 else 1.0
    errors = np.sqrt(np.diag(covariance) * max(chi_squared, 1.0))
    return {
        "constant_arcsec": float(f"{values[0]:.6g}"),
        "constant_err_arcsec": float(f"{errors[0]:.6g}"),
        "ionosphere_arcsec": float(f"{values[1]:.6g}"),
        "ionosphere_err_arcsec": float(f"{errors[1]:.6g}"),
    }
