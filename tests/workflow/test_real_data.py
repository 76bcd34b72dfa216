"""The workflow on real OVRO-LWA data: nothing crashes, what cannot be done is said in words."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from casacore import tables

from casa_apply import apply
from lwacal.calibration import casa_input, interpolation
from lwacal.calibration.sub_band import SubBand
from lwacal.ingest import discover
from lwacal.io import caltable, ms_reader
from lwacal.io.solutions import unsolved
from lwacal.runtime import products
from lwacal.sky import sky_model
from small_sets import joined
from workflow_run import copy_project, folder_digest

TWENTY = "20180326_185404_27MHz_20ant_casa.ms.tar.gz"
ORIGINAL = "2018-03-21-01_26_33_0004384620257280_000000_downselected.ms.tar.gz"
OTHER_STATION = "test_adp4_0_00300673800807520000_58342_05_00_14.ms.tar.gz"


@pytest.fixture(scope="module")
def twenty_antennas(unpack_real, tmp_path_factory):
    """The finished run on the real visibilities of 20 antennas."""
    folder = tmp_path_factory.mktemp("twenty")
    raw = folder / "raw"
    raw.mkdir()
    shutil.move(unpack_real(TWENTY), raw / "20180326_185404_27MHz.ms")
    digest = folder_digest(raw)
    project = copy_project(folder / "project", f"input={raw}", "observation=real", sky="")
    project.snakemake("--cores", "2", config=("imaging={allsky: {size: 512, scale_deg: 0.25}}",))
    assert folder_digest(raw) == digest
    return project.results / "real"


def test_twenty_antennas_reach_a_report(twenty_antennas):
    quality = products.read_json(twenty_antennas / "qa.json")
    assert quality["verdict"] == "fail"  # one small sub-band at 27 MHz is no calibration
    assert quality["reasons"]
    assert (twenty_antennas / "report.pdf").stat().st_size > 50_000
    assert (twenty_antennas / "report.html").stat().st_size > 50_000


def test_what_cannot_be_done_is_said(twenty_antennas):
    delay = products.read_json(twenty_antennas / "delay" / "delay.json")
    assert delay["status"] == "no_band"
    assert "delay.min_freq_mhz" in delay["message"]
    health = products.read_json(twenty_antennas / "health.json")
    absent = [item for item in health["antennas"] if item["reasons"] == ["data:no_data"]]
    assert len(absent) == 2 * 236
    images = products.read_json(twenty_antennas / "images" / "VirA" / "images.json")
    assert images["status"] == "no_calibrator"
    assert "horizon" in images["message"]
    allsky = products.read_json(twenty_antennas / "images" / "allsky" / "images.json")
    said = {band["name"]: band["status"] for band in allsky["bands"]}
    assert said == {"low": "ok", "mid": "no_data", "high": "no_data", "full": "ok"}


def test_no_real_antenna_is_called_swapped_or_without_solutions(twenty_antennas):
    solved = products.read_json(twenty_antennas / "tables" / "raw" / "27MHz.json")
    assert (solved["engine"], solved["swapped"]) == ("stefcal", [])
    accused = {
        reason
        for item in products.read_json(twenty_antennas / "qa.json")["antennas"][:40]
        for reason in item["reasons"]
    }
    assert accused <= {"noisy", "weak_gain"}


def test_real_phases_are_linear_in_frequency(twenty_antennas):
    """A real signal path is a delay: what is left after it shows noise and unmodelled sky."""
    table = caltable.read(twenty_antennas / "tables" / "20180326_185404_27MHz.bcal")
    offset = table.frequency_hz - table.frequency_hz.mean()
    delays = np.linspace(-500e-9, 500e-9, 2001)
    turns = np.exp(-2j * np.pi * np.outer(delays, offset))
    residuals = []
    for antenna, pol in np.argwhere((~table.flag[:20]).mean(axis=1) > 0.8):
        good = ~table.flag[antenna, :, pol]
        phasor = table.gain[antenna, good, pol] / np.abs(table.gain[antenna, good, pol])
        best = np.argmax(np.abs(turns[:, good] @ phasor))
        straight = phasor * turns[best, good]
        residuals.append(np.std(np.angle(straight * straight.mean().conj())))
    assert len(residuals) > 30
    assert np.median(residuals) < 0.1


GAP = slice(40, 48)
LONG_DELAY_S = 3e-6  # 26 degrees a channel: the phase wraps inside the gap


def with_long_delay(data, found, antenna):
    """Multiply an antenna's gains by a long delay: in a solver's set, and in its solutions."""
    turn = np.exp(2j * np.pi * LONG_DELAY_S * found.frequency_hz)
    with tables.table(str(data), readonly=False, ack=False) as table:
        values = table.getcol("DATA")
        values[table.getcol("ANTENNA1") == antenna] *= turn[:, None]
        values[table.getcol("ANTENNA2") == antenna] *= turn.conj()[:, None]
        table.putcol("DATA", values)
    gain = found.gain.copy()
    gain[antenna] *= turn[:, None]
    return gain


def test_casa_applies_what_fills_a_gap_in_real_solutions(twenty_antennas, tmp_path):
    """Eight channels of good real solutions are taken away, and come back by interpolation."""
    manifest_record = products.read_json(twenty_antennas / "manifest.json")
    model = sky_model.read(twenty_antennas / "sky_model.json")
    band = SubBand(
        manifest_record,
        "27MHz",
        twenty_antennas / "concat" / "27MHz.ms",
        twenty_antennas / "concat" / "27MHz.npz",
        twenty_antennas / "flags" / "27MHz.npz",
        model,
    )
    casa_input.write(band, tmp_path / "data.ms")
    found = caltable.read(twenty_antennas / "tables" / "raw" / "27MHz.bcal")
    around = found.flag[:20, GAP.start - 4 : GAP.stop + 4].any(axis=(1, 2))
    others = np.arange(20) != found.reference
    antenna = int(np.flatnonzero(~around & others)[0])
    true = with_long_delay(tmp_path / "data.ms", found, antenna)
    flag, gain = found.flag.copy(), true.copy()
    flag[antenna, GAP], gain[antenna, GAP] = True, 1
    band_index = np.zeros(gain.shape[1], int)
    filled = interpolation.fill(gain, flag, flag.all(axis=1), band_index, 8)
    assert filled[antenna, GAP].all()
    ratio = gain[antenna, GAP] / true[antenna, GAP]
    noise = (found.error / np.abs(found.gain))[antenna, GAP]
    # the solutions that were taken away have noise, and so have the two on either side
    assert np.sqrt(np.mean(np.abs(ratio - 1) ** 2 / (1.5 * noise**2))) < 1.5
    assert np.ptp(np.unwrap(np.angle(true[antenna, GAP, 0]))) > 3
    written = replace(found, gain=gain, cause=unsolved(flag), interpolated=filled)
    caltable.write_bandpass(tmp_path / "t.bcal", written, band.antennas, band.centre_radec)
    with tables.table(str(tmp_path / "data.ms"), ack=False) as table:
        flagged = table.getcol("FLAG")
    applied = apply(tmp_path / "data.ms", tmp_path / "t.bcal", tmp_path)
    first, second = applied["ANTENNA1"], applied["ANTENNA2"]
    mine = ((first == antenna) | (second == antenna)) & (first < 20) & (second < 20)
    for pol, correlation in ((0, 0), (1, 3)):
        used = mine[:, None] & ~written.flag[first, :, pol] & ~written.flag[second, :, pol]
        used &= ~flagged[..., correlation]
        used[:, : GAP.start], used[:, GAP.stop :] = False, False
        assert used.sum() > 50
        assert not applied["FLAG"][..., correlation][used].any()
        pair = gain[first, :, pol] * gain[second, :, pol].conj()
        expected = applied["DATA"][..., correlation] / pair
        assert applied["CORRECTED_DATA"][..., correlation][used] == pytest.approx(
            expected[used], rel=1e-5
        )


def test_other_correlation_order_gives_the_same_data(unpack_real, tmp_path):
    """The original of the 20-antenna set differs in order, in sign and in TIME_CENTROID."""
    written = {}
    for name in (TWENTY, ORIGINAL):
        found = discover.discover("", str(unpack_real(name)))
        folder = tmp_path / str(len(written))
        record = joined(found, folder, {"ra_rad": -0.18857309, "dec_rad": 0.64506172})
        data = next(ms_reader.iterate_integrations(next(folder.glob("*.ms"))))
        written[name] = (record, data)
    record, original = written[ORIGINAL]
    assert [fault["kind"] for fault in record["faults"]] == ["baselines", "correlations"]
    assert "antenna 2 - antenna 1" in record["faults"][0]["message"]
    assert "XX,YY,XY,YX" in record["faults"][1]["message"]
    assert record["observation"]["time_column"] == "middle (TIME_CENTROID is not filled)"
    derived = written[TWENTY][1]
    assert np.array_equal(original.antenna1, derived.antenna1)
    scale = np.abs(derived.columns["DATA"]).max()
    assert np.allclose(original.columns["DATA"], derived.columns["DATA"], atol=1e-4 * scale)


def test_data_of_another_station_are_read_and_their_faults_named(unpack_real, tmp_path):
    record = joined(discover.discover("", str(unpack_real(OTHER_STATION))), tmp_path)
    assert "non_finite" in {fault["kind"] for fault in record["faults"]}
