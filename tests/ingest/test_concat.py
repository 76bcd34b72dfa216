"""Concatenation: one phase centre, correct UVW, standard order, and no data lost."""

import numpy as np
import pytest
from casacore import tables

import point_sources
from lwacal.ingest import concat, discover
from lwacal.ingest.manifest_record import manifest_centre
from lwacal.io import ms_reader
from lwacal.io.ms_reader import Integration
from lwacal.telescope import geometry, naming, site
from small_sets import STAMP, joined, small_array, write_raw

SECOND_STAMP = "20240524_090103"
N_ANTENNAS = 8
BAND = "73MHz"


def concatenated(folder, tmp_path):
    record = joined(discover.discover_raw(folder), tmp_path / "out")
    output = tmp_path / "out" / "73MHz.ms"
    return record, output, ms_reader.count_rows(output)


def sky(array, stamp, sources):
    """Return the visibilities of sources, phased to the zenith of the integration."""
    antenna1, antenna2 = np.triu_indices(N_ANTENNAS)
    frequency_hz = site.band_frequencies_hz(BAND, 6)
    middle = naming.stamp_time(stamp) + 0.2 + 10.031 / 2
    ones = np.ones((len(sources), 6))
    model = point_sources.model_visibilities(
        antenna1,
        antenna2,
        array.positions_m,
        frequency_hz,
        middle,
        sources,
        ones,
        2 * ones,
        site.zenith(middle),
    )
    data = np.zeros((*model.shape[:2], 4), np.complex64)
    data[..., [0, 3]] = model
    return data


def test_sources_have_the_same_direction_in_all_integrations(tmp_path):
    """Raw integrations have their own zenith as phase centre; concatenated ones share one."""
    array = small_array(N_ANTENNAS)
    sources = np.deg2rad([[260.0, 40.0], [300.0, 40.7]])
    raw = tmp_path / "raw"
    raw.mkdir()
    for stamp in (STAMP, SECOND_STAMP):
        write_raw(raw, array, stamp, BAND, data=sky(array, stamp, sources))
    record, output, rows = concatenated(raw, tmp_path)
    assert rows == 2 * N_ANTENNAS * (N_ANTENNAS + 1) // 2
    centre = manifest_centre(record)
    integrations = list(ms_reader.iterate_integrations(output))
    assert [item.scan for item in integrations] == [1, 2]
    for item in integrations:
        expected = point_sources.model_visibilities(
            item.antenna1,
            item.antenna2,
            array.positions_m,
            site.band_frequencies_hz(BAND, 6),
            item.mjd_s,
            sources,
            np.ones((2, 6)),
            2 * np.ones((2, 6)),
            centre,
        )
        assert item.columns["DATA"][..., [0, 3]] == pytest.approx(expected, abs=2e-4)
        uvw = geometry.antenna_uvw_m(array.positions_m, *centre, item.mjd_s)
        assert item.uvw_m == pytest.approx(uvw[item.antenna1] - uvw[item.antenna2], abs=1e-6)
        assert item.centroid_mjd_s == item.mjd_s


def test_correlations_and_rows_are_put_in_standard_order():
    draw = np.random.default_rng(3)
    data = draw.normal(size=(3, 2, 4)) + 1j * draw.normal(size=(3, 2, 4))
    flag = draw.random((3, 2, 4)) < 0.5
    # rows out of order, one with reversed antennas; correlations as in the 2018 data
    stored = Integration(
        0.0,
        0.0,
        10.0,
        slice(0, 3),
        np.array([1, 2, 0]),
        np.array([2, 0, 1]),
        np.zeros((3, 3)),
        1,
        0,
        {"DATA": data, "FLAG": flag, "FLAG_ROW": np.array([False, False, True])},
    )
    antenna1, antenna2, ordered, flags = concat.in_standard_order(stored, ["XX", "YY", "XY", "YX"])
    assert antenna1.tolist() == [0, 0, 1]
    assert antenna2.tolist() == [1, 2, 2]
    assert np.array_equal(ordered[2], data[0][:, [0, 2, 3, 1]])
    assert np.array_equal(ordered[1], data[1][:, [0, 3, 2, 1]].conj())
    assert np.array_equal(flags[2], flag[0][:, [0, 2, 3, 1]])
    assert flags[0].all()


@pytest.mark.parametrize("empty", [False, True], ids=["reversed", "uvw not filled"])
def test_reversed_uvw_mean_conjugate_data(tmp_path, empty):
    """Data with UVW of antenna 2 - antenna 1 are conjugated; UVW of zeros change nothing."""
    array = small_array(N_ANTENNAS)
    raw = tmp_path / "raw"
    raw.mkdir()
    data = sky(array, STAMP, np.deg2rad([[260.0, 40.0]]))
    path = write_raw(raw, array, STAMP, BAND, data=data if empty else data.conj())
    with tables.table(str(path), readonly=False, ack=False) as table:
        table.putcol("UVW", (0 if empty else -1) * table.getcol("UVW"))
    record, output, _ = concatenated(raw, tmp_path)
    assert ("baselines" in [fault["kind"] for fault in record["faults"]]) is not empty
    expected = tmp_path / "expected"
    expected.mkdir()
    write_raw(expected, array, STAMP, BAND, data=data)
    _, reference, _ = concatenated(expected, tmp_path / "second")
    found, wanted = (next(ms_reader.iterate_integrations(set_)) for set_ in (output, reference))
    assert np.array_equal(found.columns["DATA"], wanted.columns["DATA"])
    assert np.array_equal(found.uvw_m, wanted.uvw_m)


def test_sub_band_without_usable_data_gives_a_set_without_rows(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    write_raw(raw, small_array(), STAMP, BAND, data=np.zeros((36, 6, 4)))
    _, output, rows = concatenated(raw, tmp_path)
    assert rows == 0
    assert ms_reader.count_rows(output) == 0
    assert len(ms_reader.read_channels(output)[0]) == 6
    assert list(ms_reader.iterate_integrations(output)) == []
