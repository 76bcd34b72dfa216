"""The beams of X and Y: normalized, zero below the horizon, and correctly oriented."""

import h5py
import numpy as np
import pytest

from lwacal.sky import beam, beam_file, beam_memo178
from lwacal.telescope import site

FREQUENCY_HZ = np.arange(13e6, 88e6, 0.5e6)
DEGREES = np.arange(1.0, 91.0)


@pytest.fixture(params=sorted(beam.MODELS))
def model(request):
    return request.param


def at(model, altitude_deg, azimuth_deg, **words):
    altitude, azimuth = np.broadcast_arrays(np.deg2rad(altitude_deg), np.deg2rad(azimuth_deg))
    return beam.power(model, FREQUENCY_HZ, altitude, azimuth, **words)


def test_one_at_the_zenith_and_nothing_below_the_horizon(model):
    for dipole in at(model, 90.0, 33.0):
        assert dipole == pytest.approx(1.0, abs=3e-3)
    for dipole in at(model, [-0.1, -30.0, 0.0], 10.0):
        assert not dipole.any()


def test_between_zero_and_one_everywhere(model):
    altitude, azimuth = np.meshgrid(DEGREES, np.arange(0, 360, 15.0))
    for dipole in at(model, altitude.ravel(), azimuth.ravel()):
        assert dipole.shape == (altitude.size, len(FREQUENCY_HZ))
        assert (dipole >= 0).all()
        assert (dipole <= 1).all()


def test_y_is_x_rotated_by_a_right_angle(model):
    _, yy = at(model, 40.0, np.arange(0, 360, 30.0))
    turned, _ = at(model, 40.0, np.arange(0, 360, 30.0) - 90)
    assert yy == pytest.approx(turned, abs=1e-12)
    assert at(model, 40.0, 20.0, x_azimuth_deg=90.0)[0] == pytest.approx(at(model, 40.0, 20.0)[1])


def test_opposite_azimuths_see_the_same(model):
    for here, there in zip(at(model, 35.0, 20.0), at(model, 35.0, 200.0)):
        assert here == pytest.approx(there, abs=1e-12)


def test_planes_of_the_dipole_are_north_south_for_x():
    zenith_rad = np.deg2rad([50.0])
    e_plane = beam_memo178.plane_pattern(beam_memo178.E_PLANE, FREQUENCY_HZ, zenith_rad)
    h_plane = beam_memo178.plane_pattern(beam_memo178.H_PLANE, FREQUENCY_HZ, zenith_rad)
    north, east = at("memo178", 40.0, 0.0), at("memo178", 40.0, 90.0)
    assert north[0] == pytest.approx(e_plane, abs=1e-12)
    assert north[1] == pytest.approx(h_plane, abs=1e-12)
    assert east[0] == pytest.approx(h_plane, abs=1e-12)
    assert np.abs(e_plane - h_plane).max() > 0.05  # so that swapped planes would be noticed


def test_memo_falls_smoothly_from_zenith_to_horizon():
    xx, yy = at("memo178", DEGREES, 45.0)
    assert np.array_equal(xx.shape, (len(DEGREES), len(FREQUENCY_HZ)))
    assert xx == pytest.approx(yy)  # on the diagonal the dipoles have the same beam
    inside = FREQUENCY_HZ > 30e6
    assert (np.diff(xx[:, inside], axis=0) > -0.01).all()
    assert xx[DEGREES == 45][:, inside].min() > 0.2


def test_memo_agrees_roughly_with_the_law_of_the_observatory():
    """The observatory fits sin(el)^1.6; above 30 degrees both agree within a third."""
    xx, yy = at("memo178", DEGREES, 0.0)
    simple, _ = at("sine", DEGREES, 0.0)
    high = (DEGREES > 30)[:, None] & ((FREQUENCY_HZ > 30e6) & (FREQUENCY_HZ < 80e6))[None]
    assert np.abs(np.log((xx + yy) / 2 / simple))[high].max() < np.log(4 / 3)


def test_error_for_an_unknown_model_lists_the_choices():
    with pytest.raises(ValueError, match=r"beam\.model is 'x'; choose one of memo178, sine, h5"):
        beam.power("x", FREQUENCY_HZ, np.array([1.0]), np.array([0.0]))


def test_every_sub_band_has_a_sensible_beam():
    for band in site.BANDS:
        frequency_hz = site.band_frequencies_hz(band)
        for dipole in beam.power("memo178", frequency_hz, np.deg2rad(30.0), np.deg2rad(60.0)):
            assert (np.diff(dipole[0]) < 0.02).all()
            assert 0.05 < dipole.min() <= dipole.max() < 0.8


GRID_HZ = np.array([20e6, 50e6, 80e6])
GRID_THETA = np.linspace(0, np.pi / 2, 19)


