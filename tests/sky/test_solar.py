"""The Sun and Jupiter: their places in the sky of the array, and the quiet Sun's flux and size."""

import numpy as np
import pytest
from astropy.coordinates import AltAz, get_body

from lwacal.sky import solar
from lwacal.telescope import geometry, naming, site

ARCSEC = np.deg2rad(1 / 3600)


@pytest.mark.parametrize("stamp", ["20240601_200000", "20240101_170000", "20241015_003000"])
@pytest.mark.parametrize("name", ["Sun", "Jupiter"])
def test_the_place_is_the_apparent_one_of_the_body(stamp, name):
    """The direction of a source at infinity there, against astropy's place of the body itself."""
    mjd_s = naming.stamp_time(stamp)
    place = solar.position(name, mjd_s)
    frame = AltAz(obstime=site.astropy_time(mjd_s), location=site.location())
    body = get_body(name.lower(), frame.obstime, site.location()).transform_to(frame)
    altitude, azimuth = site.altitude_azimuth(place.ra_rad, place.dec_rad, mjd_s)
    assert altitude == pytest.approx(body.alt.rad, abs=0.1 * ARCSEC)
    assert azimuth == pytest.approx(body.az.rad, abs=0.1 * ARCSEC)
    up = geometry.itrf_direction(place.ra_rad, place.dec_rad, mjd_s) @ geometry.enu_axes()[2]
    assert np.arcsin(up) == pytest.approx(body.alt.rad, abs=0.1 * ARCSEC)


def test_the_sun_is_where_almanacs_have_it():
    """At the equinox of 20 March 2024, 03:06 UTC, it crosses the equator of date at 0 h."""
    place = solar.position("Sun", naming.stamp_time("20240320_030600"))
    ra_deg = (np.rad2deg(place.ra_rad) + 180) % 360 - 180
    precession_deg = 24.2 * 50.3 / 3600  # of the equinox since J2000, along the ecliptic
    assert ra_deg == pytest.approx(-precession_deg * np.cos(np.deg2rad(23.44)), abs=0.01)
    assert np.rad2deg(place.dec_rad) == pytest.approx(
        -precession_deg * np.sin(np.deg2rad(23.44)), abs=0.01
    )


def test_the_sun_moves_by_a_degree_a_day():
    first, second = (
        solar.position("Sun", naming.stamp_time(f"202406{day:02d}_190000")) for day in (1, 2)
    )
    moved = np.rad2deg(second.ra_rad - first.ra_rad) * np.cos(first.dec_rad)
    assert moved == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize(("mhz", "jansky"), [(20, 1075), (25, 1525)])
def test_flux_of_the_quiet_sun_agrees_with_measurements(mhz, jansky):
    """Melnik et al. 2018, to the 20 % that the module states."""
    assert solar.flux_jy("Sun", np.array([mhz * 1e6])) == pytest.approx(jansky, rel=0.21)


def test_the_quiet_corona_is_a_million_kelvin_or_less():
    for mhz in (20, 50, 80):
        wavelength_m = 299.792458 / mhz
        solid_angle = np.pi * solar.disk_rad(mhz * 1e6) ** 2 / 4
        flux_jy = solar.flux_jy("Sun", np.array([mhz * 1e6]))[0]
        kelvin = flux_jy * 1e-26 * wavelength_m**2 / (2 * 1.380649e-23 * solid_angle)
        assert 1e5 < kelvin < 1e6


def test_the_sun_is_larger_at_low_frequencies():
    assert np.rad2deg(solar.disk_rad(50e6)) == pytest.approx(0.9)
    # UTR-2 measured a FWHM of 46 arcmin at 25 MHz and 52 at 20; a disk has 1.70 times that
    assert np.rad2deg(solar.disk_rad(25e6)) == pytest.approx(1.70 * 46 / 60, rel=0.03)
    assert np.rad2deg(solar.disk_rad(20e6)) == pytest.approx(1.70 * 52 / 60, rel=0.04)


def test_jupiter_is_silent_above_40_mhz():
    flux_jy = solar.flux_jy("Jupiter", np.array([20e6, 40e6, 41e6, 80e6]))
    assert (flux_jy[:2] > 0).all()
    assert not flux_jy[2:].any()
