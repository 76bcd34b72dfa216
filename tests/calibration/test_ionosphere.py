"""Rule ionosphere: the record, and tables with and without the ionosphere."""

from dataclasses import replace

import numpy as np
import pytest

import drawn_gains
from lwacal.calibration import ionosphere, solution_states, tec_screen
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.io import caltable
from lwacal.io.ms_reader import Antennas
from lwacal.io.solutions import CAUSES, SubBandSolutions
from lwacal.records import files
from lwacal.records.configuration.ionosphere import Ionosphere
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.simulate import layout
from lwacal.telescope import site

GRADIENT = np.array([0.005, -0.004])
SHIFT_ARCMIN = GRADIENT * tec_screen.SHIFT_ARCMIN
# azimuth and elevation: a shift to the east is, in the south, a negative one in azimuth's sense
SOURCES = [
    {"name": "CygA", "altitude_deg": 60.0, "azimuth_deg": 0.0},
    {"name": "CasA", "altitude_deg": 45.0, "azimuth_deg": 90.0},
]
APART_ARCMIN = np.array([[1.5, 0.5], [-1.5, -0.5]])  # of the sources, at 40 MHz, about the mean
SCANS = [1, 2]
N = 48


def sky(frequency_hz, scintillating=0.0, apart_arcmin=APART_ARCMIN):
    scale = (40e6 / frequency_hz) ** 2
    east, north = (
        np.repeat(apart_arcmin[:, axis : axis + 1] * scale, 2, axis=1) for axis in (0, 1)
    )
    ratio = np.array([[1 + scintillating, 1 - scintillating], [1.0, 1.0]])
    small = np.full((2, 2), 0.02 * scale).tolist()
    return {
        "sources": ["CygA", "CasA"],
        "integrations": SCANS,
        "frequency_hz": frequency_hz,
        "flux_ratio": ratio.tolist(),
        "flux_ratio_err": np.full((2, 2), 0.01).tolist(),
        "shift_east_arcmin": east.tolist(),
        "shift_north_arcmin": north.tolist(),
        "shift_east_err_arcmin": small,
        "shift_north_err_arcmin": small,
    }


def gains(seed=1, bands=drawn_gains.BANDS, gradient=GRADIENT):
    """Return the instrument alone, and what the solver finds: the instrument with a screen."""
    alone = drawn_gains.instrument(seed, bands, n_antennas=N)
    place_km = drawn_gains.array(N)[1]
    solved = replace(alone, gain=alone.gain.copy())
    drawn_gains.add_column(solved, tec_screen.column(place_km, gradient, np.zeros(3)))
    reference = alone.reference[0]
    solved.gain *= np.exp(-1j * np.angle(solved.gain[reference]))
    return alone, solved


def measured(bandpass, folder, take_out=True, **of_sky):
    """Write the tables of the solver and return ionosphere.json, checked against its model."""
    antennas = layout.built_in(N).antennas
    manifest = {
        "antennas": {"names": list(antennas.names), "positions_m": antennas.positions_m.tolist()}
    }
    tables, summaries = [], []
    for name, channels in zip(bandpass.band_names, bandpass.channels()):
        hz = bandpass.frequency_hz[channels]
        flag = bandpass.flag[:, channels]
        table = SubBandSolutions.of(
            bandpass.gain[:, channels],
            flag,
            antenna_names=bandpass.antenna_names,
            frequency_hz=hz,
            channel_width_hz=float(np.diff(hz)[0]),
            mjd_s=5e9,
            error=np.where(flag, 0, drawn_gains.errors(bandpass)[:, channels]),
            snr=np.where(flag, 0, 50.0),
            reference=int(bandpass.reference[0]),
        )
        path = folder / f"{name}.bcal"
        caltable.write_bandpass(
            path, table, Antennas(list(antennas.names), antennas.positions_m), site.zenith(5e9)
        )
        tables.append(path)
        summaries.append({"band": name, "sky": sky(float(hz.mean()), **of_sky)})
    record = ionosphere.measure(
        manifest, {"sources": SOURCES}, tables, summaries, Ionosphere(take_out=take_out)
    )
    files.write(IonosphereRecord, folder / "ionosphere.json", record)
    return files.read(IonosphereRecord, folder / "ionosphere.json")


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    alone, solved = gains()
    return alone, solved, measured(solved, tmp_path_factory.mktemp("night"), scintillating=0.2)


