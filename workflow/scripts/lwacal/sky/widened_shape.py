"""A point that is widened to a round Gaussian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S

FWHM_OF_SIGMA = 2.3548


@dataclass(frozen=True)
class WidenedShape:
    """The shape of a round Gaussian in channels (channel,); ``fwhm_arcmin`` is its width."""

    fwhm_arcmin: float
    frequency_hz: np.ndarray

    def at(self, uv_m: np.ndarray) -> np.ndarray:
        """Return the shape (row, channel), complex64, at u and v (row, 2) in metres.

        It is exp(-2 pi^2 sigma^2 |uv|^2) with uv in wavelengths: Thompson, Moran & Swenson 2017,
        section 10.4.
        """
        sigma = np.deg2rad(self.fwhm_arcmin / 60) / FWHM_OF_SIGMA
        exponent = -2 * np.pi**2 * (sigma * self.frequency_hz / SPEED_OF_LIGHT_M_S) ** 2
        return np.exp(np.outer((uv_m**2).sum(axis=1), exponent)).astype(np.complex64)
