"""Calibration tables: they are read back, have the form of CASA's, and applycal accepts them."""

import filecmp
import shutil
from pathlib import Path

import numpy as np
import pytest
from casacore import tables

import solver_case
from casa_apply import apply
from lwacal.calibration import casa_input, flag_solutions, interpolation, solution_products
from lwacal.ingest.manifest_record import manifest_centre
from lwacal.io import caltable
from lwacal.io.ms_reader import UnreadableError
from lwacal.io.solutions import SubBandSolutions
from lwacal.runtime import casa
from lwacal.telescope.antpol_states import AntpolStates

BAND = "73MHz"
N_ANTENNAS, N_CHANNELS = 8, 6
DELAYS_NS = 7.0 * np.arange(2.0 * N_ANTENNAS).reshape(N_ANTENNAS, 2)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Return an observation with very little noise; its set for CASA is in data.ms."""
    folder = tmp_path_factory.mktemp("case")
    made = solver_case.make(
        folder, N_ANTENNAS, (BAND,), N_CHANNELS, n_integrations=1, noise_jy=1e-3
    )
    casa_input.write(solver_case.sub_band(made, BAND), folder / "data.ms")
    return made


def solutions(case, flag=None) -> SubBandSolutions:
    """Return solutions with the case's true gains."""
    band, gain = case.manifest["bands"][BAND], case.gain[BAND]
    return SubBandSolutions.of(
        gain,
        np.zeros(gain.shape, bool) if flag is None else flag,
        antenna_names=case.antennas.names,
        frequency_hz=band["frequency_hz"],
        channel_width_hz=band["channel_width_hz"],
        mjd_s=solver_case.MID_MJD_S,
        error=np.full(gain.shape, 0.01, np.float32),
        snr=np.full(gain.shape, 50.0, np.float32),
        reference=2,
    )


def delays(case, frequency_hz=73e6) -> caltable.Delays:
    return caltable.Delays(
        case.antennas.names,
        DELAYS_NS,
        np.zeros(DELAYS_NS.shape, bool),
        np.full(DELAYS_NS.shape, 0.1),
        frequency_hz,
        case.manifest["bands"][BAND]["channel_width_hz"],
        solver_case.MID_MJD_S,
        2,
    )


def one_flagged() -> np.ndarray:
    flag = np.zeros((N_ANTENNAS, N_CHANNELS, 2), bool)
    flag[3], flag[5, 2, 1] = True, True
    return flag


def test_table_is_read_back(case, tmp_path):
    written = solutions(case, one_flagged())
    caltable.write_bandpass(tmp_path / "a", written, case.antennas, manifest_centre(case.manifest))
    found = caltable.read(tmp_path / "a")
    assert found.gain == pytest.approx(written.gain, rel=1e-6)
    assert np.array_equal(found.flag, written.flag)
    assert np.array_equal(found.frequency_hz, written.frequency_hz)
    assert (found.mjd_s, found.reference) == (written.mjd_s, 2)
    assert found.gain.shape == (N_ANTENNAS, N_CHANNELS, 2)
    assert caltable.read_antennas(tmp_path / "a").names == case.antennas.names


def test_the_same_solutions_give_the_same_table(case, tmp_path):
    """Same bytes, except for lock files and array padding that casacore does not initialize."""
    for name in ("a", "b"):
        written = solutions(case)
        path = tmp_path / name / "table.bcal"
        caltable.write_bandpass(path, written, case.antennas, manifest_centre(case.manifest))
    files = [p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file()]
    assert len(files) > 20
    _, different, missing = filecmp.cmpfiles(
        tmp_path / "a", tmp_path / "b", list(map(str, files)), shallow=False
    )
    assert not missing
    assert all(name.endswith(("table.lock", ".f0i")) for name in different)
    for table in ("", "FIELD"):
        assert same_columns(*(tmp_path / name / "table.bcal" / table for name in ("a", "b")))


def same_columns(one: Path, other: Path) -> bool:
    """Return whether two tables hold the same values in all cells."""
    with tables.table(str(one), ack=False) as a, tables.table(str(other), ack=False) as b:
        return a.nrows() == b.nrows() and all(
            np.array_equal(a.getcell(name, row), b.getcell(name, row))
            for name in a.colnames()
            for row in range(a.nrows())
            if a.iscelldefined(name, row) or b.iscelldefined(name, row)
        )


def test_rows_in_any_order_and_missing_antennas(case, tmp_path):
    """Tables of other programs may lack antennas or have them in another order."""
    path, other = tmp_path / "a", tmp_path / "b"
    written = solutions(case)
    caltable.write_bandpass(path, written, case.antennas, manifest_centre(case.manifest))
    with tables.table(str(path), ack=False) as table:
        table.selectrows([6, 1, 0, 2, 5, 7, 3]).copy(str(other), deep=True).close()
    found = caltable.read(other)
    assert found.flag[4].all()
    kept = [0, 1, 2, 3, 5, 6, 7]
    assert found.gain[kept] == pytest.approx(written.gain[kept], rel=1e-6)
    assert not found.flag[kept].any()


