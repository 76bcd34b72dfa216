"""Tables to publish, and the settings for them."""

import pytest

from lwacal.records.configuration.publish import Publish
from publish_case import BANDS, N_ANTENNAS, N_CHANNELS, STAMP, write_table


@pytest.fixture
def tables(tmp_path):
    return [write_table(tmp_path / "tables" / f"{STAMP}_{band}.bcal") for band in BANDS]


@pytest.fixture
def choice(tmp_path):
    """The settings: a folder, and tables of the size that these have."""
    return Publish(
        folder=str(tmp_path / "caltables"),
        sub_bands=len(BANDS),
        antennas=N_ANTENNAS,
        channels=N_CHANNELS,
    )
