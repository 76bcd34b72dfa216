"""Diagnostic delays: drawn ones come back with their signs, and references are compared fairly."""

import numpy as np
import pytest

import solver_case
from lwacal.calibration import delay, delay_reference, delay_table
from lwacal.io import caltable
from lwacal.io.solutions import Bandpass, SubBandSolutions
from lwacal.records.configuration.delay import Delay
from lwacal.telescope import naming, site
from small_sets import small_array

BANDS = ("55MHz", "64MHz", "73MHz")
CHOICE = solver_case.DELAY
NOW_MJD_S = naming.stamp_time("20240601_110000")
ROUNDING_NS = 1e-4  # of phases in single precision, over 20 MHz


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return solver_case.make(
        tmp_path_factory.mktemp("case"),
        n_antennas=16,
        bands=BANDS,
        n_channels=96,
        n_integrations=2,
        noise_jy=300.0,
    )


def solutions(case):
    """Return the case's true gains, with some noise, as the cleaned bandpass has them."""
    draw = np.random.default_rng(3)
    gain = np.concatenate([case.gain[band] for band in BANDS], axis=1)
    gain = gain * (1 + draw.normal(size=(*gain.shape, 2)) @ [1, 1j] * 0.02)
    nu = [case.manifest["bands"][band]["frequency_hz"] for band in BANDS]
    return Bandpass(
        antenna_names=case.antennas.names,
        band_names=list(BANDS),
        gain=gain,
        cause=np.zeros(gain.shape, np.uint16),
        interpolated=np.zeros(gain.shape, bool),
        frequency_hz=np.concatenate(nu),
        band_index=np.repeat(np.arange(len(BANDS)), 96),
        reference=np.full(len(BANDS), case.reference["index"]),
    )


def solve(case, model=None, **changes):
    model = model or case.model
    return delay.solve(
        case.manifest,
        {band: solver_case.sub_band(case, band, model) for band in case.concat},
        model,
        case.reference,
        solutions(case),
        CHOICE.model_copy(update=changes),
        solver_case.BANDPASS,
    )


@pytest.fixture(scope="module")
def solved(case):
    return solve(case)


def by_signal(record, key):
    values = [np.nan if item[key] is None else item[key] for item in record["antennas"]]
    return np.array(values).reshape(-1, 2)


@pytest.fixture(scope="module")
def by_casa(case):
    return solve(case, engine="casa")


@pytest.mark.parametrize(
    ("engine", "kind"),
    [("solved", "delay"), ("solved", "first_integration"), ("by_casa", "first_integration")],
)
def test_drawn_delays_come_back_within_their_noise(case, request, engine, kind):
    """A positive delay is G = exp(+2 pi i nu tau), relative to the reference antenna.

    So it is for the phases of the bandpass, for our solver and for CASA's gaincal.
    """
    record = request.getfixturevalue(engine)
    assert record["status"] == "ok"
    assert record["bands"] == record["first_integration_bands"] == list(BANDS)
    found, error = by_signal(record, f"{kind}_ns"), by_signal(record, f"{kind}_err_ns")
    expected = case.delays_ns - case.delays_ns[case.reference["index"]]
    away = np.abs(found - expected)
    assert np.isfinite(found).all()
    assert np.median(away) < 2 * np.median(error)
    assert away.max() < 10
    assert np.abs(found + expected).max() > 100  # the other sign would show


def test_both_solvers_agree_within_their_errors_and_ours_is_the_better(case, solved, by_casa):
    """gaincal uses only baselines to the reference antenna, we use all."""
    ours, casas = (by_signal(record, "first_integration_ns") for record in (solved, by_casa))
    errors = [by_signal(record, "first_integration_err_ns") for record in (solved, by_casa)]
    others = np.arange(len(ours)) != case.reference["index"]
    sigma = np.sqrt(sum(np.median(error[others]) ** 2 for error in errors))
    assert np.sqrt(np.mean((ours - casas)[others] ** 2)) < 3 * sigma
    truth = case.delays_ns - case.delays_ns[case.reference["index"]]
    rms = [np.sqrt(np.mean((found - truth)[others] ** 2)) for found in (ours, casas)]
    assert rms[0] < rms[1]


