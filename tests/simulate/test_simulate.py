"""The simulator writes sets like the telescope's, with data that agree with the truth."""

import numpy as np
import pytest
from casacore import tables

import point_sources
from lwacal.io import ms_reader
from lwacal.runtime import products
from lwacal.simulate import Simulation, simulate
from lwacal.simulate.command import parse
from lwacal.simulate.faults import Fault
from lwacal.telescope import geometry, site
from workflow_run import folder_digest

SMALL = {
    "n_antennas": 10,
    "bands": ("59MHz", "73MHz"),
    "n_channels": 12,
    "n_integrations": 2,
    "n_faint": 3,
    "seed": 9,
}


def made(folder, **changes):
    """Simulate an observation; return the sets by name, and the truth (record, arrays)."""
    place = simulate(Simulation(**{**SMALL, **changes}), folder / "raw")
    with np.load(place / "truth.npz") as archive:
        arrays = dict(archive)
    sets = {path.name: path for path in (folder / "raw").iterdir()}
    return sets, products.read_json(place / "truth.json"), arrays


def read(path):
    return next(ms_reader.iterate_integrations(path))


def test_sets_have_the_form_of_the_telescope(tmp_path):
    sets, truth, _ = made(tmp_path)
    assert sorted(sets) == [
        "20240601_110000_59MHz.ms",
        "20240601_110000_73MHz.ms",
        "20240601_110010_59MHz.ms",
        "20240601_110010_73MHz.ms",
    ]
    path = sets["20240601_110010_73MHz.ms"]
    assert ms_reader.read_correlations(path) == ["XX", "XY", "YX", "YY"]
    assert ms_reader.read_telescope(path) == "OVRO-LWA"
    frequency_hz, width_hz = ms_reader.read_channels(path)
    # 12 channels, each the average of 16 of the 192 channels of 23.9 kHz
    assert width_hz == pytest.approx(16 * site.CHANNEL_WIDTH_HZ)
    assert frequency_hz == pytest.approx(site.band_frequencies_hz("73MHz", 12))
    item = read(path)
    assert len(item.antenna1) == 10 * 11 // 2
    assert item.centroid_mjd_s - item.mjd_s == pytest.approx(item.interval_s / 2)
    assert item.mjd_s == pytest.approx(truth["integrations"][1]["start_mjd_s"])
    with tables.table(str(path), ack=False) as table:
        assert "MODEL_DATA" not in table.colnames()
        assert set(table.getcol("DATA_DESC_ID")) == {0}
    autos = item.antenna1 == item.antenna2
    assert (item.columns["DATA"][autos][..., [0, 3]].real > 0).all()


def test_truth_is_outside_the_folder_of_the_observation(tmp_path):
    made(tmp_path)
    inside = [path.name for path in (tmp_path / "raw").rglob("*") if "truth" in path.name]
    assert inside == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "raw.truth"]


@pytest.mark.parametrize("real_headers", [True, False])
def test_data_are_gains_times_sky(tmp_path, real_headers):
    """Predicted from the truth with the solver's code, for the phase centre of the header."""
    sets, truth, arrays = made(tmp_path, noise_scale=0.0, real_headers=real_headers)
    path = sets["20240601_110010_73MHz.ms"]
    item, centre = read(path), ms_reader.read_field(path)
    cross = item.antenna1 != item.antenna2
    first, second = item.antenna1[cross], item.antenna2[cross]
    radec = np.array([[source["ra_rad"], source["dec_rad"]] for source in truth["sources"]])
    flux = arrays["flux_73MHz"]
    sky = point_sources.model_visibilities(
        first,
        second,
        arrays["positions_m"],
        np.array(truth["bands"]["73MHz"]["frequency_hz"]),
        item.centroid_mjd_s,
        radec,
        flux * arrays["beam_xx_73MHz"],
        flux * arrays["beam_yy_73MHz"],
        centre,
    )
    gain = arrays["gain_73MHz"]
    expected = sky * gain[first] * gain[second].conj()
    found = item.columns["DATA"][cross]
    assert np.abs(found[..., [0, 3]] - expected).max() < 1e-3 * np.abs(expected).max()
    assert not found[..., [1, 2]].any()


