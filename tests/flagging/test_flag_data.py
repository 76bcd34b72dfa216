"""Flags are kept apart by cause, polarization by polarization."""

import numpy as np
import pytest

import flag_masks
from lwacal.flagging import aoflagger_program, data_pass, flag_data
from lwacal.ingest import discover
from lwacal.io import flag_file
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.records.configuration.flagging import Flagging
from lwacal.runtime import processes
from lwacal.telescope import naming, site
from small_sets import STAMP, joined, small_array, write_raw

PROGRAM = "aoflagger"
SETTINGS = Flagging(aoflagger=False)


def concatenated(tmp_path, data, n_channels=6):
    raw = tmp_path / "raw"
    raw.mkdir()
    write_raw(raw, small_array(), STAMP, "73MHz", n_channels=n_channels, data=data)
    joined(discover.discover_raw(raw), tmp_path)
    return tmp_path / "73MHz.ms"


def health(bad=()):
    return {
        "antennas": [
            {
                "index": index,
                "pol": pol,
                "status": "bad" if (index, pol) in bad else "good",
                "reasons": [],
            }
            for index in range(8)
            for pol in "XY"
        ]
    }


def noise(n_channels=6):
    draw = np.random.default_rng(5)
    shape = (36, n_channels, 4)
    return draw.normal(size=shape) + 1j * draw.normal(size=shape)


def test_one_bad_polarization_does_not_cost_the_other():
    antenna1, antenna2 = np.triu_indices(3)
    bad = np.zeros((3, 2), bool)
    bad[1, 0] = True  # X of antenna 1
    flags = data_pass.antenna_flags(bad, antenna1, antenna2)
    rows = list(zip(antenna1.tolist(), antenna2.tolist()))
    assert flags[rows.index((0, 1))].tolist() == [True, False, True, False]  # XX, YX
    assert flags[rows.index((1, 2))].tolist() == [True, True, False, False]  # XX, XY
    assert flags[rows.index((1, 1))].tolist() == [True, True, True, False]
    assert not flags[rows.index((0, 2))].any()


def test_causes_are_kept_apart(tmp_path):
    data = noise()
    data[3, 1, 2] = 0
    data[4, 2, 3] = np.nan
    path = concatenated(tmp_path, data)
    flags = flag_data.flag(path, health({(7, "Y")}), SETTINGS, PROGRAM, 1)
    (causes,) = flags.causes
    assert causes[3, 1, 2] == flag_file.CAUSES["zero"]
    assert causes[4, 2, 3] == flag_file.CAUSES["non_finite"]
    antenna1, antenna2 = np.triu_indices(8)
    with_bad = antenna2 == 7
    assert (causes[with_bad][..., 3] & flag_file.CAUSES["antenna"] > 0).all()
    assert not (causes[with_bad][..., 0] & flag_file.CAUSES["antenna"]).any()
    assert "switched off" in flags.message
    summary = flag_data.summarize([causes], antenna1, antenna2, 8)
    cross = antenna1 != antenna2
    assert summary["fractions"]["total"] == pytest.approx((causes[cross] > 0).mean())
    assert summary["antenna_fraction"][7] > 0.4
    baselines = list(zip(antenna1[cross], antenna2[cross]))
    flagged = (causes[cross] > 0).mean(axis=(1, 2))
    assert summary["baseline_fraction"] == pytest.approx(flagged, abs=1e-4)
    number = baselines.index((4, 7))
    assert summary["baseline_fraction"][number] == pytest.approx(flagged[number], abs=1e-4)
    for antenna in range(8):
        own = [antenna in pair for pair in baselines]
        assert summary["antenna_fraction"][antenna] == pytest.approx(flagged[own].mean())


def test_aoflagger_finds_a_strong_channel_and_leaves_the_data_alone(tmp_path):
    data = noise(96)
    data[:, 40] += 100
    path = concatenated(tmp_path, data, 96)
    before = [file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()]
    flags = flag_data.flag(path, health(), Flagging(), PROGRAM, 1)
    after = [file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()]
    assert before == after
    assert flags.message == ""
    found = flags.causes[0] & flag_file.CAUSES["aoflagger"] > 0
    antenna1, antenna2 = np.triu_indices(8)
    cross = antenna1 != antenna2
    assert found[cross][:, 40].mean() > 0.9
    assert np.delete(found[cross], 40, axis=1).mean() < 0.1


def test_flags_that_would_take_everything_are_not_used():
    bit = flag_file.CAUSES["aoflagger"]
    causes = [np.full((5, 4, 4), bit, np.uint8), np.full((5, 4, 4), bit, np.uint8)]
    causes[0][0] = 0
    causes[1][4] = flag_file.CAUSES["antenna"]
    assert flag_data._protect(causes, 0.9) == ""
    assert (causes[0] == bit).mean() == 0.8
    assert "flagging.protect_fraction" in flag_data._protect(causes, 0.8)
    assert not any((mask & bit).any() for mask in causes)
    assert (causes[1][4] == flag_file.CAUSES["antenna"]).all()


def test_missing_program_names_the_key(tmp_path):
    path = concatenated(tmp_path, noise())
    settings = Flagging(strategy="generic")
    with pytest.raises(processes.ToolError, match=r"tools\.aoflagger"):
        flag_data.flag(path, health(), settings, "absent", 1)