def test_delays_below_the_signal_to_noise_ratio_are_left_out(case, solved):
    """96 channels that agree have a ratio of the root of 96; no more is possible."""
    record = solve(case, min_snr=9.9)
    assert not np.isfinite(by_signal(record, "first_integration_ns")).any()
    assert np.array_equal(by_signal(record, "delay_ns"), by_signal(solved, "delay_ns"))


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"enabled": False}, "off", "delay.enabled"),
        ({"min_freq_mhz": 80}, "no_band", "delay.min_freq_mhz (80 MHz)"),
    ],
)
def test_what_is_not_solved_says_why(case, changes, status, said):
    record = solve(case, **changes)
    assert record["status"] == status
    assert said in record["message"]
    assert all(item["flagged"] for item in record["antennas"])


def test_empty_model_is_said(case):
    record = solve(case, {**case.model, "message": "no source is up"})
    assert (record["status"], record["message"]) == ("no_model", "no source is up")


def test_sub_bands_are_averaged_without_the_one_that_is_off():
    draw = np.random.default_rng(1)
    truth = draw.normal(0, 50, (30, 2))
    delays = [truth + draw.normal(0, 0.5, truth.shape) for _ in range(8)]
    delays[3][4, 1] += 90
    delays[5][6] = np.nan
    found, error, count = delay.combine(delays, 30)
    pulls = (found - truth) / error
    # 60 values of a t distribution with seven degrees of freedom
    assert 0.7 < np.median(np.abs(pulls)) / 0.71 < 1.4
    assert count[4, 1] == 7
    assert count[6].tolist() == [7, 7]
    assert abs(found[4, 1] - truth[4, 1]) < 1


def test_one_sub_band_gives_no_error_and_none_no_delay():
    found, error, count = delay.combine([np.ones((3, 2))], 3)
    assert (found == 1).all()
    assert np.isnan(error).all()
    assert (count == 1).all()
    found, _, count = delay.combine([], 3)
    assert np.isnan(found).all()
    assert (count == 0).all()


def write_reference(path, names, delays_ns, mjd_s=solver_case.MID_MJD_S):
    array = small_array(len(names))
    delays = caltable.Delays(
        names, delays_ns, np.isnan(delays_ns), np.zeros_like(delays_ns), 50e6, 60e6, mjd_s, 0
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    caltable.write_delays(path, delays, array, site.zenith(mjd_s))
    return path


def test_difference_from_the_reference_does_not_depend_on_the_reference_antenna(case, tmp_path):
    names = case.manifest["antennas"]["names"]
    now = case.delays_ns.copy()
    before = case.delays_ns + 55.0  # another reference antenna: all shifted, X and Y alike
    before[3, 0] -= 150.0  # what has happened since
    before[5] = np.nan
    path = write_reference(tmp_path / "old.K", names, before)
    compared = delay.compare(now, case.manifest, Delay(reference_table=str(path)))
    difference = compared.difference_ns
    assert difference[3, 0] == pytest.approx(150, abs=1e-3)
    assert np.isnan(difference[5]).all()
    difference[3, 0], difference[5] = 0, 0
    assert difference == pytest.approx(0, abs=1e-3)
    boards = delay.board_records(compared.difference_ns, CHOICE)
    assert [(item["board"], item["off"], item["failed"]) for item in boards] == [(1, 0, False)]


def test_board_fails_when_most_of_its_antennas_are_off():
    difference = np.zeros((64, 2))
    difference[32:50, 1] = 250.0
    difference[60:] = np.nan
    boards = delay.board_records(difference, CHOICE)
    assert [item["off"] for item in boards] == [0, 18]
    assert [item["compared"] for item in boards] == [32, 28]
    assert [item["failed"] for item in boards] == [False, True]


def test_reference_antennas_are_matched_by_name(tmp_path):
    path = write_reference(tmp_path / "a.K", small_array(6).names, np.arange(12.0).reshape(6, 2))
    names = [*reversed(small_array(6).names), "LWA350"]
    found = delay_reference.read_delays(path, names, 41)
    assert found[:6, 0].tolist() == [10, 8, 6, 4, 2, 0]
    assert np.isnan(found[6]).all()


def test_coax_and_fibre_are_told_apart():
    names = ["LWA001", "LWA256", "LWA257", "LWA-366"]
    delay_ns = np.array([[1.0, 3.0], [2.0, np.nan], [-200.0, -190.0], [-210.0, -205.0]])
    difference_ns = delay_ns - [[0, 0], [0, 0], [-190, -190], [-190, -190]]
    compared = delay.Comparison("", "", np.full(delay_ns.shape, np.nan), difference_ns)
    groups = delay.group_records(delay_ns, compared, names)
    assert groups["coax"]["signals"] == 3
    assert groups["coax"]["median_ns"] == 2
    assert groups["fibre"]["median_ns"] == -202.5
    assert groups["fibre"]["difference_median_ns"] == -12.5


def write_references(folder, lst_hours, day=0):
    """Write tables observed at sidereal times, some days after 2024-06-01."""
    start = naming.stamp_time("20240601_000000") + 86400 * day
    for lst in lst_hours:
        wait_h = (lst - site.lst_hours(start)) % 24
        write_reference(
            folder / f"{lst:g}h" / f"night{day}.K",
            small_array(6).names,
            np.zeros((6, 2)),
            start + wait_h * 3600 / 1.00274,
        )


def test_nearest_reference_in_sidereal_time_is_taken(tmp_path):
    """LST runs round: 23 h is nearer to 0.5 h than 4 h is."""
    wanted = 0.5
    write_references(tmp_path, (4.1, 23.1, 14.1))
    choice = Delay(reference_dir=str(tmp_path))
    path, why = delay_reference.choose(choice, wanted, NOW_MJD_S)
    assert path == tmp_path / "23.1h" / "night0.K"
    assert "nearest in sidereal time, 1 h apart" in why
    own_mjd_s = delay_reference.observation_time(path)
    other, _ = delay_reference.choose(choice, wanted, own_mjd_s)
    assert other == tmp_path / "4.1h" / "night0.K"  # a night is not its own reference
    path, why = delay_reference.choose(
        choice.model_copy(update={"reference_search_h": 0}), wanted, NOW_MJD_S
    )
    assert path is None
    assert "within 0 h of LST 0.5 h" in why


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([(3.9, 0), (23.1, 9)], 3.9),  # 2 h each: not over 24 h, though the other is newer
        ([(20.1, 9), (23.1, 0)], 23.1),  # 2 h over 24 h against 5 h
        ([(2.9, 0), (0.1, 9)], 0.1),  # 1 h each, in whole hours: the newest
        ([(2.1, 9), (0.9, 0)], 2.1),
        ([(9.9, 0), (15.5, 9)], 9.9),  # 8 h is near enough
        ([(10.1, 0), (15.5, 9)], None),  # 9 h and 10 h are not
    ],
)
def test_ties_do_not_pass_24_hours_and_then_take_the_newest(tmp_path, tables, expected):
    for lst, day in tables:
        write_references(tmp_path, [lst], day)
    path, _ = delay_reference.choose(Delay(reference_dir=str(tmp_path)), 1.5, NOW_MJD_S)
    assert (path.parent.name if path else None) == (f"{expected:g}h" if expected else None)


