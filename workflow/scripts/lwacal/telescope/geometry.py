"""Apparent directions of sources, and the UVW of antennas.

Everything is computed in the Earth-fixed frame (ITRF): astropy gives the *apparent* direction of a
source (precession, nutation, annual and diurnal aberration, Earth rotation, polar motion; no
refraction), and the measurement set gives the antenna positions. UVW columns are never used.
"""

from __future__ import annotations

import numpy as np
from astropy.coordinates import SkyCoord

from lwacal.telescope import site

_STEP_RAD = 1e-4  # 20 arcsec, for the derivative of the apparent direction


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
    """Return x.s, the position of each antenna along the direction to a source, in metres.

    ``positions_m`` is (antenna, 3), ITRF. The result is (antenna,), or (source, antenna) for arrays
    of directions. Positions are relative to the array's centre, which changes no baseline and keeps
    the numbers small.
    """
    direction = itrf_direction(ra_rad, dec_rad, mjd_s)
    return direction @ (positions_m - site.itrf_centre_m()).T


def uvw_axes(ra_rad: float, dec_rad: float, mjd_s: float) -> np.ndarray:
    """Return the u, v, w axes of a phase centre as rows, shape (3, 3), in ITRF.

    w points to the apparent phase centre, u towards increasing right ascension and v towards
    increasing declination *of the ICRS*, as images assume. v follows from the apparent direction of
    a second point north of the phase centre, so that the rotation from the equator of date to the
    ICRS and aberration are included.
    """
    dec_north = dec_rad + _STEP_RAD
    w_axis, north = itrf_direction(
        np.array([ra_rad, ra_rad]), np.array([dec_rad, dec_north]), mjd_s
    )
    v_axis = north - (north @ w_axis) * w_axis
    v_axis /= np.linalg.norm(v_axis)
    return np.stack([np.cross(v_axis, w_axis), v_axis, w_axis])


def antenna_uvw_m(
    positions_m: np.ndarray, ra_rad: float, dec_rad: float, mjd_s: float
) -> np.ndarray:
    """Return the UVW of antennas, (antenna, 3), in metres, from ITRF positions (antenna, 3).

    The UVW of a baseline is ``uvw[antenna1] - uvw[antenna2]``. With this sign the visibility of a
    source of unit flux is exp(+2 pi i nu/c (x_1 - x_2).(s - s_0)).
    """
    offsets = positions_m - site.itrf_centre_m()
    return offsets @ uvw_axes(ra_rad, dec_rad, mjd_s).T


def enu_axes() -> np.ndarray:
    """Return east, north and geodetic up at the array's centre as rows, (3, 3), in ITRF."""
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
    """Return east, north, up from the array's centre, (antenna, 3), in metres."""
    return (positions_m - site.itrf_centre_m()) @ enu_axes().T


def enu_to_itrf_m(enu_m: np.ndarray) -> np.ndarray:
    """Return ITRF positions, (antenna, 3), in metres, from east, north, up (antenna, 3)."""
    return enu_m @ enu_axes() + site.itrf_centre_m()
