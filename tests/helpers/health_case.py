"""A small array whose antennas have the power that a test wants, and what is made of it."""

import numpy as np

from lwacal.flagging import antenna_health
from lwacal.ingest import discover
from lwacal.records.configuration.health import Health
from small_sets import STAMP, joined, small_array, write_raw

SETTINGS = Health()
LIMITS = SETTINGS.autocorrelation
NO_MNC = {"ok": False, "message": "no database", "bad": []}
N = 8


def observed(tmp_path, power):
    """Return manifest and set whose autocorrelations have this power, (antenna, 2)."""
    antenna1, antenna2 = np.triu_indices(N)
    draw = np.random.default_rng(1)
    data = 0.01 * (draw.normal(size=(36, 6, 4)) + 1j * draw.normal(size=(36, 6, 4)))
    autos = antenna1 == antenna2
    data[autos, :, 0] = power[:, :1]
    data[autos, :, 3] = power[:, 1:]
    raw = tmp_path / "raw"
    raw.mkdir()
    write_raw(raw, small_array(N), STAMP, "73MHz", data=data)
    return joined(discover.discover_raw(raw), tmp_path), tmp_path / "73MHz.npz"


def statuses(record):
    return {
        (item["antenna"], item["pol"]): (item["status"], item["reasons"])
        for item in record["antennas"]
        if item["status"] != "good"
    }


def assess(tmp_path, power=None, mnc=NO_MNC, **changes):
    power = np.ones((N, 2)) if power is None else power
    record, path = observed(tmp_path, power)
    return antenna_health.assess(record, mnc, [path], SETTINGS.model_copy(update=changes))