def test_bandpass_tables_serve_as_reference(case, tmp_path):
    """The delays of a set of bcal tables are those that its gains were drawn with."""
    for band, gain in case.gain.items():
        table = SubBandSolutions.of(
            gain,
            np.zeros(gain.shape, bool),
            antenna_names=case.antennas.names,
            frequency_hz=case.manifest["bands"][band]["frequency_hz"],
            channel_width_hz=23925.78125,
            mjd_s=NOW_MJD_S,
        )
        caltable.write_bandpass(
            tmp_path / f"20240101_000000_{band}.bcal", table, case.antennas, (0.0, 0.5)
        )
    first = tmp_path / f"20240101_000000_{BANDS[0]}.bcal"
    assert delay_reference.candidates(tmp_path) == [first]
    found = delay_reference.read_delays(first, case.antennas.names, 41)
    away = found - case.delays_ns
    assert away - np.median(away, axis=0) == pytest.approx(0, abs=ROUNDING_NS)
    (tmp_path / "20240101_000000.K").mkdir()
    assert delay_reference.candidates(tmp_path) == [tmp_path / "20240101_000000.K"]


def test_delay_table_carries_delays_and_flags(case, solved, tmp_path):
    delay_table.write(case.manifest, solved, tmp_path / "night.K")
    table = caltable.read_delays(tmp_path / "night.K")
    assert table.delay_ns == pytest.approx(by_signal(solved, "delay_ns"), abs=1e-4)
    assert not table.flag.any()
    assert table.reference == case.reference["index"]


def test_rows_of_the_csv_have_every_signal(solved):
    rows = delay.table_rows(solved)
    assert len(rows) == 2 * 16
    assert set(delay.COLUMNS) <= set(rows[0])
    assert {row["status"] for row in rows} == {"ok"}
