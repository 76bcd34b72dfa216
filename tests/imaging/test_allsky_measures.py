"""Noise and dynamic range of images of the whole sky, and which band has which colour."""

import matplotlib.image
import numpy as np
import pytest
from astropy.io import fits

from lwacal.imaging import measure, point_source_fit, rgb_image
from lwacal.records import files
from lwacal.records.allsky import AllskyRecord

SIZE, SCALE_DEG = 128, 1.0  # the horizon is 57.3 pixels from the centre
RMS_JY, PEAK_JY = 2.0, 300.0


def write(path, pixels):
    header = fits.Header({"BMAJ": 2.0, "BMIN": 2.0, "BPA": 0.0})
    axes = (
        ("RA---SIN", 200.0, -SCALE_DEG),
        ("DEC--SIN", 37.0, SCALE_DEG),
        ("FREQ", 5e7, 1.0),
        ("STOKES", 1.0, 1.0),
    )
    for number, (kind, value, step) in enumerate(axes, 1):
        header.update(
            {
                f"CTYPE{number}": kind,
                f"CRVAL{number}": value,
                f"CDELT{number}": step,
                f"CRPIX{number}": SIZE // 2 + 1 if number < 3 else 1.0,
            }
        )
    fits.writeto(path, pixels[None, None].astype(np.float32), header)


def distance_pixels():
    rows, columns = np.indices((SIZE, SIZE)) - SIZE // 2
    return np.hypot(rows, columns)


def test_what_is_beyond_the_horizon_does_not_count(tmp_path):
    """Noise and peak there are a hundred times stronger; some pixels are not even numbers."""
    pixels = RMS_JY * np.random.default_rng(1).normal(size=(SIZE, SIZE))
    pixels[40, 70] = PEAK_JY
    pixels[distance_pixels() > 57.3] *= 100
    pixels[distance_pixels() > 80] = np.nan
    write(tmp_path / "low-image.fits", pixels)
    common = {"mhz": [18.0, 41.0], "sub_bands": [], "thermal_jy": 0.5}
    band = {**common, "name": "low", "file": "low-image.fits", "status": "ok", "message": ""}
    message = "no calibrated sub-band"
    empty = {**common, "name": "high", "file": "", "status": "no_data", "message": message}
    record = {
        "status": "ok",
        "message": "",
        "bands": [band, empty],
        "commands": [],
        "horizon_mask_deg": 10.0,
    }
    files.write(AllskyRecord, tmp_path / "images.json", record)
    low, high = measure.measure_allsky(tmp_path)
    assert low["rms_jy"] == pytest.approx(RMS_JY, rel=0.03)  # of some 10 000 pixels
    assert low["peak_jy"] == pytest.approx(PEAK_JY)
    assert low["dynamic_range"] == pytest.approx(PEAK_JY / RMS_JY, rel=0.03)
    assert (high["rms_jy"], high["message"]) == (None, "no calibrated sub-band")


@pytest.mark.parametrize("elevation_deg", [0, 10, 30])
def test_elevation_of_pixels(tmp_path, elevation_deg):
    write(tmp_path / "image.fits", np.zeros((SIZE, SIZE)))
    kept = measure.above(point_source_fit.read_image(tmp_path / "image.fits"), elevation_deg)
    radius = np.cos(np.deg2rad(elevation_deg)) / np.deg2rad(SCALE_DEG)
    assert np.array_equal(kept, distance_pixels() <= radius)


def test_low_band_is_red_mid_green_high_blue_and_north_is_up(tmp_path):
    """A bright spot in each band at a place of its own; rows of images count from the south."""
    spots = {"low": (20, 30), "mid": (60, 90), "high": (100, 50)}
    for name, place in spots.items():
        pixels = np.random.default_rng(2).normal(size=(SIZE, SIZE))
        pixels[place[0] - 3 : place[0] + 3, place[1] - 3 : place[1] + 3] = 1000.0
        write(tmp_path / f"{name}.fits", pixels)
    bands = [{"name": name, "file": f"{name}.fits"} for name in spots]
    assert rgb_image.write(bands, tmp_path, tmp_path / "rgb.png")
    picture = matplotlib.image.imread(tmp_path / "rgb.png")
    for colour, (row, column) in enumerate(spots.values()):
        shown = picture[SIZE - 1 - row, column, :3]
        assert np.argmax(shown) == colour
        assert shown[colour] > 0.9
        assert np.delete(shown, colour).max() < 0.3


def test_a_missing_band_stays_dark_and_shifts_no_colour(tmp_path):
    pixels = np.random.default_rng(3).normal(size=(SIZE, SIZE)) + 100 * np.eye(SIZE)
    write(tmp_path / "high.fits", pixels)
    bands = [
        {"name": "low", "file": ""},
        {"name": "mid", "file": ""},
        {"name": "high", "file": "high.fits"},
    ]
    assert rgb_image.write(bands, tmp_path, tmp_path / "rgb.png")
    picture = matplotlib.image.imread(tmp_path / "rgb.png")
    assert picture[..., :2].max() == 0
    assert picture[..., 2].max() > 0.9
    assert not rgb_image.write(bands[:2], tmp_path, tmp_path / "none.png")
