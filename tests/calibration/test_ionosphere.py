"""Rule ionosphere: the record, and tables with and without the ionosphere."""

import sys
from dataclasses import replace

import numpy as np
import pytest

import drawn_gains
from lwacal.calibration import ionosphere, ionosphere_record, solution_states, tec_screen
from lwacal.calibration.path_forms import forms
from lwacal.calibration.solved_bandpass import SolvedBandpass
from lwacal.calibration.tec_screen import Screen
from lwacal.io import caltable
from lwacal.io.ms_reader import Antennas
from lwacal.io.solutions import CAUSES
from lwacal.records import files
from lwacal.records.configuration.ionosphere import Ionosphere
from lwacal.records.ionosphere import IonosphereRecord
from lwacal.simulate import layout
from lwacal.telescope import site

GRADIENT = np.array([0.005, -0.004])
CURVATURE = np.array([7e-4, -5e-4, 9e-4])  # TECU/km^2
SCREEN = np.append(GRADIENT, CURVATURE)
SHIFT_ARCMIN = GRADIENT * tec_screen.SHIFT_ARCMIN
# azimuth and elevation: a shift to the east is, in the south, a negative one in azimuth's sense
SOURCES = [
    {"name": "CygA", "altitude_deg": 60.0, "azimuth_deg": 0.0, "kind": "a_team"},
    {"name": "CasA", "altitude_deg": 45.0, "azimuth_deg": 90.0, "kind": "a_team"},
]
HELD = np.array([0.7, 0.3])  # weights of the sources in what gains hold
# shifts and bends of the sources at 40 MHz about that mean, arcmin and arcmin/km
APART = np.array([[0.9, 0.3, 0.3, -0.15, 0.3], [-2.1, -0.7, -0.7, 0.35, -0.7]])
OTHER, OTHER_HELD = "55MHz", np.array([0.3, 0.7])  # its gains hold another mean
SCANS = [1, 2]
N = 64


def held_by(band, apart=APART):
    """Return what the gains of a sub-band hold beyond SCREEN, (5,) in TECU/km and TECU/km^2."""
    return (OTHER_HELD if band == OTHER else HELD) @ apart / tec_screen.SHIFT_ARCMIN


def sky(band, frequency_hz, scintillating=0.0, apart=APART):
    scale = (40e6 / frequency_hz) ** 2
    held = OTHER_HELD if band == OTHER else HELD
    found = np.repeat((apart - held @ apart)[:, None] * scale, 2, axis=1)
    ratio = np.array([[1 + scintillating, 1 - scintillating], [1.0, 1.0]])
    small = np.full((2, 2), 0.02 * scale).tolist()
    return {
        "sources": ["CygA", "CasA"],
        "integrations": SCANS,
        "frequency_hz": frequency_hz,
        "flux_ratio": ratio.tolist(),
        "flux_ratio_err": np.full((2, 2), 0.01).tolist(),
        "shift_east_arcmin": found[..., 0].tolist(),
        "shift_north_arcmin": found[..., 1].tolist(),
        "shift_east_err_arcmin": small,
        "shift_north_err_arcmin": small,
        "held_weight": held.tolist(),
        "bend_arcmin_per_km": found[..., 2:].tolist(),
        "bend_err_arcmin_per_km": np.full((2, 2, 3), 0.01 * scale).tolist(),
    }


def gains(seed=1, bands=drawn_gains.BANDS, screen=SCREEN, apart=APART):
    """Return the instrument alone, and what the solver finds: the instrument with a screen."""
    alone = drawn_gains.instrument(seed, bands, n_antennas=N, ripple_rad=0.01)
    place_km = drawn_gains.array(N)[1]
    solved = replace(alone, gain=alone.gain.copy())
    for band, channels in zip(bands, solved.channels()):
        column = tec_screen.column(place_km, screen + held_by(band, apart))
        turns = np.exp(1j * tec_screen.phase(column, solved.frequency_hz[channels]))
        solved.gain[:, channels] *= turns[..., None]
    reference = alone.reference[0]
    solved.gain *= np.exp(-1j * np.angle(solved.gain[reference]))
    return alone, solved


