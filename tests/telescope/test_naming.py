"""Names that are built are parsed back to the same parts."""

import pytest

from lwacal.telescope import naming, site


def test_raw_names_are_parsed_back():
    for band in site.BANDS:
        for averaged in (False, True):
            name = naming.raw_name("20240524_090003", band, averaged)
            assert naming.parse_raw_name(f"some/folder/{name}") == naming.RawName(
                "20240524_090003", band, averaged
            )


@pytest.mark.parametrize(
    "name",
    [
        "20240524_090003_73MHz.fits",
        "20241324_090003_73MHz.ms",  # month 13
        "20240524_250003_73MHz.ms",
        "20240524_090003_MHz.ms",
        "x20240524_090003_73MHz.ms",
        "20240524_090003_73MHz_other.ms",
    ],
)
def test_other_names_are_no_raw_names(name):
    assert naming.parse_raw_name(name) is None


def test_stamp_and_time_are_inverse():
    for stamp in ("20240524_090003", "20191231_235959", "20240229_000000"):
        assert naming.format_stamp(naming.stamp_time(stamp)) == stamp


def test_stamp_time_agrees_with_astropy():
    assert naming.stamp_time("20240524_090003") == pytest.approx(
        site.Time("2024-05-24T09:00:03", scale="utc").mjd * 86400, abs=1e-3
    )


def test_sub_bands_are_named_after_their_first_channel():
    assert site.BANDS[0] == "13MHz"
    assert site.BANDS[-1] == "82MHz"
    for band in site.BANDS:
        for number in (192, 96, 24, 12, 2):
            width_hz = site.CHANNEL_WIDTH_HZ * 192 / number
            first_hz = site.band_frequencies_hz(band, number)[0]
            assert naming.nominal_band(first_hz, width_hz) == band


def test_channel_grid_agrees_with_real_headers():
    grid = [site.band_frequencies_hz(band) for band in site.BANDS]
    assert grid[0][0] == 13398437.5
    assert grid[-1][-1] == pytest.approx(86.874512e6, abs=1)
    coarse = site.band_frequencies_hz("73MHz", 48)
    assert coarse[0] == pytest.approx(73153076.171875)  # of a real averaged set


def test_sub_bands_are_sorted_by_frequency():
    assert naming.sort_bands(["82MHz", "9MHz", "13MHz", "82MHz"]) == ["9MHz", "13MHz", "82MHz"]
