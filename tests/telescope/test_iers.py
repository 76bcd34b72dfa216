"""Our reader of the Earth orientation table agrees with astropy's."""

import numpy as np
import pytest
from astropy import units
from astropy.utils import iers

from lwacal.telescope import iers as earth_orientation
from lwacal.telescope import site

MJD = np.array([50000.3, 58000.7, 60462.45, 61000.2, 61500.5])


@pytest.fixture(scope="module")
def tables():
    return site.iers.earth_orientation_table.get(), iers.IERS_Auto.open()


def test_orientation_agrees_with_astropy(tables):
    ours, astropys = tables
    assert not isinstance(ours, iers.IERS_A)
    ut1 = [table.ut1_utc(2400000.5, MJD) for table in (ours, astropys)]
    assert np.abs(ut1[0] - ut1[1]).max() < 0.1 * units.ms
    assert np.abs(ut1[0]).min() > 10 * units.ms
    for found, expected in zip(*(table.pm_xy(2400000.5, MJD) for table in (ours, astropys))):
        assert np.abs(found - expected).max() < 2e-3 * units.arcsec
        assert np.abs(found).min() > 20e-3 * units.arcsec


def test_time_outside_the_table_is_an_error(tables):
    with pytest.raises(iers.IERSRangeError):
        tables[0].ut1_utc(2400000.5, 90000.0)


def test_days_without_values_are_left_out(tmp_path):
    lines = earth_orientation.Path(iers.IERS_A_FILE).read_bytes().splitlines(keepends=True)
    path = tmp_path / "finals"
    path.write_bytes(b"".join([lines[18000], lines[-2], lines[100]]))
    table = earth_orientation.read(path)
    assert table["MJD"].value.tolist() == [59684.0, 41784.0]
    assert table["UT1_UTC"][0].to_value("s") == -0.0968994  # Bulletin B, not A's -0.0969019