def test_gradient_and_shifts_are_recorded(night):
    record = night[2]
    assert (record["status"], record["taken_out"]) == ("separated", True)
    found = record["gradient"]
    for axis, word in enumerate(("east", "north")):
        error = found[f"{word}_err_tecu_per_km"]
        assert found[f"{word}_tecu_per_km"] == pytest.approx(GRADIENT[axis], abs=4 * error)
        for number, source in enumerate(record["sources"]):
            expected = SHIFT_ARCMIN[axis] + APART_ARCMIN[number, axis]
            error = source[f"shift_{word}_err_arcmin"][0]
            assert source[f"shift_{word}_arcmin"] == pytest.approx([expected] * 2, abs=4 * error)
        for one in record["integration_gradients"]:
            error = one[f"{word}_err_tecu_per_km"]
            assert one[f"{word}_tecu_per_km"] == pytest.approx(GRADIENT[axis], abs=4 * error)
    assert record["shift_arcmin"] == pytest.approx(np.hypot(*SHIFT_ARCMIN), abs=0.5)
    assert record["polarizations_sigma"] < 5


def test_shifts_on_the_sky(night):
    """Due north a source that moves north sinks; due east one that moves north moves backwards.

    The direction cosine to the north is cos(elevation) due north: it grows as the source sinks.
    """
    cyg_a, cas_a = night[2]["sources"]
    east, north = cyg_a["shift_east_arcmin"][0], cyg_a["shift_north_arcmin"][0]
    assert cyg_a["altitude_offset_arcmin"][0] == pytest.approx(-north / np.sin(np.deg2rad(60)))
    assert cyg_a["azimuth_offset_arcmin"][0] == pytest.approx(east)
    east, north = cas_a["shift_east_arcmin"][0], cas_a["shift_north_arcmin"][0]
    assert cas_a["altitude_offset_arcmin"][0] == pytest.approx(-east / np.sin(np.deg2rad(45)))
    assert cas_a["azimuth_offset_arcmin"][0] == pytest.approx(-north)
    lengths = [
        np.hypot(one["altitude_offset_arcmin"][0], one["azimuth_offset_arcmin"][0])
        for one in (cyg_a, cas_a)
    ]
    assert night[2]["largest_shift_arcmin"] == pytest.approx(max(lengths))
    assert f"up to {max(lengths):.1f} arcmin at 40 MHz" in night[2]["message"]


def test_scintillation_by_sub_band(night):
    cyg_a, cas_a = night[2]["sources"]
    # ratios 1.2 and 0.8 have a variance of 0.08
    expected = pytest.approx(np.sqrt(0.08 - 0.01**2))
    assert cyg_a["scintillation_index"] == dict.fromkeys(drawn_gains.BANDS, expected)
    assert cas_a["scintillation_index"] == dict.fromkeys(drawn_gains.BANDS, 0.0)


def test_tables_without_the_ionosphere_are_the_instrument(night):
    """Phases are those of the instrument within the error of the plane at the farthest antenna."""
    alone, solved, record = night
    place_km = drawn_gains.array(N)[1]
    found = replace(solved, gain=solved.gain.copy(), cause=solved.cause.copy())
    ionosphere.take_out(found, record, place_km)
    left, before = (
        np.where(solved.flag, 0, np.angle(one.gain * alone.gain.conj())) for one in (found, solved)
    )
    assert np.abs(before).max() > 1
    error = np.hypot(
        record["gradient"]["east_err_tecu_per_km"], record["gradient"]["north_err_tecu_per_km"]
    )
    most = tec_screen.phase(np.array([np.ptp(place_km) * error]), alone.frequency_hz).max()
    assert np.abs(left).max() < 4 * most
    assert np.abs(left).max() < 0.1 * np.abs(before).max()
    reference = solved.reference[0]
    assert np.angle(found.gain[reference]) == pytest.approx(0, abs=1e-6)
    assert not (found.cause & CAUSES["disagrees"]).any()


