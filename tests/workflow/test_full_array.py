"""The workflow on a real set of 352 antennas whose data, which are not available, are made up."""

import shutil

import numpy as np
import pytest
from casacore import tables

import point_sources
from lwacal.io import caltable, ms_reader
from lwacal.runtime import products
from lwacal.sky import sources
from workflow_run import copy_project

FULL_ARRAY = "20240524_090003_73MHz_ch0to5_NODATA.ms.tar.gz"
NOISE_JY = 300.0


@pytest.fixture(scope="module")
def full_array(unpack_real, tmp_path_factory):
    """The finished run on the real 352-antenna set, its DATA filled from a model and noise."""
    folder = tmp_path_factory.mktemp("full")
    raw = folder / "raw"
    raw.mkdir()
    path = raw / "20240524_090003_73MHz.ms"
    shutil.move(unpack_real(FULL_ARRAY), path)
    fill(path)
    project = copy_project(folder / "project", f"input={raw}", "observation=full")
    project.snakemake("--cores", "2")
    return project.results / "full"


def fill(path):
    """Write Cyg A and Cas A of unit gains, and noise, into DATA; autocorrelations get power."""
    antennas = ms_reader.read_antennas(path)
    frequency_hz, _ = ms_reader.read_channels(path)
    item = next(ms_reader.iterate_integrations(path, ()))
    places = [sources.POSITIONS[name] for name in ("CygA", "CasA")]
    radec = np.array([[place.ra_rad, place.dec_rad] for place in places])
    apparent = np.array([[15000.0], [5000.0]]) * np.ones(len(frequency_hz))
    model = point_sources.model_visibilities(
        item.antenna1,
        item.antenna2,
        antennas.positions_m,
        frequency_hz,
        item.centroid_mjd_s,
        radec,
        apparent,
        apparent,
        ms_reader.read_field(path),
    )
    draw = np.random.default_rng(1)
    shape = (*model.shape[:2], 4)
    data = draw.normal(size=(*shape, 2)) @ [1, 1j] * NOISE_JY / np.sqrt(2)
    data[..., [0, 3]] += model
    data[item.antenna1 == item.antenna2] += 1e6
    with tables.table(str(path), readonly=False, ack=False) as table:
        table.putcol("DATA", data.astype(np.complex64))


def test_full_array_reaches_a_report(full_array):
    quality = products.read_json(full_array / "qa.json")
    assert len(quality["antennas"]) == 2 * 352
    assert (full_array / "report.pdf").stat().st_size > 50_000


def test_antennas_that_were_dead_that_night_are_bad(full_array, real_data):
    """45 antennas are flagged throughout in the real data, and only these."""
    quality = products.read_json(full_array / "qa.json")
    bad = {item["index"] for item in quality["antennas"] if item["status"] == "bad"}
    assert len(bad) == 45
    reasons = {
        reason
        for item in quality["antennas"]
        if item["status"] == "bad"
        for reason in item["reasons"]
    }
    assert reasons == {"no_data"}


def test_unit_gains_come_back(full_array):
    """The model's flux differs from what was put in, source by source; phases must be flat."""
    table = caltable.read(full_array / "tables" / "20240524_090003_73MHz.bcal")
    good = ~table.flag.all(axis=(1, 2))
    assert good.sum() == 352 - 45
    phase = np.angle(np.ma.masked_array(table.gain, table.flag)[good])
    assert np.abs(phase).mean() < 0.02
