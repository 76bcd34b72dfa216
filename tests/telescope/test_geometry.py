"""Directions and UVW, compared with independent computations."""

import numpy as np
import pytest
from astropy.coordinates import TETE, AltAz, SkyCoord

import point_sources
from lwacal.telescope import geometry, naming, phasors, site
from small_sets import small_array

MJD_S = naming.stamp_time("20240524_090003")
CYG_A = SkyCoord("19h59m28.356s", "40d44m02.09s")


def test_itrf_direction_is_the_altitude_and_azimuth_of_astropy():
    frame = AltAz(obstime=site.astropy_time(MJD_S), location=site.location())
    expected = CYG_A.transform_to(frame)
    east, north, up = geometry.enu_axes() @ geometry.itrf_direction(
        CYG_A.ra.rad, CYG_A.dec.rad, MJD_S
    )
    assert np.arcsin(up) == pytest.approx(expected.alt.rad, abs=1e-7)
    assert np.arctan2(east, north) % (2 * np.pi) == pytest.approx(expected.az.rad, abs=1e-7)


def test_zenith_is_at_the_zenith():
    altitude, _ = site.altitude_azimuth(*site.zenith(MJD_S), MJD_S)
    assert altitude == pytest.approx(np.pi / 2, abs=1e-7)


def test_lst_is_the_right_ascension_of_date_at_the_zenith():
    of_date = SkyCoord(*site.zenith(MJD_S), unit="rad").transform_to(
        TETE(obstime=site.astropy_time(MJD_S), location=site.location())
    )
    assert site.lst_hours(MJD_S) == pytest.approx(of_date.ra.hour, abs=1e-4)


def test_uvw_axes_are_right_handed_and_point_east_north_and_to_the_source():
    axes = geometry.uvw_axes(CYG_A.ra.rad, CYG_A.dec.rad, MJD_S)
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1)
    step = 1e-3
    further_east = CYG_A.ra.rad + step / np.cos(CYG_A.dec.rad)
    east = geometry.itrf_direction(further_east, CYG_A.dec.rad, MJD_S)
    north = geometry.itrf_direction(CYG_A.ra.rad, CYG_A.dec.rad + step, MJD_S)
    assert axes @ east == pytest.approx([step, 0, 1], abs=2e-6)
    assert axes @ north == pytest.approx([0, step, 1], abs=2e-6)


def test_uvw_of_the_zenith_is_east_north_up_rotated_by_precession():
    array = small_array()
    zenith = site.zenith(MJD_S)
    uvw = geometry.antenna_uvw_m(array.positions_m, *zenith, MJD_S)
    enu = geometry.local_enu_m(array.positions_m)
    assert uvw[:, 2] == pytest.approx(enu[:, 2], abs=1e-3)
    lengths = np.hypot(enu[:, 0], enu[:, 1])
    assert np.hypot(uvw[:, 0], uvw[:, 1]) == pytest.approx(lengths, abs=1e-3)
    rotation_deg = np.rad2deg(np.angle((uvw[0, 0] + 1j * uvw[0, 1]) / (enu[0, 0] + 1j * enu[0, 1])))
    # 24 years of precession; 0.23 to 0.27 degrees in real headers
    assert 0.05 < abs(rotation_deg) < 0.4


def test_enu_and_itrf_are_inverse():
    array = small_array()
    enu = geometry.local_enu_m(array.positions_m)
    assert geometry.enu_to_itrf_m(enu) == pytest.approx(array.positions_m, abs=1e-6)


def test_path_is_positive_towards_the_source():
    """An antenna closer to the source has a positive path and leads in phase."""
    east_of_centre = geometry.enu_to_itrf_m(np.array([[100.0, 0, 0], [0.0, 0, 0]]))
    eastern_sky = site.zenith(MJD_S + 3 * 3600)  # the zenith in three hours is in the east now
    path = geometry.path_m(east_of_centre, *eastern_sky, MJD_S)
    assert path[0] > 50
    assert abs(path[1]) < 1e-3


def test_prediction_at_the_phase_centre_has_no_phase():
    array = small_array()
    antenna1, antenna2 = np.triu_indices(8)
    frequency_hz = site.band_frequencies_hz("73MHz", 4)
    centre = (CYG_A.ra.rad, CYG_A.dec.rad)
    model = point_sources.model_visibilities(
        antenna1,
        antenna2,
        array.positions_m,
        frequency_hz,
        MJD_S,
        np.array([centre]),
        np.full((1, 4), 5.0),
        np.full((1, 4), 3.0),
        centre,
    )
    assert model[..., 0] == pytest.approx(np.full(model.shape[:2], 5.0), abs=1e-4)
    assert model[..., 1] == pytest.approx(np.full(model.shape[:2], 3.0), abs=1e-4)


def test_rotation_to_a_source_removes_its_phase_and_is_reversible():
    array = small_array()
    antenna1, antenna2 = np.triu_indices(8)
    frequency_hz = site.band_frequencies_hz("73MHz", 4)
    source, zenith = (CYG_A.ra.rad, CYG_A.dec.rad), site.zenith(MJD_S)
    ones = np.ones((1, 4))
    model = point_sources.model_visibilities(
        antenna1,
        antenna2,
        array.positions_m,
        frequency_hz,
        MJD_S,
        np.array([source]),
        ones,
        ones,
        zenith,
    )
    geometry_of = (antenna1, antenna2, array.positions_m, frequency_hz, MJD_S)
    there = model.copy()
    phasors.rotate_in_place(there, *geometry_of, zenith, source)
    back = there.copy()
    phasors.rotate_in_place(back, *geometry_of, source, zenith)
    assert there == pytest.approx(np.ones(model.shape), abs=1e-4)
    assert back == pytest.approx(model, abs=1e-5)
