"""Built-in shapes of the A-team below 100 MHz: a few Gaussians each.

Fitted to the visibilities of the component lists of de Gasperin et al. 2020 (A&A 635, A150; Taurus
A with its compact part), from 30 to 77 MHz, on the baselines of the array (up to 2.4 km) at all
hour angles above 20 degrees. Over the flux density, they leave the following differences (rms,
largest), where the visibilities fall to the given fraction on the longest baselines at 77 MHz:

    Cyg A   0.4 %, 1.5 %   0.77   both lobes
    Cas A   0.3 %, 2.0 %   0.27   the shell
    Tau A   0.5 %, 2.6 %   0.23   the pulsar, with its steep spectrum, and the nebula
    Vir A   0.4 %, 2.0 %   0.22   core, jets and halo

Offsets are from the positions in lwacal.sky.sources. The centroids of the Gaussians are up to an
arcminute from them: what is seen at low frequencies is not centred on the nucleus of M 87, or on
that of Cygnus A.
"""

from __future__ import annotations

import numpy as np

from lwacal.sky.analytic_shape import Gaussian, shares

GAUSSIANS: dict[str, tuple[Gaussian, ...]] = {
    "CygA": (
        Gaussian(0.563, 0.0, 16.6, -4.2, 23.1, 23.1, 0),
        Gaussian(0.437, 0.0, -61.0, 21.6, 23.5, 23.5, 0),
    ),
    "CasA": (
        Gaussian(0.325, -0.10, 88.2, -56.6, 205.8, 77.6, 53),
        Gaussian(0.277, 0.19, -62.2, -28.4, 124.6, 62.2, 111),
        Gaussian(0.398, -0.08, 13.0, 89.8, 145.6, 70.3, 88),
    ),
    "TauA": (
        Gaussian(0.117, -1.73, 0.0, 0.0, 0.0, 0.0, 0),
        Gaussian(0.757, 0.0, -31.9, 22.6, 192.4, 137.4, 148),
        Gaussian(0.125, -0.23, 115.6, -38.5, 113.7, 28.4, 16),
    ),
    "VirA": (
        Gaussian(0.261, -1.08, -44.0, -80.0, 432.0, 262.2, 26),
        Gaussian(0.026, 0.04, -29.0, 277.1, 226.0, 56.5, 78),
        Gaussian(0.293, 0.78, -17.9, -11.2, 95.4, 23.9, 97),
        Gaussian(0.178, 0.42, -145.4, -289.1, 321.2, 162.2, 114),
        Gaussian(0.243, -0.07, 148.6, 35.8, 263.5, 166.8, 20),
    ),
}


def centroid_arcsec(source: str, frequency_hz: float) -> tuple[float, float]:
    """Return the offset of the centroid of the Gaussians from the source's position, east, north.

    In arcsec.
    """
    parts = GAUSSIANS[source]
    share = shares(parts, frequency_hz)
    east = np.array([part.east_arcsec for part in parts])
    north = np.array([part.north_arcsec for part in parts])
    return float(share @ east), float(share @ north)