def test_casa_applies_a_bandpass(case, tmp_path):
    """V = G_i conj(G_j) M: applycal recovers the model, for X and Y, and propagates flags."""
    written = solutions(case, one_flagged())
    caltable.write_bandpass(
        tmp_path / "t.bcal", written, case.antennas, manifest_centre(case.manifest)
    )
    found = apply(case.folder / "data.ms", tmp_path / "t.bcal", tmp_path)
    flag = one_flagged()
    expected = flag[found["ANTENNA1"]] | flag[found["ANTENNA2"]]
    for pol, correlation in ((0, 0), (1, 3)):
        assert np.array_equal(found["FLAG"][..., correlation], expected[..., pol])
    good = ~found["FLAG"]
    good[..., 1:3] = False
    corrected, model = found["CORRECTED_DATA"][good], found["MODEL_DATA"][good]
    assert np.abs(corrected - model).max() < 2e-6 * np.abs(model).max()


def test_casa_applies_interpolated_solutions(case, tmp_path):
    """Interpolated solutions are unflagged, have a signal-to-noise of zero, and CASA uses them."""
    raw = solutions(case, one_flagged())
    centre = manifest_centre(case.manifest)
    caltable.write_bandpass(tmp_path / "raw.bcal", raw, case.antennas, centre)
    summary = {
        "band": BAND,
        "uv_range_lambda": [5, 350],
        "min_baselines_per_antenna": 4,
        "reference_antenna": case.antennas.names[3],
    }
    band = flag_solutions.gather(
        case.manifest, AntpolStates(case.antennas.names), [tmp_path / "raw.bcal"], [summary]
    )
    band.gain[5, 2, 1] = 7  # an arbitrary value left by the solver
    band.interpolated = interpolation.fill(
        band.gain, band.cause > 0, band.cause.all(axis=1), band.band_index, 2
    )
    band.write(tmp_path / "flags.npz")
    final = solution_products.final_solutions(BAND, tmp_path / "raw.bcal", tmp_path / "flags.npz")
    caltable.write_bandpass(tmp_path / "final.bcal", final, case.antennas, centre)
    written = caltable.read(tmp_path / "final.bcal")
    assert written.reference == 3
    assert np.argwhere(one_flagged() & ~written.flag).tolist() == [[5, 2, 1]]
    assert np.argwhere(written.snr[5] == 0).tolist() == [[2, 1]]
    assert written.gain[5, 2, 1] == pytest.approx(case.gain[BAND][5, 2, 1], rel=0.02)
    found = apply(case.folder / "data.ms", tmp_path / "final.bcal", tmp_path)
    rows = (found["ANTENNA1"] != 3) & (found["ANTENNA2"] != 3)
    rows &= (found["ANTENNA1"] == 5) | (found["ANTENNA2"] == 5)
    assert not found["FLAG"][rows, 2, 3].any()
    pair = written.gain[found["ANTENNA1"], 2, 1] * written.gain[found["ANTENNA2"], 2, 1].conj()
    expected = found["DATA"][:, 2, 3] / pair
    assert found["CORRECTED_DATA"][rows, 2, 3] == pytest.approx(expected[rows], rel=2e-6)


@pytest.mark.parametrize("pivot_hz", [73.1171875e6, 50e6])
def test_casa_applies_delays(case, tmp_path, pivot_hz):
    """G = exp(+2 pi i (nu - nu_0) tau) with tau in ns."""
    path = tmp_path / "t.K"
    written = delays(case, pivot_hz)
    caltable.write_delays(path, written, case.antennas, manifest_centre(case.manifest))
    found = apply(case.folder / "data.ms", path, tmp_path)
    nu = np.array(case.manifest["bands"][BAND]["frequency_hz"])
    for pol, correlation in ((0, 0), (1, 3)):
        tau_s = DELAYS_NS[:, pol] * 1e-9
        turns = np.outer(tau_s[found["ANTENNA1"]] - tau_s[found["ANTENNA2"]], nu - pivot_hz)
        ratio = (found["DATA"] / found["CORRECTED_DATA"])[..., correlation]
        assert ratio == pytest.approx(np.exp(2j * np.pi * turns), abs=2e-6)


def test_table_of_the_other_kind_is_refused(case, tmp_path):
    centre = manifest_centre(case.manifest)
    caltable.write_bandpass(tmp_path / "t.bcal", solutions(case), case.antennas, centre)
    caltable.write_delays(tmp_path / "t.K", delays(case), case.antennas, centre)
    with pytest.raises(UnreadableError, match="not a K Jones table"):
        caltable.read_delays(tmp_path / "t.bcal")
    with pytest.raises(UnreadableError, match="not a B Jones table"):
        caltable.read(tmp_path / "t.K")