def test_the_ionosphere_can_be_put_back(night):
    _, solved, record = night
    place_km = drawn_gains.array(N)[1]
    found = replace(solved, gain=solved.gain.copy(), cause=solved.cause.copy())
    ionosphere.take_out(found, record, place_km)
    for name, channels in zip(found.band_names, found.channels()):
        back = ionosphere.put_back(
            found.gain[:, channels], record, name, place_km, found.frequency_hz[channels]
        )
        ratio = back / solved.gain[:, channels]  # but for a phase that all have
        assert ratio * np.conj(ratio[0]) == pytest.approx(np.ones(ratio.shape), abs=1e-6)


def test_kept_ionosphere_stays_in_the_tables(tmp_path):
    _, solved = gains()
    record = measured(solved, tmp_path, take_out=False)
    assert (record["status"], record["taken_out"]) == ("separated", False)
    assert "left in the tables" in record["message"]
    found = replace(solved, gain=solved.gain.copy(), cause=solved.cause.copy())
    place_km = drawn_gains.array(N)[1]
    ionosphere.take_out(found, record, place_km)
    assert np.array_equal(found.gain, solved.gain)
    same = ionosphere.put_back(found.gain, record, "27MHz", place_km, found.frequency_hz)
    assert same is found.gain


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        (("55MHz",), "at least 3 sub-bands with solutions; there is 1"),
        (("41MHz", "82MHz"), "there are 2"),
        (("73MHz", "78MHz", "82MHz"), "73 to 87 MHz is too narrow"),
    ],
)
def test_a_narrow_band_is_left_as_it_is(tmp_path, bands, words):
    _, solved = gains(bands=bands)
    record = measured(solved, tmp_path)
    assert (record["status"], record["taken_out"]) == ("not_separated", False)
    assert words in record["message"]
    assert record["gradient"]["east_tecu_per_km"] is None
    assert record["sources"][0]["shift_east_arcmin"] == [None, None]
    assert [one["east_tecu_per_km"] for one in record["bands"].values()] == [0] * len(bands)


@pytest.mark.parametrize("seed", range(4))
def test_without_ionosphere_hardly_anything_is_taken_out(tmp_path, seed):
    """Sources do not move against each other: what is found of a plane is noise."""
    alone, solved = gains(seed=seed, gradient=np.zeros(2))
    record = measured(solved, tmp_path, apart_arcmin=np.zeros((2, 2)))
    found = replace(solved, gain=solved.gain.copy(), cause=solved.cause.copy())
    ionosphere.take_out(found, record, drawn_gains.array(N)[1])
    change = np.where(solved.flag, 0, np.angle(found.gain * alone.gain.conj()))
    assert np.sqrt((change**2).mean()) < 0.5 * drawn_gains.NOISE / np.sqrt(2)


def test_a_sub_band_that_disagrees_is_flagged(tmp_path):
    _, solved = gains()
    drawn_gains.move(solved, "41MHz", (0.45, -0.35))
    record = measured(solved, tmp_path)
    agrees = {name: one["agrees"] for name, one in record["bands"].items()}
    assert agrees == {name: name != "41MHz" for name in drawn_gains.BANDS}
    assert record["status"] == "separated"
    error = record["gradient"]["east_err_tecu_per_km"]
    assert record["gradient"]["east_tecu_per_km"] == pytest.approx(GRADIENT[0], abs=4 * error)
    ionosphere.take_out(solved, record, drawn_gains.array(N)[1])
    marked = (solved.cause & CAUSES["disagrees"] > 0).all(axis=(0, 2))
    assert marked.tolist() == (solved.band_index == 1).tolist()
    judged = SolvedBandpass(
        **vars(solved),
        error=drawn_gains.errors(solved),
        baselines=np.full((N, len(drawn_gains.BANDS)), N - 1),
    )
    failed = solution_states.failed_bands(judged)
    assert failed.tolist() == [False, True, False, False, False]
