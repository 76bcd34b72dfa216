"""The flux scales to choose from, of the A-team.

ovro2023        the observatory's: compact fits to its table over 13-87 MHz (to 2-3 %) for Cyg A and
                Cas A (epoch 2023.5); Tau A 970 Jy (nu/GHz)^-0.30 at epoch 1985.5; Vir A as in
                Perley & Butler 2017, extrapolated
perley2017      Perley & Butler 2017 (ApJS 230, 7); without Cas A, which is valid above 200 MHz only
degasperin2020  fits (to 0.2, 0.7, 0.8 and 1.5 %) to the sums of the component lists of de Gasperin
                et al. 2020 (A&A 635, A150; CDS J/A+A/635/A150), 30-77 MHz, observed in about 2016
baars1977       Baars et al. 1977 (A&A 61, 99)

Secular decrease: Cas A by 0.46 % and Tau A by 0.16 % per year; on the scale of Baars et al. Cas A
by (0.97 - 0.30 log10 nu/GHz) % per year, as in that paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DEFAULT = "ovro2023"
MHZ, GHZ = 1e6, 1e9


@dataclass(frozen=True)
class Spectrum:
    """A spectrum log10 S(Jy) = sum of c_i x^i, with x = log10(nu / pivot), at an epoch.

    ``valid_hz`` are the lowest and the highest frequency of the fitted data. ``epoch`` is a year,
    or None for a constant source. ``decrease_per_year`` (a, b) is the secular decrease: since the
    epoch the flux falls linearly by the fraction a + b log10(nu / GHz) per year.
    """

    coefficients: tuple[float, ...]
    pivot_hz: float
    valid_hz: tuple[float, float]
    epoch: float | None = None
    decrease_per_year: tuple[float, float] = (0.0, 0.0)

    def flux_jy(self, frequency_hz: np.ndarray, year: float) -> np.ndarray:
        """Return flux densities (channel,) in Jy at a (decimal) year."""
        frequency_hz = np.asarray(frequency_hz, float)
        x = np.log10(frequency_hz / self.pivot_hz)
        flux = 10 ** np.polynomial.polynomial.polyval(x, self.coefficients)
        if self.epoch is not None:
            constant, slope = self.decrease_per_year
            decrease = constant + slope * np.log10(frequency_hz / GHZ)
            flux = flux * (1 - decrease * (year - self.epoch))
        return flux

    def valid(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return at which frequencies the spectrum is not extrapolated, (channel,) bool."""
        low, high = self.valid_hz
        return (np.asarray(frequency_hz) >= low) & (np.asarray(frequency_hz) <= high)


CAS_A_FADES, TAU_A_FADES = (0.0046, 0.0), (0.0016, 0.0)
ARRAY_HZ, LOFAR_HZ = (13 * MHZ, 87 * MHZ), (30 * MHZ, 77 * MHZ)
VIR_A_2017 = Spectrum((2.4466, -0.8116, -0.0483), GHZ, (50 * MHZ, 3 * GHZ))

SCALES: dict[str, dict[str, Spectrum]] = {
    "ovro2023": {
        "CygA": Spectrum((4.3424, -0.6306, -0.3019, 1.3152), 50 * MHZ, ARRAY_HZ),
        "CasA": Spectrum(
            (4.3132, -0.6852, -0.1352, 1.5224), 50 * MHZ, ARRAY_HZ, 2023.5, CAS_A_FADES
        ),
        "TauA": Spectrum((2.98677, -0.30), GHZ, ARRAY_HZ, 1985.5, TAU_A_FADES),
        "VirA": VIR_A_2017,
    },
    "perley2017": {
        "CygA": Spectrum((3.3498, -1.0022, -0.2246, 0.0227, 0.0425), GHZ, (50 * MHZ, 12 * GHZ)),
        "TauA": Spectrum(
            (2.9516, -0.2173, -0.0473, -0.0674), GHZ, (50 * MHZ, 4 * GHZ), 2016.0, TAU_A_FADES
        ),
        "VirA": VIR_A_2017,
    },
    "degasperin2020": {
        "CygA": Spectrum((4.3383, -0.6223, -0.1928, -0.4185), 50 * MHZ, LOFAR_HZ),
        "CasA": Spectrum(
            (4.4085, -0.8671, -0.1875, -1.5174), 50 * MHZ, LOFAR_HZ, 2016.0, CAS_A_FADES
        ),
        "TauA": Spectrum(
            (3.3446, -0.4777, -0.1686, -0.7831), 50 * MHZ, LOFAR_HZ, 2016.0, TAU_A_FADES
        ),
        "VirA": Spectrum((3.4062, -0.6850, -0.0613, 1.8470), 50 * MHZ, LOFAR_HZ),
    },
    "baars1977": {
        "CygA": Spectrum((4.695, 0.085, -0.178), MHZ, (20 * MHZ, 2 * GHZ)),
        "CasA": Spectrum(
            (5.625, -0.634, -0.023), MHZ, (22 * MHZ, 300 * MHZ), 1980.0, (0.0097, -0.0030)
        ),
        "TauA": Spectrum((3.915, -0.299), MHZ, (1 * GHZ, 35 * GHZ)),
        "VirA": Spectrum((5.023, -0.856), MHZ, (400 * MHZ, 25 * GHZ)),
    },
}
