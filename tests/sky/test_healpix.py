"""The centres of HEALPix pixels, by their definition and against positions in published maps."""

import numpy as np
import pytest

from lwacal.sky import healpix
from lwacal.sky.galaxy_map import pixel_radec


def test_twelve_pixels():
    longitude, latitude = healpix.ring_centres(12)
    assert np.rad2deg(longitude) == pytest.approx(
        [45, 135, 225, 315, 0, 90, 180, 270] + [45, 135, 225, 315]
    )
    assert np.sin(latitude) == pytest.approx([2 / 3] * 4 + [0] * 4 + [-2 / 3] * 4, abs=1e-12)


@pytest.mark.parametrize("side", [2, 3, 16])
def test_pixels_cover_the_sphere_evenly(side):
    """Equal areas: the mean of x, y, z is 0, of their squares 1/3, and of their products 0."""
    longitude, latitude = healpix.ring_centres(12 * side**2)
    vectors = np.stack(
        [
            np.cos(latitude) * np.cos(longitude),
            np.cos(latitude) * np.sin(longitude),
            np.sin(latitude),
        ]
    )
    assert vectors.mean(axis=1) == pytest.approx([0, 0, 0], abs=1e-12)
    assert vectors @ vectors.T / vectors.shape[1] == pytest.approx(np.eye(3) / 3, abs=0.1 / side**2)
    assert (np.diff(latitude) <= 1e-12).all()  # from north to south
    closest = np.sort(np.arccos((vectors.T @ vectors).clip(-1, 1)), axis=1)[:, 1]
    assert closest.min() > 0.5 * np.sqrt(4 * np.pi / vectors.shape[1])


@pytest.mark.parametrize("number", [0, 11, 13, 12 * 3])
def test_other_numbers_of_pixels_are_refused(number):
    with pytest.raises(ValueError, match="HEALPix"):
        healpix.ring_centres(number)


@pytest.mark.parametrize(
    ("name", "frame"), [("gsm-408locked", "galactic"), ("lfsm-5.1deg", "icrs")]
)
def test_centres_are_those_of_published_maps(real_data, name, frame):
    with np.load(real_data / "skymaps" / f"{name}.npz") as file:
        ra_rad, dec_rad = file["ra"], file["dec"]
    mine = pixel_radec(len(ra_rad), frame)
    assert mine[:, 1] == pytest.approx(dec_rad, abs=1e-6)
    east = np.sin(mine[:, 0] - ra_rad) * np.cos(dec_rad)
    assert east == pytest.approx(0, abs=1e-6)