def test_noise_has_the_rms_of_the_truth(tmp_path):
    sets, truth, arrays = made(tmp_path, sources=(), n_faint=0, n_antennas=32)
    item = read(sets["20240601_110000_73MHz.ms"])
    cross = item.antenna1 != item.antenna2
    gain = arrays["gain_73MHz"]
    first, second = item.antenna1[cross], item.antenna2[cross]
    calibrated = item.columns["DATA"][cross][..., [0, 3]] / (gain[first] * gain[second].conj())
    rms = np.sqrt((np.abs(calibrated) ** 2).mean(axis=(0, 2)))
    # 992 complex samples per channel: the rms is measured to 1 / sqrt(2 x 992) = 2.2 %
    assert rms == pytest.approx(truth["bands"]["73MHz"]["noise_jy"], rel=4.5 * 0.022)


def test_real_headers_have_the_known_errors_and_clean_ones_have_not(tmp_path):
    for real_headers in (True, False):
        folder = tmp_path / str(real_headers)
        sets, _, arrays = made(folder, real_headers=real_headers)
        path = sets["20240601_110000_73MHz.ms"]
        item, (ra, dec) = read(path), ms_reader.read_field(path)
        zenith = site.zenith(item.centroid_mjd_s)
        off_deg = np.rad2deg(np.hypot((ra - zenith[0]) * np.cos(dec), dec - zenith[1]))
        uvw = geometry.antenna_uvw_m(arrays["positions_m"], ra, dec, item.centroid_mjd_s)
        wrong_m = np.abs(item.uvw_m - (uvw[item.antenna1] - uvw[item.antenna2])).max()
        if real_headers:
            assert 0.15 < off_deg < 0.22
            assert 0.1 < wrong_m < 20
        else:
            assert off_deg < 1e-6
            assert wrong_m < 1e-6


def test_data_depend_on_the_seed_alone(tmp_path):
    digests = [
        read(made(tmp_path / str(number), seed=seed)[0]["20240601_110000_59MHz.ms"]).columns["DATA"]
        for number, seed in enumerate((1, 1, 2))
    ]
    assert np.array_equal(digests[0], digests[1])
    assert not np.array_equal(digests[0], digests[2])


def planted(tmp_path, *words):
    faults = tuple(Fault.parse(word) for word in words)
    return made(tmp_path, faults=faults)


def test_faults_of_files(tmp_path):
    sets, truth, _ = planted(
        tmp_path, "missing:59MHz:2", "zero_filled:73MHz:1", "nan:73MHz:2", "wrong_stamp:59MHz:1"
    )
    assert "20240601_110010_59MHz.ms" not in sets
    assert not read(sets["20240601_110000_73MHz.ms"]).columns["DATA"].any()
    spoilt = read(sets["20240601_110010_73MHz.ms"]).columns["DATA"]
    assert np.isnan(spoilt).mean() == pytest.approx(0.02, abs=0.001)
    late = read(sets["20240601_110000_59MHz.ms"])
    assert late.mjd_s - truth["integrations"][0]["start_mjd_s"] == pytest.approx(60)
    assert [fault["kind"] for fault in truth["faults"]] == [
        "missing",
        "zero_filled",
        "nan",
        "wrong_stamp",
    ]


def test_a_noisy_antpol_has_the_given_power(tmp_path):
    powers = []
    for name, faults in (("clean", ()), ("noisy", (Fault.parse("noisy:LWA001X:30"),))):
        sets, truth, _ = made(tmp_path / name, noise_scale=10, sources=(), n_faint=0, faults=faults)
        item = read(sets["20240601_110000_73MHz.ms"])
        own = (item.antenna1 == item.antenna2) & (
            item.antenna1 == truth["antennas"].index("LWA001")
        )
        powers.append(item.columns["DATA"][own][0].real.mean(axis=0))
    ratio = powers[1] / powers[0]
    assert ratio[0] == pytest.approx(30, rel=0.05)
    assert ratio[3] == pytest.approx(1)