def measured(bandpass, folder, take_out=True, last=(), **of_sky):
    """Write the tables of the solver and return ionosphere.json, checked against its model."""
    antennas = layout.built_in(N).antennas
    manifest = {
        "antennas": {"names": list(antennas.names), "positions_m": antennas.positions_m.tolist()}
    }
    tables, summaries = [], []
    for name, table in zip(bandpass.band_names, drawn_gains.tables(bandpass, 5e9)):
        path = folder / f"{name}.bcal"
        caltable.write_bandpass(
            path, table, Antennas(list(antennas.names), antennas.positions_m), site.zenith(5e9)
        )
        tables.append(path)
        summaries.append(
            {"band": name, "sky": sky(name, float(table.frequency_hz.mean()), **of_sky)}
        )
    settings = Ionosphere(take_out=take_out, last_tables=str(last[0].parent) if last else "")
    record = ionosphere.measure(manifest, {"sources": SOURCES}, tables, summaries, settings, last)
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
            expected = SHIFT_ARCMIN[axis] + APART[number, axis]
            error = source[f"shift_{word}_err_arcmin"][0]
            assert source[f"shift_{word}_arcmin"] == pytest.approx([expected] * 2, abs=4 * error)
        for one in record["integration_gradients"]:
            error = one[f"{word}_err_tecu_per_km"]
            assert one[f"{word}_tecu_per_km"] == pytest.approx(GRADIENT[axis], abs=4 * error)
    assert record["shift_arcmin"] == pytest.approx(
        np.hypot(*SHIFT_ARCMIN), abs=4 * record["shift_err_arcmin"]
    )
    assert record["polarizations_sigma"] < 5
    curvature = np.array(record["curvature_tecu_per_km2"])
    error = np.array(record["curvature_err_tecu_per_km2"])
    assert (np.abs(curvature - CURVATURE) < 4 * error).all()
    assert np.linalg.norm(CURVATURE / error) > 4


def test_each_sub_band_has_the_plane_and_the_curvature_of_its_gains(night):
    """In one sub-band sources have other weights: shifts tell by how much its gains differ."""
    record = night[2]
    gradient = record["gradient"]
    error = [gradient["east_err_tecu_per_km"], gradient["north_err_tecu_per_km"]]
    error = np.append(error, record["curvature_err_tecu_per_km2"])
    held = {
        name: np.append(
            [one["east_tecu_per_km"], one["north_tecu_per_km"]], one["curvature_tecu_per_km2"]
        )
        for name, one in record["bands"].items()
    }
    for name, found in held.items():
        assert (np.abs(found - (SCREEN + held_by(name))) < 4 * error).all()
        away = held_by(name) - held_by("27MHz")  # without noise of the shifts, it is exact
        assert found - held["27MHz"] == pytest.approx(away, abs=1e-7)
    assert np.abs(held_by(OTHER) - held_by("27MHz")).min() > 1e-4


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
    reference = solved.reference[0]
    gradient = record["gradient"]
    error = [gradient["east_err_tecu_per_km"], gradient["north_err_tecu_per_km"]]
    error = np.append(error, record["curvature_err_tecu_per_km2"])
    each = (forms(place_km) - forms(place_km)[reference]) * error
    most = tec_screen.phase(np.sqrt((each**2).sum(axis=1)), alone.frequency_hz)[..., None]
    assert (np.abs(left) <= 4 * most + 1e-6).all()
    assert np.abs(left).max() < 0.1 * np.abs(before).max()
    assert np.angle(found.gain[reference]) == pytest.approx(0, abs=1e-6)
    assert not (found.cause & CAUSES["disagrees"]).any()


def test_the_common_screen_does_not_depend_on_what_a_sub_band_holds(night, tmp_path, monkeypatch):
    """Planes and curvatures relative to the usual ones are removed before."""
    monkeypatch.setattr(sys.modules[__name__], "OTHER", None)
    _, solved = gains()
    alike = measured(solved, tmp_path)
    record = night[2]
    assert record["gradient"] == pytest.approx(alike["gradient"], abs=1e-5)
    curvature, expected = (one["curvature_tecu_per_km2"] for one in (record, alike))
    # but for the prior, which depends a little on the weights
    assert curvature == pytest.approx(expected, abs=1e-5)
    assert alike["bands"]["55MHz"]["curvature_tecu_per_km2"] == expected


