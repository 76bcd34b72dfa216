"""The site and the channel grid of the OVRO-LWA, and the altitude and azimuth of sources.

Longitude and latitude are those of the array's centre ("LWA-000") in the lwa-antpos package; the
height is the median of the antennas' heights. The channel grid is that of the correlator:
98 MHz / 4096 channels, sub-band k starting at correlator channel 560 + 192 k.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from astropy import units
from astropy.coordinates import ITRS, AltAz, EarthLocation, SkyCoord
from astropy.time import Time
from astropy.utils import iers

from lwacal.telescope import iers as earth_orientation
from lwacal.telescope.constants import SECONDS_PER_DAY

LATITUDE_DEG = 37.23977727
LONGITUDE_DEG = -118.2816667
HEIGHT_M = 1182.9
TELESCOPE = "OVRO-LWA"

CHANNEL_WIDTH_HZ = 98e6 / 4096
FIRST_CHANNEL_HZ = 560 * CHANNEL_WIDTH_HZ
CHANNELS_PER_BAND = 192
N_BANDS = 16

# The workflow never uses the network: astropy-iers-data has the tables, and even a prediction older
# than a month is far better than the 0.1 degrees that matter here.
iers.conf.auto_download = False
iers.conf.auto_max_age = None
earth_orientation.use()


def _band_name(index: int) -> str:
    first = FIRST_CHANNEL_HZ + index * CHANNELS_PER_BAND * CHANNEL_WIDTH_HZ
    return f"{round(first / 1e6)}MHz"


BANDS = tuple(_band_name(index) for index in range(N_BANDS))


def band_frequencies_hz(band: str, n_channels: int = CHANNELS_PER_BAND) -> np.ndarray:
    """Return the channel centres of a sub-band, shape (channel,), in Hz.

    With fewer than 192 channels these are averages of equally many correlator channels. Raises
    ValueError for an unknown sub-band or a number of channels that does not divide 192.
    """
    if band not in BANDS:
        raise ValueError(f"'{band}' is not a sub-band of the OVRO-LWA: {', '.join(BANDS)}")
    if n_channels < 1 or CHANNELS_PER_BAND % n_channels:
        raise ValueError(
            f"{n_channels} channels do not divide the {CHANNELS_PER_BAND} of a sub-band"
        )
    first = FIRST_CHANNEL_HZ + BANDS.index(band) * CHANNELS_PER_BAND * CHANNEL_WIDTH_HZ
    fine = first + np.arange(CHANNELS_PER_BAND) * CHANNEL_WIDTH_HZ
    return fine.reshape(n_channels, -1).mean(axis=1)


@cache
def location() -> EarthLocation:
    """Return the array's centre."""
    return EarthLocation.from_geodetic(LONGITUDE_DEG, LATITUDE_DEG, HEIGHT_M)


def astropy_time(mjd_s: float | np.ndarray) -> Time:
    """Return MJD seconds (UTC) as an astropy time at the array."""
    days = np.floor_divide(mjd_s, SECONDS_PER_DAY)
    return Time(
        days,
        np.asarray(mjd_s) / SECONDS_PER_DAY - days,
        format="mjd",
        scale="utc",
        location=location(),
    )


def iso(mjd_s: float) -> str:
    """Return MJD seconds (UTC) as ``2024-05-24T09:00:03.000``."""
    return str(astropy_time(mjd_s).isot)


def mjd_seconds(utc: str) -> float:
    """Return MJD seconds of a UTC time in ISO 8601."""
    return float(Time(utc, scale="utc").mjd * SECONDS_PER_DAY)


def lst_hours(mjd_s: float) -> float:
    """Return the local apparent sidereal time at the array's centre, in hours."""
    return float(astropy_time(mjd_s).sidereal_time("apparent").hour)


def altitude_azimuth(
    ra_rad: float | np.ndarray, dec_rad: float | np.ndarray, mjd_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return altitude and azimuth (north through east) in radians, without refraction.

    ``ra_rad`` and ``dec_rad`` are ICRS and may be arrays of the same shape.
    """
    frame = AltAz(obstime=astropy_time(mjd_s), location=location())
    direction = SkyCoord(ra_rad, dec_rad, unit="rad", frame="icrs").transform_to(frame)
    return np.asarray(direction.alt.rad), np.asarray(direction.az.rad)


def zenith(mjd_s: float) -> tuple[float, float]:
    """Return the ICRS direction of the geodetic zenith in radians."""
    frame = AltAz(obstime=astropy_time(mjd_s), location=location())
    direction = SkyCoord(0, 90, unit="deg", frame=frame).transform_to("icrs")
    return float(direction.ra.rad), float(direction.dec.rad)


def itrf_centre_m() -> np.ndarray:
    """Return the ITRF position of the array's centre, shape (3,), in metres."""
    return np.array([c.to_value(units.m) for c in location().to_geocentric()])


def itrs_frame(mjd_s: float) -> ITRS:
    """Return the Earth-fixed frame of the array's centre at this time."""
    return ITRS(obstime=astropy_time(mjd_s), location=location())
