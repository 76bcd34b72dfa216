"""Bright sources other than the A-team: positions and spectra below 100 MHz.

All known extragalactic sources of at least 43 Jy at 74 MHz north of declination -30 degrees that
Helmboldt et al. 2008 (ApJS 174, 313; "Radio frequency spectra of 388 bright 74 MHz sources") list,
and six large ones that the VLSS resolves. Positions are those of the VLSS at 74 MHz (J2000, to a
few arcseconds). A spectrum is S = S_74 (nu / 74 MHz)^(a + b log10(nu / 74 MHz)), a robust fit of
straight lines (b is 0; a parabola for 3C 298, which turns over) to the flux densities in that paper
between 12 and 240 MHz, or 410 MHz where there are few. They scatter by 5 to 15 % around it.

The six (3C 61.1, 98, 219, 390.3, 452, 465) have the flux density at 178 MHz and the index of
Laing, Riley & Longair 1983 (MNRAS 204, 151). 3C 348 (Her A) has the flux density of the VLSS and
the index to 383 Jy at 178 MHz (Kuehr et al. 1981, A&AS 45, 367). Eight calibrators (`CALIBRATORS`)
have more accurate positions and spectra: those of Scaife & Heald 2012 (MNRAS 423, L30), or of
Perley & Butler 2017 (ApJS 230, 7) where these are valid down to 50 MHz.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lwacal.sky.flux_scales import GHZ, MHZ, Spectrum
from lwacal.sky.sources import Direction, direction

PIVOT_HZ = 74 * MHZ
FITTED_HZ = (12 * MHZ, 240 * MHZ)


class Secondary(NamedTuple):
    """A source of this catalogue: an ICRS direction and a spectrum."""

    direction: Direction
    spectrum: Spectrum


class _Row(NamedTuple):
    name: str
    ra: tuple[int, int, float]
    sign: str
    dec: tuple[int, int, float]
    flux_jy: float
    exponent: float
    curvature: float = 0.0

    def source(self) -> Secondary:
        """Return the source in radians and as a spectrum."""
        hours, degrees = (
            first + second / 60 + third / 3600 for first, second, third in self[1:4:2]
        )
        dec_deg = -degrees if self.sign == "-" else degrees
        spectrum = Spectrum(
            (float(np.log10(self.flux_jy)), self.exponent, self.curvature), PIVOT_HZ, FITTED_HZ
        )
        return Secondary(
            Direction(float(np.deg2rad(15 * hours)), float(np.deg2rad(dec_deg))), spectrum
        )


_ROWS = (
    _Row("3C348", (16, 51, 8.1), "+", (4, 59, 33.0), 928, -1.01),
    _Row("3C353", (17, 20, 31.2), "-", (0, 58, 39.1), 438, -0.69),
    _Row("3C84", (3, 19, 48.1), "+", (41, 30, 42.5), 200, -1.15),
    _Row("3C134", (5, 4, 42.7), "+", (38, 6, 12.7), 198, -0.94),
    _Row("3C409", (20, 14, 27.6), "+", (23, 34, 54.4), 194, -0.83),
    _Row("3C273", (12, 29, 5.9), "+", (2, 2, 55.9), 149, -0.65),
    _Row("3C444", (22, 14, 25.7), "-", (17, 1, 41.2), 133, -0.91),
    _Row("3C310", (15, 4, 59.4), "+", (26, 0, 46.8), 130, -0.97),
    _Row("3C327.1", (16, 4, 45.5), "+", (1, 17, 47.0), 119, -0.85),
    _Row("3C338", (16, 28, 38.2), "+", (39, 33, 2.2), 118, -0.91),
    _Row("3C452", (22, 45, 48.8), "+", (39, 41, 16.0), 118, -0.78),
    _Row("3C433", (21, 23, 44.7), "+", (25, 4, 16.0), 115, -0.79),
    _Row("3C317", (15, 16, 44.4), "+", (7, 1, 19.2), 107, -0.77),
    _Row("3C98", (3, 58, 54.4), "+", (10, 26, 3.0), 102, -0.78),
    _Row("3C33", (1, 8, 50.9), "+", (13, 18, 40.9), 100, -0.66),
    _Row("3C390.3", (18, 42, 9.0), "+", (79, 46, 17.0), 100, -0.75),
    _Row("3C161", (6, 27, 9.8), "-", (5, 53, 11.1), 95, -0.46),
    _Row("3C28", (0, 55, 49.9), "+", (26, 24, 39.0), 94, -1.04),
    _Row("3C298", (14, 19, 8.3), "+", (6, 28, 34.3), 93, -0.8, -1.59),
    _Row("3C327", (16, 2, 31.4), "+", (1, 57, 54.5), 92, -0.92),
    _Row("3C219", (9, 21, 8.6), "+", (45, 38, 57.0), 91, -0.81),
    _Row("3C431", (21, 18, 52.4), "+", (49, 36, 59.9), 91, -1.1),
    _Row("3C438", (21, 55, 52.4), "+", (38, 0, 27.2), 89, -0.85),
    _Row("3C465", (23, 38, 29.4), "+", (27, 1, 53.0), 80, -0.75),
    _Row("3C20", (0, 43, 9.1), "+", (52, 3, 27.3), 78, -0.6),
    _Row("3C234", (10, 1, 48.4), "+", (28, 47, 6.1), 71, -0.86),
    _Row("3C288", (13, 38, 49.4), "+", (38, 51, 12.1), 71, -0.63),
    _Row("3C47", (1, 36, 24.3), "+", (20, 57, 20.7), 68, -1.01),
    _Row("3C61.1", (2, 22, 47.0), "+", (86, 19, 6.0), 67, -0.77),
    _Row("3C227", (9, 47, 49.7), "+", (7, 25, 15.1), 63, -0.94),
    _Row("3C430", (21, 18, 18.8), "+", (60, 48, 12.7), 63, -0.65),
    _Row("3C410", (20, 20, 6.4), "+", (29, 42, 11.9), 62, -0.65),
    _Row("PKS0442-28", (4, 44, 37.3), "-", (28, 9, 51.7), 61, -0.65),
    _Row("3C278", (12, 54, 37.4), "-", (12, 33, 33.6), 61, -1.01),
    _Row("3C103", (4, 8, 3.2), "+", (43, 0, 18.7), 61, -0.78),
    _Row("3C283", (13, 11, 39.5), "-", (22, 16, 43.0), 60, -0.55),
    _Row("PKS0859-25", (9, 1, 47.4), "-", (25, 55, 15.7), 58, -0.7),
    _Row("3C79", (3, 9, 59.9), "+", (17, 5, 58.0), 57, -0.79),
    _Row("3C330", (16, 9, 36.2), "+", (65, 56, 42.7), 57, -0.62),
    _Row("3C89", (3, 34, 14.3), "-", (1, 11, 19.3), 54, -1.02),
    _Row("3C69", (2, 38, 2.5), "+", (59, 11, 55.4), 53, -0.83),
    _Row("3C468.1", (23, 50, 54.9), "+", (64, 40, 15.0), 53, -0.48),
    _Row("3C459", (23, 16, 35.3), "+", (4, 5, 18.1), 53, -0.64),
    _Row("3C154", (6, 13, 49.5), "+", (26, 4, 36.1), 53, -0.72),
    _Row("3C280", (12, 56, 57.4), "+", (47, 20, 21.6), 53, -0.54),
    _Row("3C427.1", (21, 4, 7.5), "+", (76, 33, 10.1), 52, -0.49),
    _Row("PKS0656-24", (6, 58, 57.6), "-", (24, 17, 25.3), 49, -0.91),
    _Row("3C192", (8, 5, 35.2), "+", (24, 9, 52.1), 49, -0.85),
    _Row("3C109", (4, 13, 40.5), "+", (11, 12, 21.2), 49, -0.91),
    _Row("3C265", (11, 45, 29.3), "+", (31, 33, 42.8), 48, -0.85),
    _Row("3C254", (11, 14, 38.7), "+", (40, 37, 21.0), 48, -0.73),
    _Row("3C315", (15, 13, 40.5), "+", (26, 7, 30.9), 47, -0.96),
    _Row("3C17", (0, 38, 20.6), "-", (2, 7, 36.3), 46, -0.8),
    _Row("3C196.1", (8, 15, 27.9), "-", (3, 8, 26.2), 45, -0.93),
    _Row("3C388", (18, 44, 2.6), "+", (45, 33, 34.8), 45, -0.66),
    _Row("3C27", (0, 55, 59.8), "+", (68, 22, 19.0), 45, -0.45),
    _Row("3C216", (9, 9, 33.5), "+", (42, 53, 45.8), 44, -0.44),
    _Row("3C313", (15, 10, 59.7), "+", (7, 51, 48.2), 44, -0.91),
    _Row("3C63", (2, 20, 54.4), "-", (1, 56, 49.0), 44, -0.87),
    _Row("3C244.1", (10, 33, 33.9), "+", (58, 14, 32.9), 44, -0.78),
    _Row("3C175", (7, 13, 2.5), "+", (11, 46, 13.3), 44, -0.91),
    _Row("PKS0508-18", (5, 10, 32.3), "-", (18, 38, 40.1), 43, -1.23),
    _Row("3C133", (5, 2, 58.4), "+", (25, 16, 22.6), 43, -0.64),
)


def _scaife(flux_150_jy: float, *indices: float) -> Spectrum:
    """Return S = S_150 (nu / 150 MHz)^(a + b x + ...), the form of Scaife & Heald 2012."""
    return Spectrum((float(np.log10(flux_150_jy)), *indices), 150 * MHZ, (30 * MHZ, 300 * MHZ))


CALIBRATORS = {
    "3C48": Secondary(
        direction((1, 37, 41.2994), (33, 9, 35.134)), _scaife(64.768, -0.387, -0.420, 0.181)
    ),
    "3C123": Secondary(
        direction((4, 37, 4.375), (29, 40, 13.82)),
        Spectrum((1.8017, -0.7884, -0.1035, -0.0248, 0.0090), GHZ, (50 * MHZ, 50 * GHZ)),
    ),
    "3C147": Secondary(
        direction((5, 42, 36.1379), (49, 51, 7.234)), _scaife(66.738, -0.022, -1.012, 0.549)
    ),
    "3C196": Secondary(direction((8, 13, 36.033), (48, 13, 2.56)), _scaife(83.084, -0.699, -0.110)),
    "3C286": Secondary(
        direction((13, 31, 8.2879), (30, 30, 32.959)), _scaife(27.477, -0.158, 0.032, -0.180)
    ),
    "3C295": Secondary(
        direction((14, 11, 20.519), (52, 12, 9.97)),
        _scaife(97.763, -0.582, -0.298, 0.583, -0.363),
    ),
    "3C380": Secondary(direction((18, 29, 31.781), (48, 44, 46.16)), _scaife(77.352, -0.767)),
    "HydraA": Secondary(
        direction((9, 18, 5.651), (-12, 5, 43.99)),
        Spectrum((1.7795, -0.9176, -0.0843, -0.0139, 0.0295), GHZ, (50 * MHZ, 12 * GHZ)),
    ),
}


def _catalogue() -> dict[str, Secondary]:
    found = {**{row.name: row.source() for row in _ROWS}, **CALIBRATORS}
    pivot_hz = np.array([PIVOT_HZ])
    return dict(
        sorted(found.items(), key=lambda item: -float(item[1].spectrum.flux_jy(pivot_hz, 2024)[0]))
    )


SOURCES = _catalogue()  # by name, the brightest at 74 MHz first