def test_flags_survive_writing_and_reading(tmp_path):
    path = concatenated(tmp_path, noise())
    flags = flag_data.flag(path, health({(1, "X")}), SETTINGS, PROGRAM, 1)
    for name in ("one", "two"):
        flag_data.write(flags, path, "73MHz", tmp_path / f"{name}.npz", tmp_path / f"{name}.json")
    assert np.array_equal(flag_masks.load_causes(tmp_path / "one.npz"), flags.causes[0])
    assert np.array_equal(flag_masks.load_flags(tmp_path / "one.npz"), flags.causes[0] > 0)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@pytest.mark.parametrize(
    "rows", [slice(0, 5), slice(5, 8), slice(3, 9), slice(7, 7), slice(None), slice(-2, None)]
)
def test_rows_of_a_flag_file_are_read_alone(tmp_path, rows):
    causes = np.random.default_rng(2).integers(0, 64, (12, 3, 4), np.uint8)
    flag_file.write(tmp_path / "flags.npz", [causes[:5], causes[5:8], causes[8:]])
    with flag_file.FlagFile(tmp_path / "flags.npz") as file:
        assert np.array_equal(file.causes(rows), causes[rows])
        assert np.array_equal(file.flags(rows), causes[rows] > 0)
    assert np.array_equal(flag_masks.load_flags(tmp_path / "flags.npz", rows), causes[rows] > 0)


N_TIMES, N_LINES = 2, (20, 21, 60)


def spectra_set(path, line, lost=None):
    """Write noise, a source brighter than it, and interference in three channels; return truth.

    ``line`` is its strength in units of the noise; the integration ``lost`` is all zeros.
    """
    draw = np.random.default_rng(8)
    antennas = small_array(20)
    antenna1, antenna2 = np.triu_indices(20)
    frequency_hz = site.band_frequencies_hz("55MHz")[:96]
    start = naming.stamp_time(STAMP)
    delay = draw.normal(0, 300e-9, len(antenna1))
    field = Field("zenith", *site.zenith(start))
    with MeasurementSetWriter(path, antennas, frequency_hz, 24e3, [field]) as writer:
        for number in range(N_TIMES):
            shape = (len(antenna1), 96, 4)
            data = draw.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)
            data[..., [0, 3]] += 20 * np.exp(2j * np.pi * np.outer(delay, frequency_hz))[..., None]
            phase = np.exp(2j * np.pi * draw.random(20))
            data[:, N_LINES] += line * (phase[antenna1] * phase[antenna2].conj())[:, None, None]
            data[antenna1 == antenna2] += 1e3
            data *= number != lost
            writer.append(
                start + 10 * number,
                10.0,
                antenna1,
                antenna2,
                np.zeros((len(antenna1), 3)),
                data.astype(np.complex64),
            )
    truth = np.zeros((N_TIMES * len(antenna1), 96), bool)
    truth[:, N_LINES] = True
    return truth, np.tile(antenna1 != antenna2, N_TIMES)


@pytest.mark.parametrize("lost", [None, 0])
def test_strategy_for_single_baselines_finds_lines_and_spares_the_rest(tmp_path, lost):
    truth, cross = spectra_set(tmp_path / "data.ms", 6.0, lost)
    known = np.zeros((*truth.shape, 4), bool)
    if lost is not None:
        known[: len(truth) // 2] = True
    found = aoflagger_program.run(tmp_path / "data.ms", known, "", PROGRAM, 1)[..., 0]
    there = cross[:, None] & ~known[..., 0]
    beside = np.abs(np.arange(96)[:, None] - N_LINES).min(axis=1) <= 6
    assert found[there & truth].mean() > 0.95
    assert found[there & ~beside].mean() < 0.01
    assert found[there & beside & ~truth].mean() < 0.25  # long windows reach beyond a line


def test_generic_strategy_takes_all_when_one_of_two_times_is_lost(tmp_path):
    """Why the strategy that AOFlagger comes with is not the default."""
    truth, cross = spectra_set(tmp_path / "data.ms", 6.0, lost=0)
    known = np.zeros((*truth.shape, 4), bool)
    known[: len(truth) // 2] = True
    found = aoflagger_program.run(tmp_path / "data.ms", known, "generic", PROGRAM, 1)[..., 0]
    assert found[cross[:, None] & ~truth].mean() > 0.9


def test_strategies_are_found_by_name(tmp_path):
    assert aoflagger_program.find_strategy("", "aoflagger") == aoflagger_program.SHIPPED
    assert aoflagger_program.find_strategy("generic", "aoflagger").name == "generic-default.lua"
    with pytest.raises(
        aoflagger_program.StrategyError, match=r"flagging\.strategy: .* is not a file"
    ):
        aoflagger_program.find_strategy(str(tmp_path / "absent.lua"), "aoflagger")


def test_known_flags_of_one_polarization_do_not_cost_the_others(tmp_path):
    """A dead X: all its XX and XY are known to be bad, and YY has nothing but its lines."""
    truth, cross = spectra_set(tmp_path / "data.ms", 6.0)
    known = np.zeros((*truth.shape, 4), bool)
    known[..., :2] = True
    found = aoflagger_program.run(tmp_path / "data.ms", known, "", PROGRAM, 1)[..., 3]
    assert found[cross[:, None] & ~truth].mean() < 0.05
    assert found[cross[:, None] & truth].mean() > 0.9
