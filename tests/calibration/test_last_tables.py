"""A sub-band whose gains took one source for another is found by tables of an earlier night."""

import logging
from dataclasses import replace

import numpy as np
import pytest

import drawn_gains
from lwacal.calibration import band_agreement, last_tables, tec_screen
from lwacal.calibration.antpol_columns import Phases
from lwacal.calibration.last_tables import LastTablesError
from lwacal.io import caltable
from lwacal.io.ms_reader import Antennas
from lwacal.simulate import layout
from lwacal.telescope import site

SWAP = (0.45, -0.35)  # direction cosines from Cyg A to Cas A: 35 degrees
MINUTE = np.deg2rad(1 / 60)
SHIFT = np.array([8.0, -6.0])  # 10 arcmin at 40 MHz
LAST_S, NOW_S = 5e9, 5e9 + 86400
N = 64
SETS = [("41MHz",), ("27MHz", "82MHz"), ("41MHz", "55MHz", "69MHz")]
CASES = [(bands, place) for bands in SETS for place in range(len(bands))]


def antennas(n=N):
    return layout.built_in(n).antennas


def nights(bands, seed=1, delays_ns=0.5):
    """Return the gains of the last night, and tonight's: noise, ionosphere, reference differ."""
    last = drawn_gains.instrument(seed, bands, n_antennas=N)
    draw = np.random.default_rng(seed + 100)
    now = replace(last, gain=last.gain.copy())
    now.gain *= 1 + drawn_gains.NOISE * draw.normal(size=(*now.gain.shape, 2)) @ [1, 1j]
    delay_s = 1e-9 * draw.normal(0, delays_ns, (N, 1, 2))
    now.gain *= np.exp(2j * np.pi * now.frequency_hz[:, None] * delay_s)
    place_km = drawn_gains.array(N)[1]
    drawn_gains.add_column(now, place_km @ SHIFT / tec_screen.SHIFT_ARCMIN)
    reference = int(np.flatnonzero(now.flag.mean(axis=(1, 2)) < 1)[-1])  # far out, on fibre
    now.gain *= np.exp(-1j * np.angle(now.gain[reference]))
    return last, replace(now, reference=np.full(len(bands), reference))


def written(folder, bandpass, kept=slice(None), positions_m=None, mjd_s=LAST_S):
    """Write tables of some antennas, in the order of ``kept``, and return their paths."""
    folder.mkdir(exist_ok=True)
    places = antennas().positions_m if positions_m is None else positions_m
    here = Antennas(list(np.array(bandpass.antenna_names)[kept]), places[kept])
    paths = []
    for name, table in zip(bandpass.band_names, drawn_gains.tables(bandpass, mjd_s)):
        some = replace(
            table,
            antenna_names=here.names,
            **{
                key: getattr(table, key)[kept]
                for key in ("gain", "cause", "interpolated", "error", "snr")
            },
        )
        paths.append(folder / f"{name}.bcal")
        caltable.write_bandpass(paths[-1], some, here, site.zenith(mjd_s))
    return paths


def compared(now, paths):
    place_km = drawn_gains.array(N)[1]
    return last_tables.compare(drawn_gains.tables(now, NOW_S), antennas(), place_km, paths)


def among_all(now, last):
    phases = Phases.average(now, drawn_gains.errors(now))
    return band_agreement.compare(phases, drawn_gains.array(N)[1], last)


@pytest.mark.parametrize(("bands", "place"), CASES)
def test_a_swap_is_found_among_few_sub_bands(tmp_path, bands, place):
    last, now = nights(bands)
    drawn_gains.move(now, bands[place], SWAP)
    found = compared(now, written(tmp_path, last))
    assert [one.agrees for one in found] == [number != place for number in range(len(bands))]
    scale = (40e6 / now.frequency_hz[now.channels()[place]].mean()) ** 2
    expected = np.array(SWAP) + SHIFT * MINUTE * scale
    assert found[place].offset_arcmin * MINUTE == pytest.approx(expected, abs=0.01)
    assert found[place].beams > 50
    assert [one.agrees for one in among_all(now, found)] == [one.agrees for one in found]
    if len(bands) < 3:
        unknown = [band_agreement.Agreement.unknown()] * len(bands)
        assert [one.agrees for one in among_all(now, unknown)] == [None] * len(bands)


