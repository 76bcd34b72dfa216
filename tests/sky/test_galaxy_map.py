"""The shipped map of the diffuse sky, and its derivation from a published one."""

from pathlib import Path

import numpy as np
import pytest

from lwacal import __main__ as program
from lwacal.sky import derive_galaxy_map, galaxy_map, sources
from lwacal.sky.galaxy_map import GalaxyMap, GalaxyMapError

N_PIXELS = 12 * 16**2
FREQUENCY_HZ = np.array([13.4e6, 30e6, 55e6, 86.9e6])
CUT_RADIUS_DEG = 8.0  # pixels are 3.7 degrees wide
SOURCES = {**sources.POSITIONS, **sources.SECONDARY_POSITIONS}


def separation_deg(radec, place):
    """The angle between directions (pixel, 2) and a source."""
    cosine = np.sin(radec[:, 1]) * np.sin(place.dec_rad) + np.cos(radec[:, 1]) * np.cos(
        place.dec_rad
    ) * np.cos(radec[:, 0] - place.ra_rad)
    return np.rad2deg(np.arccos(cosine.clip(-1, 1)))


def write_full(path: Path, frame: str, sources_k: float) -> np.ndarray:
    """Write a map in the layout of published ones; return temperatures at 50 MHz without sources.

    T = t (nu / 50 MHz)^-2.5, with t varying smoothly over the sky.
    """
    radec = galaxy_map.pixel_radec(N_PIXELS, frame)
    smooth_k = 4000 + 2000 * np.sin(radec[:, 1]) + 1000 * np.cos(radec[:, 0]) * np.cos(radec[:, 1])
    near = np.min([separation_deg(radec, place) for place in SOURCES.values()], axis=0) < 4
    freqs = np.array([10.0, 20, 40, 60, 80, 100])
    np.savez(
        path,
        ra=radec[:, 0],
        dec=radec[:, 1],
        maps=np.stack([smooth_k, near * sources_k], axis=1),
        freqs=freqs,
        sigmas=(freqs / 50) ** -2.5,
        comps=np.ones((6, 2)),
    )
    return smooth_k


@pytest.mark.parametrize("frame", ["galactic", "icrs"])
def test_derived_map_is_the_full_one_without_the_sources(tmp_path, frame):
    smooth_k = write_full(tmp_path / "full.npz", frame, sources_k=1e5)
    words = [str(tmp_path / "full.npz"), str(tmp_path / "small.npz")]
    assert program.main(["galaxy-map", *words, "--cut-radius-deg", str(CUT_RADIUS_DEG)]) == 0
    derived = GalaxyMap.read(tmp_path / "small.npz")
    expected_k = smooth_k[:, None] * (FREQUENCY_HZ / 50e6) ** -2.5
    error = derived.temperature_k(FREQUENCY_HZ) / expected_k - 1
    near = np.min([separation_deg(derived.radec, place) for place in SOURCES.values()], axis=0)
    assert np.abs(error[near > CUT_RADIUS_DEG]).max() < 2e-3
    assert np.abs(error[near <= CUT_RADIUS_DEG]).max() < 0.05  # filled in
    full = GalaxyMap.read(tmp_path / "full.npz")
    assert np.abs(derived.radec - full.radec).max() < 1e-6
    assert derived.pixel_sr == full.pixel_sr == 4 * np.pi / N_PIXELS
    assert full.temperature_k(FREQUENCY_HZ)[near < 4].min() > 5e4 * (86.9 / 50) ** -2.5


def test_pixels_without_a_temperature_are_filled_in(tmp_path):
    smooth_k = write_full(tmp_path / "full.npz", "icrs", sources_k=0.0)
    with np.load(tmp_path / "full.npz") as file:
        arrays = dict(file)
    arrays["maps"][2700:2703, 0] = -1.0
    np.savez(tmp_path / "full.npz", **arrays)
    derived = derive_galaxy_map.derive(GalaxyMap.read(tmp_path / "full.npz"), 1.0)
    np.savez(tmp_path / "small.npz", **derived)
    found = GalaxyMap.read(tmp_path / "small.npz").temperature_k(np.array([50e6]))[:, 0]
    assert found[2700:2703] == pytest.approx(smooth_k[2700:2703], rel=0.05)


def test_other_pixels_are_refused(tmp_path):
    write_full(tmp_path / "full.npz", "icrs", sources_k=0.0)
    with np.load(tmp_path / "full.npz") as file:
        arrays = dict(file)
    np.savez(tmp_path / "other.npz", **{**arrays, "dec": arrays["dec"][::-1]})
    with pytest.raises(ValueError, match="ring order"):
        derive_galaxy_map.derive(GalaxyMap.read(tmp_path / "other.npz"), CUT_RADIUS_DEG)


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


@pytest.mark.parametrize("name", SOURCES)
def test_sources_of_the_sky_model_are_not_in_the_shipped_map(name):
    """Cyg A and Cas A are 10 and more times brighter than their surroundings in the full map."""
    shipped = GalaxyMap.read()
    distance = separation_deg(shipped.radec, SOURCES[name])
    kelvin = shipped.temperature_k(FREQUENCY_HZ)
    inside, around = kelvin[distance < 2], kelvin[(distance > 3) & (distance < 6)]
    assert (inside.max(axis=0) < 1.02 * around.max(axis=0)).all()


def test_shipped_map_is_what_its_derivation_gives(real_data, tmp_path):
    full = GalaxyMap.read(real_data / "skymaps" / "gsm-408locked.npz")
    np.savez(
        tmp_path / "again.npz",
        **derive_galaxy_map.derive(full, derive_galaxy_map.CUT_RADIUS_DEG),
    )
    again = GalaxyMap.read(tmp_path / "again.npz").temperature_k(FREQUENCY_HZ)
    assert GalaxyMap.read().temperature_k(FREQUENCY_HZ) == pytest.approx(again, rel=2e-3)
    kept = np.min([separation_deg(full.radec, p) for p in SOURCES.values()], axis=0) > 3
    error = np.log(again / full.temperature_k(FREQUENCY_HZ))[kept]
    assert (np.sqrt((error**2).mean(axis=0)) < 0.025).all()