def test_faults_of_antennas(tmp_path):
    clean, _, before = made(tmp_path / "clean", noise_scale=1e-6)
    faults = [
        Fault.parse(word)
        for word in ("weak:LWA001X", "strong:LWA002Y", "dead:LWA003", "swapped:LWA004")
    ]
    sets, truth, after = made(tmp_path / "faulty", noise_scale=1e-6, faults=tuple(faults))
    number = {name: index for index, name in enumerate(truth["antennas"])}
    ratio = np.abs(after["gain_73MHz"] / before["gain_73MHz"])
    assert ratio[number["LWA001"], :, 0] == pytest.approx(1 / 50)
    assert ratio[number["LWA001"], :, 1] == pytest.approx(1)
    assert ratio[number["LWA002"], :, 1] == pytest.approx(8)
    name = "20240601_110000_73MHz.ms"
    item, was = read(sets[name]), read(clean[name])
    dead = (item.antenna1 == number["LWA003"]) ^ (item.antenna2 == number["LWA003"])
    usual = np.abs(was.columns["DATA"][dead]).mean()
    assert np.abs(item.columns["DATA"][dead]).mean() < 1e-4 * usual
    swapped = (item.antenna1 == number["LWA004"]) & (item.antenna2 != number["LWA004"])
    swapped &= ~dead
    powers = np.abs(item.columns["DATA"][swapped]).mean(axis=(0, 1))
    assert powers[1] > 100 * powers[0]  # XX has become YX, or XY on the other side
    assert powers[2] > 100 * powers[3]


def test_interference_is_in_its_channel_only(tmp_path):
    sets, _, _ = planted(tmp_path, "rfi:73MHz:5")
    item = read(sets["20240601_110000_73MHz.ms"])
    cross = item.antenna1 != item.antenna2
    power = np.abs(item.columns["DATA"][cross]).mean(axis=(0, 2))
    assert np.argmax(power) == 5
    assert power[5] > 2 * np.delete(power, 5).max()


def test_nothing_is_overwritten(tmp_path):
    made(tmp_path)
    before = folder_digest(tmp_path / "raw")
    with pytest.raises(FileExistsError, match="is not empty; choose an empty or a new folder"):
        made(tmp_path)
    assert folder_digest(tmp_path / "raw") == before


def test_command_line_options(tmp_path):
    folder, options = parse(
        [
            str(tmp_path),
            "--bands",
            "all",
            "--channels",
            "192",
            "--antennas",
            "352",
            "--fault",
            "weak:LWA010X",
        ]
    )
    assert folder == tmp_path
    assert options.bands == site.BANDS
    assert (options.n_antennas, options.n_channels) == (352, 192)
    assert options.faults == (Fault("weak", antenna="LWA010X"),)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault", "broken:LWA010"], "Choose one of dead, uncorrelated, weak"),
        (["--start", "now"], "not YYYYMMDD_HHMMSS"),
        (["--bands", "74MHz"], "sub-bands are 13MHz"),
        (["--integrations", "0"], "at least 1"),
    ],
)
def test_wrong_options_are_reported(tmp_path, capsys, words, said):
    with pytest.raises(SystemExit):
        parse([str(tmp_path), *words])
    assert said in capsys.readouterr().err


def test_the_noise_power_of_a_noisy_antenna_can_be_given():
    assert Fault.parse("noisy:LWA009").strength == 64
    assert Fault.parse("noisy:LWA009Y:30") == Fault("noisy", antenna="LWA009Y", strength=30.0)


@pytest.mark.parametrize(
    "word",
    [
        "nan:73MHz:0",
        "rfi:73MHz",
        "nan:LWA001",
        "odd:LWA001",
        "noisy:LWA009:loud",
        "noisy:LWA009:0",
        "weak:LWA009:30",
    ],
)
def test_invalid_faults_are_refused(word):
    with pytest.raises(ValueError, match="is not a fault"):
        Fault.parse(word)
