"""The Sun and Jupiter are where astropy has them, with the shape and spectrum published."""

import numpy as np
import pytest
from astropy.coordinates import AltAz, get_body

from lwacal.simulate import solar_system
from lwacal.simulate.seen import Disk
from lwacal.telescope import geometry, site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from seen_sources import effects, exposure, observation, seen

NOON = "20240612_194500"  # LST 5 h: the Sun is near Tau A and high


@pytest.mark.parametrize("name", ["sun", "jupiter"])
def test_bodies_appear_where_astropy_has_them(name):
    mjd_s = site.mjd_seconds("2024-06-12T19:45:00")
    frame = AltAz(obstime=site.astropy_time(mjd_s), location=site.location())
    body = get_body(name, site.astropy_time(mjd_s), site.location()).transform_to(frame)
    east, north, up = geometry.enu_axes() @ geometry.itrf_direction(
        *solar_system.place(name, mjd_s), mjd_s
    )
    altitude, azimuth = np.arcsin(up), np.arctan2(east, north) % (2 * np.pi)
    # 2 arcsec
    assert altitude == pytest.approx(body.alt.rad, abs=1e-5)
    assert azimuth == pytest.approx(body.az.rad, abs=1e-5)


def test_disk_is_the_transform_of_a_uniform_disk():
    """Against a sum over a fine grid of points on the disk."""
    hz = np.array([30e6, 80e6])
    diameter_rad = np.deg2rad(np.array([1.1, 0.75]))
    uv_m = np.array([[0.0, 0.0], [100.0, 50.0], [700.0, -300.0], [3.0, 0.5]])
    disk = Disk.of(diameter_rad, hz, uv_m)
    first, second = np.triu_indices(4, 1)
    axis = (np.arange(400) + 0.5) / 200 - 1
    x, y = np.meshgrid(axis, axis)
    inside = np.hypot(x, y) < 1
    l_rad, m_rad = x[inside] / 2, y[inside] / 2
    uv = uv_m[first] - uv_m[second]
    found = disk.visibility(first, second)
    for channel in range(2):
        scale = diameter_rad[channel] * hz[channel] / SPEED_OF_LIGHT_M_S
        angle = 2 * np.pi * scale * (np.outer(uv[:, 0], l_rad) + np.outer(uv[:, 1], m_rad))
        assert found[:, channel] == pytest.approx(np.cos(angle).mean(axis=1), abs=2e-3)


def test_flux_densities_of_the_quiet_sun():
    night = observation(start=NOON, effects=effects("sun:quiet"))
    sun = night.sky.bodies["Sun"]
    # Erickson et al. 1977: about 2 kJy at 30 MHz and 15 kJy at 80 MHz
    assert sun.flux_jy(np.array([30e6, 80e6]), 2024) == pytest.approx([2e3, 15e3], rel=0.02)
    assert np.rad2deg(sun.diameter_rad(np.array([50e6]))) == pytest.approx(0.9)
    given = observation(start=NOON, effects=effects("sun:quiet:10")).sky.bodies["Sun"]
    assert given.flux_jy(np.array([50e6]), 2024) == pytest.approx(10e3)


def test_the_sun_is_near_tau_a_in_june():
    night = observation(start=NOON, effects=effects("sun"))
    directions = {
        name: geometry.itrf_direction(*night.sky.radec[number], night.mid_mjd_s[0])
        for number, name in enumerate(night.sky.names)
    }
    assert np.rad2deg(np.arccos(directions["Sun"] @ directions["TauA"])) < 5
    assert "Sun" in seen(night)
    midnight = observation(effects=effects("sun"))
    assert "Sun" not in seen(midnight)


def test_an_active_sun_varies_between_integrations():
    night = observation(start=NOON, effects=effects("sun:active"), n_integrations=6)
    flux = [float(seen(night, "50MHz", n)["SunActive"].flux_jy[0].max()) for n in range(1, 7)]
    beam = seen(night, "50MHz", 1)["Sun"].flux_jy[0].max() / night.sky.bodies["Sun"].flux_jy(
        exposure(night, "50MHz").frequency_hz[:1], 2024
    )
    assert min(flux) / beam > 95e3
    assert max(flux) / beam < 255e3
    assert max(flux) > 1.1 * min(flux)


def test_bursts_of_jupiter_are_below_40_mhz_and_circular():
    night = observation(start="20240612_173000", effects=effects("jupiter:100"), seed=3)
    flux = night.sky.bodies["Jupiter"].flux_jy(np.array([25e6, 41e6, 60e6]), 2024)
    assert flux[0] == pytest.approx(100e3, rel=1e-3)
    assert flux[1] < 2e3
    assert flux[2] < 1
    burst = seen(night, "27MHz")["Jupiter"]
    assert burst.cross_jy.real == pytest.approx(0)
    assert np.abs(burst.cross_jy) == pytest.approx(0.8 * np.sqrt(burst.flux_jy.prod(axis=1)))
