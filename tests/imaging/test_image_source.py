"""Images and what is measured in them: every sub-band keeps its own label, flux and place."""

import logging
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from astropy.io import fits

from imaged_sky import (
    CHANNELS,
    DIMMER,
    FLUX_JY,
    MJD_S,
    OFFSET_ARCSEC,
    frequencies,
    manifest,
    model,
    write_split,
)
from lwacal.driver import settings
from lwacal.imaging import image_allsky, image_source, measure, point_source_fit, wsclean
from lwacal.records.allsky import AllskyRecord
from lwacal.records.configuration.imaging import ScintillationImages
from lwacal.records.configuration.measure import Measure
from lwacal.records.images import ImagesRecord
from lwacal.runtime import processes
from lwacal.telescope import site

MACHINE = wsclean.Machine("wsclean", 2, 4000)
SETTINGS = settings.resolve(
    {
        "imaging": {
            "source": {"size": 256, "scale_deg": 0.02},
            "scintillation": {"size": 128, "scale_deg": 0.03},
            "allsky": {"size": 256, "scale_deg": 0.5, "niter": 100},
        }
    }
).imaging


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    """The sub-bands in an order that is not that of frequency."""
    folder = tmp_path_factory.mktemp("splits")
    names = ("73MHz", "82MHz", "36MHz", "59MHz", "46MHz", "41MHz")
    return image_source.read_splits([write_split(folder / band, band) for band in names])


def run(work, output):
    model = ImagesRecord if work.func is image_source.image_source else AllskyRecord
    return image_source.in_new_folder(model, output, work)


@pytest.fixture(scope="module")
def source_images(splits, tmp_path_factory):
    output = tmp_path_factory.mktemp("images") / "CygA"
    work = partial(
        image_source.image_source, "CygA", manifest(), model(), splits, SETTINGS, MACHINE
    )
    return output, run(work, output)


@pytest.fixture(scope="module")
def allsky_images(splits, tmp_path_factory):
    output = tmp_path_factory.mktemp("images") / "allsky"
    work = partial(image_allsky.image_allsky, manifest(), splits, SETTINGS, MACHINE)
    return output, run(work, output)


@pytest.fixture(scope="module")
def measured(source_images, allsky_images):
    return measure.measure(
        model(),
        [source_images[0]],
        allsky_images[0],
        Measure(fit_radius_beams=3, noise_radius_beams=10),
    )


def test_every_sub_band_has_its_own_image_and_gaps_shift_nothing(source_images):
    folder, record = source_images
    assert [item["band"] for item in record["spectrum"]] == list(CHANNELS)
    for item in record["spectrum"]:
        expected = frequencies(item["band"]).mean()
        header = fits.getheader(folder / item["file"])
        assert header["CRVAL3"] == pytest.approx(expected, abs=site.CHANNEL_WIDTH_HZ)
        assert item["freq_mhz"] == pytest.approx(expected / 1e6, abs=0.03)


def test_each_integration_has_its_image(source_images):
    folder, record = source_images
    found = [(item["band"], item["scan"]) for item in record["intervals"]]
    assert found == [(band, scan) for band in CHANNELS for scan in (1, 2)]
    times = {item["scan"]: item["time_utc"] for item in record["intervals"]}
    assert times == {1: site.iso(MJD_S[0]), 2: site.iso(MJD_S[1])}
    assert all((folder / item["file"]).is_file() for item in record["intervals"])


def test_images_of_integrations_have_their_own_size(source_images):
    folder, record = source_images
    assert fits.getheader(folder / record["intervals"][0]["file"])["NAXIS1"] == 128
    assert fits.getheader(folder / record["spectrum"][0]["file"])["NAXIS1"] == 256


def test_image_of_the_wrong_integration_is_refused(source_images):
    folder, record = source_images
    with pytest.raises(image_source.LabelError, match="and not of"):
        image_source.check_time(folder / record["intervals"][0]["file"], MJD_S[1])


def test_auxiliary_images_go_unless_they_are_wanted(source_images):
    folder, _ = source_images
    kinds = {path.stem.rsplit("-", 1)[1] for path in folder.glob("*.fits")}
    assert kinds == {"image"}


