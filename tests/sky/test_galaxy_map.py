"""The shipped map of the diffuse sky, and its derivation from a published one."""

from pathlib import Path

import numpy as np
import pytest

from lwacal import __main__ as program
from lwacal.sky import derive_galaxy_map, galaxy_map, secondary, sources
from lwacal.sky.galaxy_map import GalaxyMap, GalaxyMapError

N_PIXELS = 12 * 32**2
FREQUENCY_HZ = np.array([13.4e6, 30e6, 55e6, 86.9e6])
FREQS_MHZ = np.array([10.0, 20, 40, 60, 80, 100])
A_TEAM = sources.POSITIONS
SECONDARY = {name: source.direction for name, source in secondary.SOURCES.items()}


def separation_deg(radec, place):
    """The angle between directions (pixel, 2) and a source."""
    cosine = np.sin(radec[:, 1]) * np.sin(place.dec_rad) + np.cos(radec[:, 1]) * np.cos(
        place.dec_rad
    ) * np.cos(radec[:, 0] - place.ra_rad)
    return np.rad2deg(np.arccos(cosine.clip(-1, 1)))


def nearest_deg(radec, places):
    return np.min([separation_deg(radec, place) for place in places.values()], axis=0)


def write(path: Path, frame: str, smooth_k, rough_k=0.0, seen=(), index=-2.5) -> None:
    """Write a map in the layout of published ones, T = t (nu / 50 MHz)^index.

    ``smooth_k`` is a function of right ascension and declination, ``rough_k`` alternates between
    pixels, and ``seen`` are pairs of a radius in degrees and sources with 1e5 K within it.
    """
    radec = galaxy_map.pixel_radec(N_PIXELS, frame)
    near = np.max([nearest_deg(radec, places) < radius for radius, places in seen] or [[0]], axis=0)
    rough = rough_k * (-1.0) ** np.arange(N_PIXELS)
    t_k = smooth_k(*radec.T) + rough + 1e5 * near
    np.savez(
        path,
        ra=radec[:, 0],
        dec=radec[:, 1],
        maps=t_k[:, None],
        freqs=FREQS_MHZ,
        sigmas=(FREQS_MHZ / 50) ** index,
        comps=np.ones((6, 1)),
    )


def fine_k(ra, dec):
    return 4000 + 2000 * np.sin(dec) + 1000 * np.cos(ra) * np.cos(dec)


def coarse_k(ra, dec):
    return 1.2 * fine_k(ra, dec) * (1 + 0.2 * np.sin(ra) * np.cos(dec))


@pytest.fixture
def derived(tmp_path):
    """A function that derives a map with the program and reads it."""

    def derive() -> GalaxyMap:
        words = [str(tmp_path / name) for name in ("fine.npz", "coarse.npz", "small.npz")]
        assert program.main(["galaxy-map", *words]) == 0
        return GalaxyMap.read(tmp_path / "small.npz")

    return derive


@pytest.mark.parametrize("frame", ["galactic", "icrs"])
def test_derived_map_has_the_coarse_brightness_and_the_fine_structure(tmp_path, derived, frame):
    write(tmp_path / "fine.npz", frame, fine_k, rough_k=300.0)
    write(tmp_path / "coarse.npz", "icrs", coarse_k, index=-2.6)
    found = derived()
    fine = GalaxyMap.read(tmp_path / "fine.npz")
    assert np.abs(found.radec - fine.radec).max() < 1e-6
    assert found.pixel_sr == fine.pixel_sr == 4 * np.pi / N_PIXELS
    whole = nearest_deg(fine.radec, {**A_TEAM, **SECONDARY}) > 7
    expected_k = coarse_k(*fine.radec.T)[:, None] * (FREQUENCY_HZ / 50e6) ** -2.6
    found_rough = (found.temperature_k(FREQUENCY_HZ) / expected_k - 1)[whole]
    rough = (300 * (-1.0) ** np.arange(N_PIXELS) / fine_k(*fine.radec.T))[whole]
    slope = rough @ found_rough / (rough @ rough)
    assert slope == pytest.approx(1, abs=0.1)
    left = found_rough - np.outer(rough, slope)
    assert np.sqrt((left**2).mean()) < 0.02  # pixels of 1.8 degrees do not all average out
    assert np.abs(left.mean(axis=0)).max() < 2e-3


def test_sources_are_cut_out_of_both_maps(tmp_path, derived):
    """They extend over the resolution of each map."""
    seen = {"fine": [(5.5, A_TEAM), (1.5, SECONDARY)], "coarse": [(7.0, A_TEAM), (4.5, SECONDARY)]}
    write(tmp_path / "fine.npz", "galactic", fine_k, seen=seen["fine"])
    write(tmp_path / "coarse.npz", "icrs", fine_k, seen=seen["coarse"])
    found = derived()
    expected_k = fine_k(*found.radec.T)[:, None] * (FREQUENCY_HZ / 50e6) ** -2.5
    assert np.abs(found.temperature_k(FREQUENCY_HZ) / expected_k - 1).max() < 0.05


