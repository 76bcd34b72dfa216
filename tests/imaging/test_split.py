"""Calibrated sets for imaging: true gains give back the sky, in every direction, once averaged."""

import weakref

import numpy as np
import pytest

import solver_case
from lwacal.driver import settings
from lwacal.imaging import averaging
from lwacal.imaging import split as calibrate
from lwacal.ingest.manifest_record import manifest_centre
from lwacal.io import caltable, ms_reader
from lwacal.io.solutions import SubBandSolutions
from lwacal.runtime import products
from lwacal.telescope import geometry
from small_sets import baselines

BAND = "73MHz"
SMALL = {"size": 64, "scale_deg": 0.02}
IMAGING = settings.resolve(
    {
        "imaging": {
            "source": SMALL,
            "scintillation": SMALL,
            "allsky": {"size": 256, "scale_deg": 0.5},
        }
    }
)
OFF = settings.resolve({"imaging": {"enabled": False}})


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return solver_case.make(tmp_path_factory.mktemp("case"), n_integrations=2, noise_jy=100.0)


def table(case, path, flag=None):
    """Write the true gains as the final table of the sub-band."""
    gain = case.gain[BAND]
    record = case.manifest["bands"][BAND]
    solutions = SubBandSolutions.of(
        gain,
        np.zeros(gain.shape, bool) if flag is None else flag,
        antenna_names=case.antennas.names,
        frequency_hz=record["frequency_hz"],
        channel_width_hz=record["channel_width_hz"],
        mjd_s=solver_case.MID_MJD_S,
        reference=0,
    )
    caltable.write_bandpass(path, solutions, case.antennas, manifest_centre(case.manifest))
    return path


AS_THEY_ARE = settings.resolve(
    {
        "imaging": {
            "source": {**SMALL, "subtract_others": False},
            "scintillation": SMALL,
            "allsky": {"enabled": False},
        }
    }
)


def split(case, folder, flag=None, chosen=IMAGING):
    record = calibrate.split(
        solver_case.sub_band(case, BAND),
        table(case, folder / "gains.bcal", flag),
        {"taken_out": False},
        chosen.imaging,
        chosen.bandpass,
        folder / "calibrated",
    )
    assert products.read_json(folder / "calibrated" / "split.json")["message"] == record["message"]
    return record


def read(folder, target):
    path = folder / "calibrated" / calibrate.set_name(target, BAND)
    return list(ms_reader.iterate_integrations(path, ("DATA", "FLAG", "WEIGHT_SPECTRUM"))), path


@pytest.fixture(scope="module")
def whole(case, tmp_path_factory):
    folder = tmp_path_factory.mktemp("split")
    return folder, split(case, folder)


def test_there_is_a_set_for_each_source_and_the_zenith(whole, case):
    folder, record = whole
    assert record["targets"] == ["CygA", "CasA", "zenith"]
    assert record["scans"] == [1, 2]
    names = sorted(path.name for path in (folder / "calibrated").glob("*.ms"))
    assert names == ["CasA_73MHz.ms", "CygA_73MHz.ms", "zenith_73MHz.ms"]
    for target in record["targets"]:
        _, path = read(folder, target)
        assert ms_reader.read_antennas(path).names == case.antennas.names


def rest_over_noise(case, folder, target, n_average, factor=1.0):
    """Return what a set has beyond its own source, rms over that of the noise.

    ``factor`` is how bright the source is relative to solver_case.SOURCES.
    """
    _, _, xx, yy = solver_case.SOURCES[target]
    rest = np.concatenate(
        [
            item.columns["DATA"][..., [0, 3]] - factor * np.array([xx, yy])
            for item in read(folder, target)[0]
        ]
    )
    return np.sqrt((np.abs(rest) ** 2).mean()) / (case.noise_jy / np.sqrt(n_average))


@pytest.mark.parametrize("target", ["CygA", "CasA"])
def test_the_set_of_a_source_has_its_flux_without_phase_and_nothing_else(whole, case, target):
    folder, record = whole
    n_average = record["channel_average"][target]
    assert n_average > 1
    # some 9000 values: known to 1 %
    assert rest_over_noise(case, folder, target, n_average) == pytest.approx(1, abs=0.05)


def test_other_sources_stay_if_they_are_wanted(case, tmp_path):
    record = split(case, tmp_path, chosen=AS_THEY_ARE)
    for target, n_average in record["channel_average"].items():
        assert rest_over_noise(case, tmp_path, target, n_average) > 20