def test_each_sub_band_loses_the_plane_and_the_curvature_of_its_own_gains(night):
    """What is left are errors of the common screen: one column, the same in all sub-bands."""
    alone, solved, record = night
    found = replace(solved, gain=solved.gain.copy(), cause=solved.cause.copy())
    ionosphere.take_out(found, record, drawn_gains.array(N)[1])
    turns = tec_screen.phase(np.ones(1), alone.frequency_hz)[..., None]
    left = np.ma.array(np.angle(found.gain * alone.gain.conj()) / turns, mask=solved.flag)
    assert np.abs(left - left.mean(axis=1, keepdims=True)).max() < 1e-6
    # what the other sub-band would have kept
    assert np.abs(tec_screen.column(drawn_gains.array(N)[1], held_by(OTHER))).max() > 1e-3


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
    assert record["curvature_tecu_per_km2"] == [None] * 3
    for one in record["bands"].values():
        assert (one["east_tecu_per_km"], one["north_tecu_per_km"]) == (0, 0)
        assert one["curvature_tecu_per_km2"] == [0, 0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_without_ionosphere_hardly_anything_is_taken_out(tmp_path, seed):
    """Sources do not move against each other: what is found of a plane is noise."""
    alone, solved = gains(seed, screen=np.zeros(5), apart=np.zeros((2, 5)))
    record = measured(solved, tmp_path, apart=np.zeros((2, 5)))
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


@pytest.mark.parametrize("wrong", [(), ("55MHz",), ("41MHz", "55MHz")], ids=len)
def test_last_tables_tell_of_one_and_of_two_sub_bands(tmp_path, wrong):
    bands, swap = ("41MHz", "55MHz"), (0.45, -0.35)
    alone, solved = gains(bands=bands)
    for band in wrong:
        drawn_gains.move(solved, band, swap)
    here = Antennas(solved.antenna_names, layout.built_in(N).antennas.positions_m)
    folder = tmp_path / "latest"
    folder.mkdir()
    for name, table in zip(bands, drawn_gains.tables(alone, 4e9)):
        caltable.write_bandpass(folder / f"{name}.bcal", table, here, site.zenith(4e9))
    last = Ionosphere(last_tables=str(folder)).tables()
    assert [path.name for path in last] == ["41MHz.bcal", "55MHz.bcal"]
    record = measured(solved, tmp_path, last=last)
    assert record["last_tables"] == str(folder)
    for name, one in record["bands"].items():
        offset = [one["last_offset_east_arcmin"], one["last_offset_north_arcmin"]]
        shift = (SCREEN + held_by(name))[:2] * tec_screen.SHIFT_ARCMIN
        expected = shift * (40e6 / one["frequency_hz"]) ** 2
        if name in wrong:
            expected = expected + np.rad2deg(swap) * 60
        assert one["agrees"] is (name not in wrong)
        assert (one["last_offset_beams"] > 50) == (name in wrong)
        assert offset == pytest.approx(expected, abs=1.5)  # the curvature adds some
    assert record["status"] == "not_separated"
    without = measured(solved, tmp_path / "latest")
    assert without["last_tables"] == ""
    assert [one["agrees"] for one in without["bands"].values()] == [None, None]
    assert [one["last_offset_beams"] for one in without["bands"].values()] == [None, None]
    ionosphere.take_out(solved, record, drawn_gains.array(N)[1])
    marked = (solved.cause & CAUSES["disagrees"] > 0).all(axis=(0, 2))
    assert marked.tolist() == [bands[number] in wrong for number in solved.band_index]


def test_a_plane_far_beyond_the_shifts_of_sources_is_no_ionosphere():
    """A sub-band with wrong gains looks like one; sources hardly move against each other."""
    usual = np.array([0.1, 0.1, 0.01, 0.01, 0.01]) / tec_screen.SHIFT_ARCMIN
    covariance = np.diag([0.2, 0.2, 0.3, 0.3, 0.3]) ** 2 / tec_screen.SHIFT_ARCMIN**2

    def found(arcmin):
        value = np.array([arcmin, 0, 0, 0, 0]) / tec_screen.SHIFT_ARCMIN
        return ionosphere.unlikely(Screen(value, covariance, 1e-4, 128), usual)

    assert not found(0.9)
    assert "20.0 arcmin at 40 MHz" in found(20.0)
    assert not ionosphere.unlikely(None, usual)


@pytest.mark.parametrize(("arcmin", "words"), [(0.02, "less than 0.1"), (3.24, "up to 3.2")])
def test_the_message_has_the_largest_shift_of_high_sources(arcmin, words):
    def source(altitude_deg, shift):
        return {
            "altitude_deg": altitude_deg,
            "altitude_offset_arcmin": [shift],
            "azimuth_offset_arcmin": [0.0],
            "freedom": 2,
        }

    largest = ionosphere_record._largest([source(60.0, arcmin), source(5.0, 150.0)])
    assert largest == pytest.approx(arcmin)
    assert words in ionosphere_record._words(largest, 0.0, take_out=True)