def test_pixels_without_a_temperature_are_left_out(tmp_path, derived):
    write(tmp_path / "fine.npz", "galactic", fine_k)

    def with_negative(ra, dec):
        return np.where(np.arange(N_PIXELS) // 3 == 3900, -100.0, fine_k(ra, dec))

    write(tmp_path / "coarse.npz", "icrs", with_negative)
    found = derived()
    expected_k = fine_k(*found.radec.T)[:, None] * (FREQUENCY_HZ / 50e6) ** -2.5
    assert np.abs(found.temperature_k(FREQUENCY_HZ) / expected_k - 1).max() < 0.05


def test_other_maps_are_refused(tmp_path, derived):
    write(tmp_path / "coarse.npz", "icrs", fine_k)
    write(tmp_path / "fine.npz", "galactic", lambda ra, dec: fine_k(ra, dec) - 5000)
    with pytest.raises(ValueError, match="not positive"):
        derived()
    with np.load(tmp_path / "coarse.npz") as file:
        arrays = dict(file)
    np.savez(tmp_path / "other.npz", **{**arrays, "dec": arrays["dec"][::-1]})
    with pytest.raises(ValueError, match="ring order"):
        derive_galaxy_map.frame_of(GalaxyMap.read(tmp_path / "other.npz").radec)


@pytest.mark.parametrize("content", [{"maps": np.ones((12, 1))}, {"deviation": np.ones((2, 13))}])
def test_another_file_is_no_map(tmp_path, content):
    np.savez(tmp_path / "other.npz", **content)
    with pytest.raises(GalaxyMapError, match=r"other\.npz is not a map of the sky"):
        GalaxyMap.read(tmp_path / "other.npz")


def test_shipped_map_is_small_and_resolves_the_galaxy():
    assert galaxy_map.SHIPPED.stat().st_size < 250_000
    shipped = GalaxyMap.read()
    assert shipped.radec.shape == (12 * 64**2, 2)
    kelvin = shipped.temperature_k(FREQUENCY_HZ)
    assert kelvin.shape == (12 * 64**2, 4)
    assert (np.diff(kelvin, axis=1) < 0).all()
    # the Galactic plane: Sagittarius A*, and the pole at ra 12h51m, dec +27.13
    centre = separation_deg(shipped.radec, sources.Direction(4.6497, -0.5060)) < 5
    pole = separation_deg(shipped.radec, sources.Direction(3.3660, 0.4735)) < 15
    ratio = kelvin[centre].mean(axis=0) / kelvin[pole].mean(axis=0)
    assert (ratio > 8).all()
    assert (ratio < 30).all()


@pytest.mark.parametrize("name", A_TEAM)
def test_a_team_is_not_in_the_shipped_map(name):
    """Cyg A and Cas A are 10 and more times brighter than their surroundings in the full map."""
    shipped = GalaxyMap.read()
    distance = separation_deg(shipped.radec, A_TEAM[name])
    kelvin = shipped.temperature_k(FREQUENCY_HZ)
    inside, around = kelvin[distance < 5], kelvin[(distance > 6) & (distance < 9)]
    assert (inside.max(axis=0) < 1.02 * around.max(axis=0)).all()


@pytest.fixture(scope="module")
def published(real_data):
    """The two maps that the shipped one is derived from."""
    folder = real_data / "skymaps"
    names = ("gsm-408locked.npz", "lfsm-5.1deg.npz")
    return tuple(GalaxyMap.read(folder / name) for name in names)


def test_shipped_map_is_what_its_derivation_gives(published, tmp_path):
    np.savez(tmp_path / "again.npz", **derive_galaxy_map.derive(*published))
    again = GalaxyMap.read(tmp_path / "again.npz").temperature_k(FREQUENCY_HZ)
    assert GalaxyMap.read().temperature_k(FREQUENCY_HZ) == pytest.approx(again, rel=2e-3)


def test_shipped_map_agrees_with_the_published_ones(published):
    """Within the error of its simple spectra: with the LFSM at 5.1 degrees from 27 to 87 MHz."""
    shipped, (fine, coarse) = GalaxyMap.read(), published
    frequency_hz = np.array([27e6, 41e6, 55e6, 87e6])
    here, there = (derive_galaxy_map.unit_vectors(one.radec) for one in (shipped, coarse))
    kept = ~derive_galaxy_map.near_sources(there, np.deg2rad(9)) & (there[:, 2] > -0.35)
    smooth_k = derive_galaxy_map.smoothed(shipped.temperature_k(frequency_hz), here, there[kept])
    error = np.log(smooth_k / coarse.temperature_k(frequency_hz)[kept])
    assert (np.abs(error.mean(axis=0)) < 0.01).all()
    assert (error.std(axis=0) < 0.05).all()
    ratio = np.log(shipped.temperature_k(frequency_hz) / fine.temperature_k(frequency_hz))
    kept = ~derive_galaxy_map.near_sources(here, np.deg2rad(7)) & (here[:, 2] > -0.35)
    middle = np.median(ratio[kept], axis=0)
    assert (middle > 0.1).all()  # the GSM is fainter there
    assert (middle < 0.3).all()
