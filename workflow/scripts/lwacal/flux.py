"""Where the bright sources are and how bright: flux scales as named choices.

A flux scale gives intrinsic flux densities at frequencies and an epoch. The scale "ovro2023" is
the observatory's, as compact fits: Cyg A and Cas A (epoch 2023.5) fitted to its table over 13-87
MHz to 2-3 %; Vir A of Perley & Butler 2017 (ApJS 230, 7); Tau A 970 Jy (nu/GHz)^-0.30 at epoch
1985.5. Secular decrease: Cas A 0.46 % a year, Tau A 0.16 % a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

REFERENCE_HZ = 50e6


@dataclass(frozen=True)
class Direction:
    """An ICRS direction in radians."""

    ra_rad: float
    dec_rad: float


def _direction(hours: tuple[int, int, float], degrees: tuple[int, int, float]) -> Direction:
    ra = (hours[0] + hours[1] / 60 + hours[2] / 3600) * 15
    dec = degrees[0] + degrees[1] / 60 + degrees[2] / 3600
    return Direction(float(np.deg2rad(ra)), float(np.deg2rad(dec)))


POSITIONS = {
    "CygA": _direction((19, 59, 28.356), (40, 44, 2.09)),
    "CasA": _direction((23, 23, 24.0), (58, 48, 54.0)),
    "TauA": _direction((5, 34, 31.94), (22, 0, 52.2)),
    "VirA": _direction((12, 30, 49.42338), (12, 23, 28.0439)),
}


@dataclass(frozen=True)
class Spectrum:
    """log10 S(Jy) = sum of c_i x^i, x = log10(nu / 50 MHz), at an epoch.

    ``decrease_per_year`` is the fraction lost a year, linear from the epoch (a year, or None for a
    source that does not change).
    """

    coefficients: tuple[float, ...]
    epoch: float | None = None
    decrease_per_year: float = 0.0

    def flux_jy(self, frequency_hz: np.ndarray, year: float) -> np.ndarray:
        """Return flux densities at frequencies (channel,) in a year, Jy."""
        x = np.log10(np.asarray(frequency_hz) / REFERENCE_HZ)
        flux = 10 ** np.polynomial.polynomial.polyval(x, self.coefficients)
        if self.epoch is not None:
            flux = flux * (1 - self.decrease_per_year * (year - self.epoch))
        return flux


SCALES: dict[str, dict[str, Spectrum]] = {
    "ovro2023": {
        "CygA": Spectrum((4.3424, -0.6306, -0.3019, 1.3152)),
        "CasA": Spectrum((4.3132, -0.6852, -0.1352, 1.5224), 2023.5, 0.0046),
        "TauA": Spectrum((3.3771, -0.30), 1985.5, 0.0016),
        "VirA": Spectrum((3.4208, -0.6859, -0.0483)),
    },
}


def flux_jy(scale: str, source: str, frequency_hz: np.ndarray, year: float) -> np.ndarray:
    """Return intrinsic flux densities (channel,) of a source on a scale, in Jy.

    Raises ValueError for a scale that does not exist or does not have the source.
    """
    if scale not in SCALES:
        raise ValueError(f"sky_model.flux_scale is '{scale}', but there are {', '.join(SCALES)}")
    if source not in SCALES[scale]:
        known = ', '.join(SCALES[scale])
        raise ValueError(f"the flux scale '{scale}' has no {source}, only {known}")
    return SCALES[scale][source].flux_jy(frequency_hz, year)