def test_a_source_brighter_than_its_model_is_subtracted_as_bright_as_it_is(case, tmp_path):
    """The model of Cas A is made 20 % too faint: the set of Cyg A must not show the difference."""
    with_factor(case, "CasA", 1 / 1.2)
    try:
        record = split(case, tmp_path)
    finally:
        with_factor(case, "CasA", 1.2)
    for target, n_average in record["channel_average"].items():
        if target != calibrate.ZENITH:
            assert rest_over_noise(case, tmp_path, target, n_average) == pytest.approx(1, abs=0.05)
    in_time = record["flux_ratios_in_time"]
    assert len(in_time) == 2
    for fluxes in in_time:
        found = fluxes["CasA"]
        assert abs(found["ratio"] - 1.2) < 5 * found["ratio_err"] < 0.1


def with_factor(case, source, factor):
    """Make a source of the model brighter."""
    for band in case.model["bands"].values():
        band[source]["flux_jy"] *= factor


def test_data_that_already_point_at_a_source_serve_all_sources(tmp_path):
    """Its set needs no rotation: what is added for it must not show in the sets made after it."""
    pointed = solver_case.make(tmp_path, noise_jy=100.0, centre="CygA")
    record = split(pointed, tmp_path)
    for target in ("CygA", "CasA"):
        ratio = rest_over_noise(pointed, tmp_path, target, record["channel_average"][target])
        assert ratio == pytest.approx(1, abs=0.05)


def test_every_visibility_is_the_model_within_its_noise(whole, case):
    folder, _ = whole
    integrations, path = read(folder, "zenith")
    n_average = whole[1]["channel_average"]["zenith"]
    antenna1, antenna2 = baselines(20)
    cross = antenna1 != antenna2
    for item, offset in zip(integrations, (-5.0, 5.0)):
        model = solver_case.model_visibilities(case, BAND, solver_case.MID_MJD_S + offset)[cross]
        ones = np.ones((*model.shape[:2], 4), np.float32)
        full = np.zeros(ones.shape, complex)
        full[..., [0, 3]] = model
        mean, _, _ = averaging.average_channels(full, ones, ones == 0, n_average)
        rest = item.columns["DATA"] - mean
        expected = 100.0 / np.sqrt(n_average)
        assert np.sqrt((np.abs(rest) ** 2).mean()) == pytest.approx(expected, rel=0.05)
        assert not item.columns["FLAG"].any()
    centre = ms_reader.read_field(path)
    uvw = geometry.antenna_uvw_m(case.antennas.positions_m, *centre, integrations[0].mjd_s)
    first, second = integrations[0].antenna1, integrations[0].antenna2
    assert integrations[0].uvw_m == pytest.approx(uvw[first] - uvw[second], abs=1e-6)


def test_what_smearing_costs_is_written_down(whole, case):
    """At the edge of the fields, on the longest baseline of the array."""
    record = whole[1]
    distance = np.linalg.norm(
        case.antennas.positions_m[:, None] - case.antennas.positions_m[None], axis=2
    )
    for target, radius_deg in (("CygA", 0.64), ("zenith", 64.0)):
        number = record["channel_average"][target]
        found = record["smearing"][target]
        radius_rad = np.deg2rad(radius_deg)
        assert found["bandwidth_loss"] == pytest.approx(
            averaging.smearing_loss(
                number * solver_case.site.CHANNEL_WIDTH_HZ, distance.max(), radius_rad
            )
        )
        assert found["bandwidth_loss"] <= IMAGING.imaging.max_smearing_loss
        top_hz = max(case.manifest["bands"][BAND]["frequency_hz"])
        assert found["time_loss"] == pytest.approx(
            averaging.time_smearing_loss(10.0, top_hz, distance.max(), radius_rad)
        )
    assert record["smearing"]["zenith"]["time_loss"] > record["smearing"]["CygA"]["time_loss"]


def test_wide_images_are_averaged_less(whole):
    number = whole[1]["channel_average"]
    assert number["zenith"] <= number["CygA"]
    assert all(12 % n == 0 for n in number.values())


def test_flagged_solutions_flag_the_data_and_nothing_else(case, tmp_path):
    flag = np.zeros(case.gain[BAND].shape, bool)
    flag[4, :, 0] = True
    split(case, tmp_path, flag)
    item = read(tmp_path, "zenith")[0][0]
    concerned = (item.antenna1 == 4) | (item.antenna2 == 4)
    assert item.columns["FLAG"][concerned][..., 0].all()
    assert not item.columns["FLAG"][concerned][..., 3].any()
    assert not item.columns["FLAG"][~concerned].any()
    assert not item.columns["DATA"][concerned][..., 0].any()