def test_a_swap_in_all_sub_bands_is_found(tmp_path):
    last, now = nights(drawn_gains.BANDS)
    for band in drawn_gains.BANDS:
        drawn_gains.move(now, band, SWAP)
    found = compared(now, written(tmp_path, last))
    assert [one.agrees for one in among_all(now, found)] == [False] * 5


@pytest.mark.parametrize("seed", range(3))
def test_a_night_with_another_ionosphere_agrees(tmp_path, seed):
    last, now = nights(drawn_gains.BANDS, seed)
    found = compared(now, written(tmp_path, last))
    for one, channels in zip(found, now.channels()):
        assert one.agrees is True
        expected = SHIFT * (40e6 / now.frequency_hz[channels].mean()) ** 2
        assert (np.abs(one.offset_arcmin - expected) < 4 * one.error_arcmin).all()
        assert np.hypot(*one.error_arcmin) < 5


def test_delays_may_have_changed_by_some_nanoseconds(tmp_path):
    last, now = nights(("41MHz", "55MHz"), delays_ns=2.0)
    drawn_gains.move(now, "55MHz", SWAP)
    found = compared(now, written(tmp_path, last))
    assert [one.agrees for one in found] == [True, False]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_said_by_phases_that_were_reset(tmp_path, seed):
    last, now = nights(drawn_gains.BANDS, seed)
    turns = np.random.default_rng(seed).uniform(-np.pi, np.pi, (N, 1, 2))
    now.gain *= np.exp(1j * turns)
    found = compared(now, written(tmp_path, last))
    assert [one.agrees for one in found] == [None] * 5
    assert np.isnan([one.beams for one in found]).all()


def test_antennas_are_matched_by_name(tmp_path):
    last, now = nights(("41MHz", "55MHz"))
    drawn_gains.move(now, "41MHz", SWAP)
    kept = np.random.default_rng(3).permutation(N)[:50]
    found = compared(now, written(tmp_path, last, kept))
    assert [one.agrees for one in found] == [False, True]


def test_what_cannot_be_compared_is_left_out_with_a_warning(tmp_path, caplog):
    last, now = nights(("41MHz",))
    other = drawn_gains.instrument(1, ("55MHz",), n_antennas=N)
    shifted = replace(last, frequency_hz=last.frequency_hz + 0.2 * np.diff(last.frequency_hz)[0])
    foreign = replace(last, antenna_names=[f"ea{number:02d}" for number in range(N)])
    broken = tmp_path / "broken.bcal"
    broken.mkdir()
    cases = [
        (written(tmp_path / "other", other), "channels"),
        (written(tmp_path / "shifted", shifted), "channels"),
        (written(tmp_path / "foreign", foreign), "0 of its antennas"),
        (written(tmp_path / "few", last, np.arange(3)), "3 of its antennas"),
        (written(tmp_path / "away", last, positions_m=antennas().positions_m + 50), "87 m away"),
        (written(tmp_path / "same", now, mjd_s=NOW_S), "of this observation itself"),
        ([broken], "cannot be read"),
    ]
    for paths, words in cases:
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert compared(now, paths)[0].agrees is None
        assert words in caplog.text
        assert str(paths[0]) in caplog.text
    nearly = replace(last, frequency_hz=last.frequency_hz + 0.05 * np.diff(last.frequency_hz)[0])
    assert compared(now, written(tmp_path / "nearly", nearly))[0].agrees is True


def test_a_folder_without_tables_is_an_error_in_words(tmp_path):
    with pytest.raises(LastTablesError, match=r"that ionosphere\.last_tables names has no tables"):
        last_tables.check(str(tmp_path), [])
    with pytest.raises(LastTablesError, match=r"not-there .*does not exist"):
        last_tables.check(str(tmp_path / "not-there"), [])
    last_tables.check("", [])
