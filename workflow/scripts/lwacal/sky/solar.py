"""The Sun and Jupiter: places that are known, and fluxes that are not.

Quiet Sun: 2 kJy (nu / 30 MHz)^2.1, a uniform disk. The spectral index is that of Brazhenko et al.
(2012, Radio Physics and Radio Astronomy 17, 3), 2.1 +- 0.1 from 16.5 to 200 MHz; the flux density
agrees to 20 % with the 1.1 and 1.5 kJy that Melnik et al. (2018, Solar Physics 293, 97) measured at
20 and 25 MHz. The active Sun is up to a hundred times brighter. The mean FWHM of 46 arcmin in the
latter paper at 25 MHz is that of a disk of 1.3 degrees with the same second moment (disks have 1.70
times the diameter of the FWHM of the Gaussian); its 52 arcmin at 20 MHz and disks of 0.9 degrees at
50 MHz follow from a diameter proportional to nu^-0.5. Its active regions are compact sources of
their own, "SunActive": one point, somewhere on the disk.

Jupiter is silent but for its bursts, which end at 40 MHz and reach 10^6 Jy for seconds (Zarka et
al. 2004, JGR 109, A09S15).
"""

from __future__ import annotations

import numpy as np
from astropy.coordinates import GCRS, ICRS, UnitSphericalRepresentation, get_body

from lwacal.sky.sources import Direction
from lwacal.telescope import site

MHZ = 1e6
SUN_JY, SUN_PIVOT_HZ, SUN_INDEX = 2000.0, 30 * MHZ, 2.1
DISK_DEG, DISK_PIVOT_HZ, DISK_INDEX = 0.9, 50 * MHZ, -0.5
START_JY = 10.0  # of what is silent most of the time
JUPITER_ENDS_HZ = 40 * MHZ
BODIES = {"Sun": "sun", "SunActive": "sun", "Jupiter": "jupiter"}
# Uncertainties of the fluxes as fractions of the above: of a disturbed Sun, and of bursts
FLUX_SIGMA = {"Sun": 3.0, "SunActive": 1e5, "Jupiter": 1e5}


def position(name: str, mjd_s: float) -> Direction:
    """Return the ICRS direction of a source at infinity that has the apparent place of a body.

    ``mjd_s`` is MJD in seconds (UTC). Within an hour the Sun moves by 2.5 arcmin.
    """
    seen = get_body(BODIES[name], site.astropy_time(mjd_s), site.location())
    frame = GCRS(obstime=seen.obstime, obsgeoloc=seen.obsgeoloc, obsgeovel=seen.obsgeovel)
    apparent = frame.realize_frame(seen.data.represent_as(UnitSphericalRepresentation))
    icrs = apparent.transform_to(ICRS())
    return Direction(float(icrs.ra.rad), float(icrs.dec.rad))


def flux_jy(name: str, frequency_hz: np.ndarray) -> np.ndarray:
    """Return the flux density (channel,) of the quiet Sun, or a start value of the others, Jy."""
    frequency_hz = np.asarray(frequency_hz, float)
    if name == "Sun":
        flux: np.ndarray = SUN_JY * (frequency_hz / SUN_PIVOT_HZ) ** SUN_INDEX
        return flux
    ends_hz = JUPITER_ENDS_HZ if name == "Jupiter" else np.inf
    return np.where(frequency_hz <= ends_hz, START_JY, 0.0)


def disk_rad(frequency_hz: float) -> float:
    """Return the diameter of the quiet Sun as a uniform disk, in radians."""
    return float(np.deg2rad(DISK_DEG) * (frequency_hz / DISK_PIVOT_HZ) ** DISK_INDEX)
