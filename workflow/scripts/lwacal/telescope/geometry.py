"""Antennas and directions: where a source is seen from the ground, and the UVW that follow.

All is done in the Earth-fixed frame (ITRF): a source's *apparent* direction (precession,
nutation, annual and diurnal aberration, Earth rotation, polar motion; no refraction) from astropy,
antenna positions as in the measurement set. Nothing here trusts a UVW column.
"""

from __future__ import annotations

import numpy as np
from astropy.coordinates import SkyCoord

from lwacal.telescope import site

_STEP_RAD = 1e-4  # for the derivative of the apparent direction: 20 arcsec


def itrf_direction(
    ra_rad: float | np.ndarray, dec_rad: float | np.ndarray, mjd_s: float
) -> np.ndarray:
    """Return apparent unit vectors towards ICRS directions, shape (..., 3), in ITRF."""
    sky = SkyCoord(ra_rad, dec_rad, unit="rad", frame="icrs")
    vector = sky.transform_to(site.itrs_frame(mjd_s)).cartesian.xyz.value
    vector = np.moveaxis(vector, 0, -1)
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


def path_m(
    positions_m: np.ndarray, ra_rad: float | np.ndarray, dec_rad: float | np.ndarray, mjd_s: float
) -> np.ndarray:
    """Return x.s, how far each antenna lies towards a source, in metres.

    ``positions_m`` has shape (antenna, 3), ITRF; the result (antenna,), or (source, antenna) for
    arrays of directions. The common offset of the array's centre is taken out, which changes no
    baseline and keeps the numbers small.
    """
    direction = itrf_direction(ra_rad, dec_rad, mjd_s)
    return direction @ (positions_m - site.itrf_centre_m()).T


def uvw_axes(ra_rad: float, dec_rad: float, mjd_s: float) -> np.ndarray:
    """Return the u, v, w axes of a phase centre as rows, shape (3, 3), in ITRF.

    w points to the apparent phase centre, u to increasing right ascension, v to increasing
    declination *of the ICRS*, as images assume: taken from the apparent direction of two points
    beside the phase centre, so that neither the rotation from date to ICRS nor aberration is lost.
    """
    north = dec_rad + _STEP_RAD
    w_axis, towards = itrf_direction(np.array([ra_rad, ra_rad]), np.array([dec_rad, north]), mjd_s)
    v_axis = towards - (towards @ w_axis) * w_axis
    v_axis /= np.linalg.norm(v_axis)
    return np.stack([np.cross(v_axis, w_axis), v_axis, w_axis])


def antenna_uvw_m(
    positions_m: np.ndarray, ra_rad: float, dec_rad: float, mjd_s: float
) -> np.ndarray:
    """Return antenna UVW, shape (antenna, 3), in metres, from ITRF positions (antenna, 3).

    A baseline's UVW is ``uvw[antenna1] - uvw[antenna2]``, the sign for which a source's visibility
    is exp(+2 pi i nu/c (x_1 - x_2).(s - s_0)).
    """
    offsets = positions_m - site.itrf_centre_m()
    return offsets @ uvw_axes(ra_rad, dec_rad, mjd_s).T


def enu_axes() -> np.ndarray:
    """Return east, north and (geodetic) up at the array's centre as rows, shape (3, 3), ITRF."""
    longitude, latitude = np.deg2rad([site.LONGITUDE_DEG, site.LATITUDE_DEG])
    sin_lon, cos_lon = np.sin(longitude), np.cos(longitude)
    sin_lat, cos_lat = np.sin(latitude), np.cos(latitude)
    return np.array(
        [
            [-sin_lon, cos_lon, 0.0],
            [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        ]
    )


def local_enu_m(positions_m: np.ndarray) -> np.ndarray:
    """Return east, north, up about the array's centre, shape (antenna, 3), in metres."""
    return (positions_m - site.itrf_centre_m()) @ enu_axes().T


def enu_to_itrf_m(enu_m: np.ndarray) -> np.ndarray:
    """Return ITRF positions, shape (antenna, 3), from east, north, up about the array's centre."""
    return enu_m @ enu_axes() + site.itrf_centre_m()
