"""Names are made and parsed the same way."""

import pytest

from lwacal.telescope import naming, site


def test_raw_names_survive_making_and_parsing():
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
        "20241324_090003_73MHz.ms",  # there is no month 13
        "20240524_250003_73MHz.ms",
        "20240524_090003_MHz.ms",
        "x20240524_090003_73MHz.ms",
        "20240524_090003_73MHz_other.ms",
    ],
)
def test_other_names_are_not_taken_for_raw_ones(name):
    assert naming.parse_raw_name(name) is None


def test_stamp_and_time_are_inverse():
    for stamp in ("20240524_090003", "20191231_235959", "20240229_000000"):
        assert naming.format_stamp(naming.stamp_time(stamp)) == stamp


def test_stamp_time_is_that_of_astropy():
    assert naming.stamp_time("20240524_090003") == pytest.approx(
        site.Time("2024-05-24T09:00:03", scale="utc").mjd * 86400, abs=1e-3
    )


def test_bands_are_named_by_their_first_channel():
    assert site.BANDS[0] == "13MHz"
    assert site.BANDS[-1] == "82MHz"
    for band in site.BANDS:
        for number in (192, 96, 24, 12, 2):
            width_hz = site.CHANNEL_WIDTH_HZ * 192 / number
            first_hz = site.band_frequencies_hz(band, number)[0]
            assert naming.nominal_band(first_hz, width_hz) == band


def test_full_grid_is_that_of_real_headers():
    grid = [site.band_frequencies_hz(band) for band in site.BANDS]
    assert grid[0][0] == 13398437.5
    assert grid[-1][-1] == pytest.approx(86.874512e6, abs=1)
    coarse = site.band_frequencies_hz("73MHz", 48)
    assert coarse[0] == pytest.approx(73153076.171875)  # of a real averaged set


def test_bands_sort_by_frequency_not_by_letters():
    assert naming.sort_bands(["82MHz", "9MHz", "13MHz", "82MHz"]) == ["9MHz", "13MHz", "82MHz"]


def test_table_names_split_as_the_beamformer_splits_them():
    name = naming.bcal_name("20240524_090003", "73MHz")
    assert name == "20240524_090003_73MHz.bcal"
    assert "_".join(name.split("_")[:2]) == "20240524_090003"