def test_delays_are_read_back(case, tmp_path):
    written = delays(case)
    caltable.write_delays(tmp_path / "t.K", written, case.antennas, manifest_centre(case.manifest))
    found = caltable.read_delays(tmp_path / "t.K")
    assert found.antenna_names == case.antennas.names
    assert found.delay_ns == pytest.approx(written.delay_ns, rel=1e-6)
    assert not found.flag.any()
    assert (found.frequency_hz, found.reference) == (73e6, 2)


def test_delay_table_with_more_channels_is_refused(case, tmp_path):
    path = tmp_path / "t.K"
    caltable.write_delays(path, delays(case), case.antennas, manifest_centre(case.manifest))
    window = str(path / "SPECTRAL_WINDOW")
    with tables.table(window, readonly=False, ack=False) as table:
        for column in ("CHAN_FREQ", "CHAN_WIDTH"):
            table.putcell(column, 0, np.array([73e6, 74e6]))
    with pytest.raises(UnreadableError, match="2 channels, not one"):
        caltable.read_delays(path)


def structure(path: Path) -> dict[str, object]:
    """Return the form of a table: its columns with their types, keywords and sub-tables."""
    with tables.table(str(path), ack=False) as table:
        columns = {}
        for name in table.colnames():
            description = table.getcoldesc(name)
            keywords = {
                key: value for key, value in table.getcolkeywords(name).items() if key != "comment"
            }
            columns[name] = (description["valueType"], description.get("ndim"), str(keywords))
        words = {
            key: value
            for key, value in table.getkeywords().items()
            if key in ("ParType", "VisCal", "PolBasis")
        }
        return {
            "columns": columns,
            "words": words,
            "keywords": set(table.keywordnames()),
            "info": (table.info()["type"], table.info()["subType"]),
        }


def assert_like(ours: Path, theirs: Path) -> None:
    """Check that our table has all columns, keywords and sub-tables of CASA's."""
    found, wanted = structure(ours), structure(theirs)
    assert found == wanted
    for name in caltable.SUBTABLES:
        with (
            tables.table(str(ours / name), ack=False) as a,
            tables.table(str(theirs / name), ack=False) as b,
        ):
            assert set(b.colnames()) - set(a.colnames()) <= {"LOG", "SCHEDULE"}, name


def test_tables_have_the_form_of_those_of_casa(case, tmp_path):
    tasks = casa.start(tmp_path / "casa.log")
    data, centre = str(case.folder / "data.ms"), manifest_centre(case.manifest)
    tasks.bandpass(vis=data, caltable=str(tmp_path / "casa.bcal"), refant="2", solint="inf")
    tasks.gaincal(vis=data, caltable=str(tmp_path / "casa.K"), gaintype="K", refant="2")
    caltable.write_bandpass(tmp_path / "our.bcal", solutions(case), case.antennas, centre)
    caltable.write_delays(tmp_path / "our.K", delays(case), case.antennas, centre)
    assert_like(tmp_path / "our.bcal", tmp_path / "casa.bcal")
    assert_like(tmp_path / "our.K", tmp_path / "casa.K")
    assert caltable.read(tmp_path / "casa.bcal").gain.shape == (N_ANTENNAS, N_CHANNELS, 2)


@pytest.mark.parametrize(("archive", "kind"), [("bcal", "B Jones"), ("dcal", "K Jones")])
def test_tables_of_another_telescope(real_data, case, tmp_path, archive, kind):
    """Tables of the SMA (CASA 6.4 and 6.5) have the same form and can be read."""
    packed = real_data / "caltables" / f"sma.ms.{archive}.tar.gz"
    if not packed.is_file():
        pytest.skip(f"{packed} is not there")
    shutil.unpack_archive(packed, tmp_path, filter="data")
    theirs = tmp_path / f"sma.ms.{archive}"
    centre = manifest_centre(case.manifest)
    if kind == "K Jones":
        caltable.write_delays(tmp_path / "ours", delays(case), case.antennas, centre)
    else:
        caltable.write_bandpass(tmp_path / "ours", solutions(case), case.antennas, centre)
    assert structure(tmp_path / "ours") == structure(theirs)
    window = caltable.spectral_windows(theirs)[0]
    if kind == "K Jones":
        found = caltable.read_delays(theirs, window)
        assert found.delay_ns.shape == (len(found.antenna_names), 2)
    else:
        found = caltable.read(theirs, window)
        assert found.gain.shape == (len(found.antenna_names), len(found.frequency_hz), 2)