def write_file(path, phi, unit="radians", gain=(3.0, 5.0), spoil=None):
    """Write fields with powers (1 + cos t) / 2 (1 + a sin t cos 2 phi), scaled with frequency."""
    t, p = np.meshgrid(GRID_THETA, phi, indexing="ij")
    turn = np.rad2deg if unit == "degrees" else np.asarray
    with h5py.File(path, "w") as file:
        file["freq_Hz"] = GRID_HZ
        file["theta_pts"], file["phi_pts"] = turn(GRID_THETA), turn(phi)
        for name, sign, size in zip(beam_file.GROUPS, (1, -1), gain):
            power = (1 + np.cos(t)) / 2 * (1 + sign * 0.3 * np.sin(t) * np.cos(2 * p))
            e_theta = size * np.sqrt(0.7 * power)[None] * (GRID_HZ / 50e6)[:, None, None]
            e_phi = 1j * size * np.sqrt(0.3 * power)[None] * (GRID_HZ / 50e6)[:, None, None]
            group = file.create_group(name)
            group["etheta"], group["ephi"] = e_theta.astype(complex), e_phi
        if spoil:
            spoil(file)
    return str(path)


@pytest.mark.parametrize("unit", ["radians", "degrees"])
@pytest.mark.parametrize("closed", [True, False], ids=["to 360", "to 350"])
def test_file_gives_power_relative_to_the_zenith(tmp_path, unit, closed):
    phi = np.deg2rad(np.arange(0, 361 if closed else 351, 10.0))
    file = write_file(tmp_path / "beam.h5", phi, unit)
    zenith, azimuth = np.deg2rad([0.0, 40.0, 63.0, 40.0]), np.deg2rad([12.0, 20.0, 355.0, -5.0])
    frequency_hz = np.array([20e6, 33e6, 80e6])
    xx, yy = beam.power("h5", frequency_hz, np.pi / 2 - zenith, azimuth, file=file)
    for found, sign in ((xx, 1), (yy, -1)):
        true = (1 + np.cos(zenith)) / 2 * (1 + sign * 0.3 * np.sin(zenith) * np.cos(2 * azimuth))
        assert found == pytest.approx(np.repeat(true[:, None], 3, axis=1), abs=0.01)
    assert xx[0] == pytest.approx(1)


def test_beam_of_a_file_is_zero_below_the_horizon(tmp_path):
    file = write_file(tmp_path / "beam.h5", np.deg2rad(np.arange(0, 360, 10.0)))
    xx, yy = beam.power("h5", GRID_HZ, np.deg2rad([-5.0]), np.array([0.0]), file=file)
    assert not xx.any()
    assert not yy.any()


def test_frequency_outside_the_grid_is_an_error(tmp_path):
    file = write_file(tmp_path / "beam.h5", np.deg2rad(np.arange(0, 360, 10.0)))
    with pytest.raises(beam_file.BeamFileError, match="from 20 to 80 MHz, but 13 to 18 MHz"):
        beam.power("h5", np.array([13e6, 18e6]), np.array([1.0]), np.array([0.0]), file=file)


def test_elevation_below_the_grid_is_an_error(tmp_path):
    def cut(file):
        for name in (
            "theta_pts",
            *(f"{group}/{part}" for group in beam_file.GROUPS for part in ("etheta", "ephi")),
        ):
            values = file[name][:]
            del file[name]
            file[name] = values[:, :15] if values.ndim > 1 else values[:15]

    file = write_file(tmp_path / "beam.h5", np.deg2rad(np.arange(0, 360, 10.0)), spoil=cut)
    xx, _ = beam.power("h5", GRID_HZ, np.deg2rad([21.0]), np.array([0.0]), file=file)
    assert (xx > 0.1).all()
    with pytest.raises(beam_file.BeamFileError, match="zenith angles from 0 to 70 deg"):
        beam.power("h5", GRID_HZ, np.deg2rad([19.0]), np.array([0.0]), file=file)


@pytest.mark.parametrize(
    ("phi_deg", "spoil", "said"),
    [
        (np.arange(0, 200, 10.0), None, "do not cover a full circle"),
        (
            np.arange(0, 360, 10.0),
            lambda file: file.__delitem__("phi_pts"),
            "not a valid beam file",
        ),
        (np.arange(0, 360, 10.0)[::-1], None, "do not increase"),
    ],
)
def test_invalid_files_are_refused_with_the_reason(tmp_path, phi_deg, spoil, said):
    file = write_file(tmp_path / "beam.h5", np.deg2rad(phi_deg), spoil=spoil)
    with pytest.raises(beam_file.BeamFileError, match=said):
        beam_file.read(file)
    (tmp_path / "text.h5").write_text("no beam")
    with pytest.raises(beam_file.BeamFileError, match=r"text\.h5 is not a valid beam file"):
        beam_file.read(str(tmp_path / "text.h5"))