def test_what_is_removed_is_said_and_what_is_wanted_stays(splits, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    few = [split for split in splits if split.name == "59MHz"]
    for keep in (False, True):
        work = partial(
            image_source.image_source,
            "CygA",
            manifest(),
            model(),
            few,
            SETTINGS.model_copy(
                update={
                    "keep_auxiliary_fits": keep,
                    "scintillation": ScintillationImages(enabled=False),
                }
            ),
            MACHINE,
        )
        run(work, tmp_path / "images")
        names = {path.name for path in (tmp_path / "images").glob("*.fits")}
        assert ({"spectrum-psf.fits", "spectrum-residual.fits"} <= names) == keep
        assert (names == {"spectrum-image.fits"}) != keep
        said = "images removed (psf, dirty, residual, model, mask; imaging.keep_auxiliary_fits), 1"
        assert (said in caplog.text) != keep
        caplog.clear()


def test_fluxes_and_places_are_those_of_each_sub_band(measured):
    found = {item["band"]: item for item in measured["calibrators"]}
    assert list(found) == list(CHANNELS)
    for band, item in found.items():
        assert item["fit"] == "ok", item["reason"]
        mean = FLUX_JY[band] * (1 + DIMMER) / 2
        # deconvolution to 5 times the noise, and the noise itself
        tolerance = max(0.03 * mean, 5 * item["rms_jy"])
        assert item["flux_apparent_jy"] == pytest.approx(mean, abs=tolerance)
        assert item["flux_jy"] == pytest.approx(2 * item["flux_apparent_jy"], rel=1e-4)
        assert item["ratio"] == pytest.approx(item["flux_jy"] / item["flux_expected_jy"], rel=1e-4)
        assert item["flux_expected_jy"] == 2 * FLUX_JY[band]
        assert item["flux_expected_err_jy"] == pytest.approx(0.1 * FLUX_JY[band])
        assert item["ratio_err"] == pytest.approx(item["rms_jy"] / FLUX_JY[band], rel=1e-3)
        assert item["ratio_model_err"] == pytest.approx(0.05 * item["ratio"], rel=1e-3)
        beam = item["beam_fwhm_arcsec"]
        assert item["ra_offset_arcsec"] == pytest.approx(OFFSET_ARCSEC[0], abs=0.1 * beam)
        assert item["dec_offset_arcsec"] == pytest.approx(OFFSET_ARCSEC[1], abs=0.1 * beam)


def test_a_source_that_dims_is_seen_to_dim(measured):
    for band in CHANNELS:
        first, second = (
            item["flux_jy"] for item in measured["scintillation"] if item["band"] == band
        )
        assert second / first == pytest.approx(DIMMER, abs=0.05)


def test_integrations_have_fluxes_as_seen_and_corrected_from_images_and_visibilities(measured):
    for item in measured["scintillation"]:
        assert item["fit"] == "ok"
        assert item["flux_jy"] == pytest.approx(2 * item["flux_apparent_jy"], rel=1e-4)
        assert item["flux_err_jy"] == pytest.approx(2 * item["rms_jy"], rel=1e-4)
        first = item["time_utc"] == site.iso(MJD_S[0])
        assert (item["flux_visibility_jy"] is None) == first
        if not first:
            assert item["flux_visibility_jy"] == pytest.approx(0.8 * 2 * FLUX_JY[item["band"]])


def test_bands_of_the_whole_sky_say_what_they_hold(allsky_images, measured):
    folder, record = allsky_images
    assert [(band["name"], band["sub_bands"]) for band in record["bands"]] == [
        ("low", ["36MHz"]),
        ("mid", ["41MHz", "59MHz"]),
        ("high", ["73MHz"]),
        ("full", ["36MHz", "41MHz", "59MHz", "73MHz"]),
    ]
    assert (folder / image_allsky.COLOUR_PICTURE).read_bytes().startswith(b"\x89PNG")
    for item in measured["allsky"]:
        assert item["peak_jy"] > 0
        assert item["dynamic_range"] == pytest.approx(item["peak_jy"] / item["rms_jy"], rel=1e-4)


def test_images_of_the_whole_sky_do_not_depend_on_how_many_are_made_at_once(
    allsky_images, splits, tmp_path
):
    """Two at a time share sets, not temporary files; each has one thread and half the memory."""
    folder, record = allsky_images
    for command in record["commands"]:
        words = command.split()
        assert words[words.index("-j") + 1] == "1"
        assert words[words.index("-abs-mem") + 1] == "2.0"
    one = replace(MACHINE, threads=1)
    alone = tmp_path / "allsky"
    run(partial(image_allsky.image_allsky, manifest(), splits, SETTINGS, one), alone)
    for band in record["bands"]:
        first, second = (fits.getdata(path / band["file"]) for path in (folder, alone))
        np.testing.assert_array_equal(first, second)


def test_missing_band_of_the_whole_sky_is_said(splits, tmp_path):
    low_only = [split for split in splits if split.name in ("36MHz", "82MHz")]
    work = partial(image_allsky.image_allsky, manifest(), low_only, SETTINGS, MACHINE)
    record = run(work, tmp_path / "allsky")
    said = {band["name"]: (band["status"], band["message"]) for band in record["bands"]}
    assert said["low"] == ("ok", "")
    assert said["high"] == ("no_data", "no calibrated sub-band from 64 to 83 MHz")
    assert (tmp_path / "allsky" / image_allsky.COLOUR_PICTURE).is_file()


@pytest.mark.parametrize(
    ("source", "bands", "enabled", "status", "said"),
    [
        ("VirA", list(CHANNELS), True, "no_calibrator", "below the horizon"),
        ("CygA", ["82MHz"], True, "no_data", "82MHz: there are no unflagged data"),
        ("CygA", list(CHANNELS), False, "off", "imaging.enabled"),
    ],
)
def test_what_is_not_imaged_says_why(splits, tmp_path, source, bands, enabled, status, said):
    chosen = [split for split in splits if split.name in bands]
    work = partial(
        image_source.image_source,
        source,
        manifest(),
        model(),
        chosen,
        SETTINGS.model_copy(update={"enabled": enabled}),
        MACHINE,
    )
    record = run(work, tmp_path / "images")
    assert record["status"] == status
    assert said in record["message"]
    assert record["spectrum"] == []


def test_without_images_the_visibilities_tell_the_flux(splits, tmp_path):
    seen = {"ratio": 1.1, "ratio_err": 0.01}
    told = [
        replace(split, record={**split.record, "flux_ratios": {"CygA": seen}})
        if split.has("CygA")
        else split
        for split in splits
    ]
    work = partial(
        image_source.image_source,
        "CygA",
        manifest(),
        model(),
        told,
        SETTINGS.model_copy(update={"enabled": False}),
        MACHINE,
    )
    record = run(work, tmp_path / "images")
    assert [item["band"] for item in record["spectrum"]] == list(CHANNELS)
    for item in record["spectrum"]:
        found = measure.calibrator(
            model(),
            model()["sources"][0],
            item,
            tmp_path / "images",
            point_source_fit.Search(3.0, 10.0),
        )
        assert (found["imaged"], found["fit"]) == (False, "failed")
        assert (found["flux_jy"], found["ratio"]) == (None, None)
        assert "imaging.enabled" in found["reason"]
        expected = 2 * FLUX_JY[item["band"]]
        assert found["flux_visibility_jy"] == pytest.approx(1.1 * expected)
        assert found["freq_mhz"] == pytest.approx(np.mean(frequencies(item["band"])) / 1e6)


def test_missing_program_is_told_with_its_key_and_leaves_no_folder(splits, tmp_path):
    work = partial(
        image_source.image_source,
        "CygA",
        manifest(),
        model(),
        splits,
        SETTINGS,
        wsclean.Machine("no-such-wsclean", 1, 1000),
    )
    with pytest.raises(processes.ToolError, match=r"tools\.wsclean"):
        run(work, tmp_path / "images")
    assert not (tmp_path / "images").exists()


def test_image_of_the_wrong_sub_band_is_refused(source_images, splits, tmp_path):
    folder, record = source_images
    shutil.copytree(folder, tmp_path / "copy")
    names = [item["file"] for item in record["spectrum"]]
    shutil.copy(folder / names[2], tmp_path / "copy" / names[1])
    with pytest.raises(image_source.LabelError, match=r"59.* and not in 41MHz"):
        image_source.spectrum_records("CygA", manifest(), splits, tmp_path / "copy")