def test_weights_are_one_over_the_noise(case, tmp_path):
    """An antenna of eight times the gain has the same noise once calibrated, so equal weight."""
    loud = solver_case.make(tmp_path, factor={(3, 0): 8.0, (3, 1): 8.0}, noise_jy=100.0)
    split(loud, tmp_path)
    item = read(tmp_path, "zenith")[0][0]
    weight = item.columns["WEIGHT_SPECTRUM"].mean(axis=(1, 2))
    concerned = (item.antenna1 == 3) | (item.antenna2 == 3)
    assert weight[concerned].mean() == pytest.approx(weight[~concerned].mean(), rel=0.05)


def test_what_cannot_be_calibrated_is_said(case, tmp_path):
    flag = np.ones(case.gain[BAND].shape, bool)
    record = split(case, tmp_path, flag)
    assert record["targets"] == []
    assert "no usable bandpass solutions" in record["message"]


def test_without_imaging_there_are_fluxes_and_no_sets(case, tmp_path):
    record = split(case, tmp_path, chosen=OFF)
    assert (record["targets"], record["message"]) == ([], "")
    assert list((tmp_path / "calibrated").glob("*.ms")) == []
    for name in solver_case.SOURCES:
        found = record["flux_ratios"][name]
        assert abs(found["ratio"] - 1) < 5 * found["ratio_err"]


def test_fluxes_are_found_from_the_visibilities(case, tmp_path):
    """A sky 20 % brighter in one source than its model: the ratio says so, within its error."""
    record = split(case, tmp_path)
    for found in record["flux_ratios"].values():
        assert abs(found["ratio"] - 1) < 5 * found["ratio_err"]
        assert found["ratio_err"] < 0.01
    with_factor(case, "CasA", 1 / 1.2)
    try:
        (tmp_path / "brighter").mkdir()
        ratios = split(case, tmp_path / "brighter")["flux_ratios"]
    finally:
        with_factor(case, "CasA", 1.2)
    for name, expected in (("CygA", 1.0), ("CasA", 1.2)):
        assert abs(ratios[name]["ratio"] - expected) < 5 * ratios[name]["ratio_err"]


def test_errors_of_fluxes_are_those_of_the_noise(case, tmp_path):
    """Against the Cramer-Rao limit of the drawn noise, for one source at a time of two."""
    found = split(case, tmp_path)["flux_ratios"]
    n_values = 190 * 12 * 2 * 2  # baselines, channels, polarizations, integrations
    for name, (_, _, xx, yy) in solver_case.SOURCES.items():
        power = n_values * (xx**2 + yy**2) / 2
        expected = 100.0 / np.sqrt(2 * power)
        # the two sources are hardly alike on these baselines
        assert found[name]["ratio_err"] == pytest.approx(expected, rel=0.2)


def test_thermal_noise_follows_from_the_autocorrelations(case, tmp_path):
    """The real part of a visibility has the variance 100^2 / 2; n of them average."""
    expected = 100.0 / np.sqrt(2) / np.sqrt(190 * 12 * 2 * 2)
    assert split(case, tmp_path)["thermal_jy"] == pytest.approx(expected, rel=0.02)


def test_an_integration_whose_autocorrelations_are_flagged_does_not_tell_the_noise(tmp_path):
    one = solver_case.make(tmp_path, n_integrations=2, noise_jy=100.0)
    flag = np.zeros_like(solver_case.sub_band(one, BAND).flagged())
    antenna1, antenna2 = baselines(len(one.antennas.names))
    flag[: len(antenna1)][antenna1 == antenna2] = True
    solver_case.write_flags(one, BAND, flag)
    expected = 100.0 / np.sqrt(2) / np.sqrt(190 * 12 * 2)
    assert split(one, tmp_path)["thermal_jy"] == pytest.approx(expected, rel=0.02)


def test_an_integration_is_let_go_of_before_the_next_is_read(case, tmp_path, monkeypatch):
    band, gains = solver_case.sub_band(case, BAND), table(case, tmp_path / "gains.bcal")
    iterate, scans = ms_reader.iterate_integrations, []

    def watched(path, columns):
        for item in iterate(path, columns):
            data = weakref.ref(item.columns["DATA"])
            scans.append(item.scan)
            yield item
            del item
            assert data() is None

    monkeypatch.setattr(ms_reader, "iterate_integrations", watched)
    still = {"taken_out": False}
    calibrate.split(band, gains, still, IMAGING.imaging, IMAGING.bandpass, tmp_path / "calibrated")
    assert scans == [1, 2]
