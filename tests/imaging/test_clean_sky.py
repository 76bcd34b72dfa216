"""Fluxes and positions on a simulated sky of three high sources, solved and imaged: the truth.

Points and resolved sources, each with a model of its kind. No Snakemake and no flags: raw data to
measurements by the functions of the rules, one by one.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lwacal.calibration import bandpass
from lwacal.calibration.sub_band import SubBand
from lwacal.driver import settings
from lwacal.imaging import image_source, measure, point_source_fit, split, wsclean
from lwacal.ingest import discover
from lwacal.io import flag_file, ms_reader
from lwacal.records.configuration.sky_model import ComponentLists
from lwacal.records.images import ImagesRecord
from lwacal.runtime import products
from lwacal.simulate import Simulation, simulate
from lwacal.simulate.effects import Effect
from lwacal.sky import sky_model
from small_sets import joined, write_powers

BANDS = ("36MHz", "73MHz")
SOURCES = ("CygA", "CasA", "TauA")  # all higher than 30 degrees then (LST 1 h)
SETTINGS = settings.resolve(
    {
        "sky_model": {"min_flux_jy": 100, "secondary": False, "solar": [], "galaxy": False},
        "imaging": {
            "source": {"size": 256, "scale_deg": 0.02},
            "scintillation": {"enabled": False},
            "allsky": {"enabled": False},
        },
    }
)
OPTIONS = Simulation(
    n_antennas=64,
    bands=BANDS,
    n_channels=12,
    n_integrations=2,
    seed=4,
    n_faint=0,
    start="20240601_155800",
)


POINTS = ComponentLists(**dict.fromkeys(("CygA", "CasA", "TauA", "VirA"), "point"))


@pytest.fixture(scope="module", params=["points", "resolved"])
def calibrators(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sky")
    shapes, effects = POINTS, ()
    if request.param == "resolved":
        shapes, effects = ComponentLists(), (Effect.parse("resolved"),)
    simulate(replace(OPTIONS, effects=effects), folder / "raw")
    manifest = joined(discover.discover(str(folder / "raw"), ""), folder)
    chosen = SETTINGS.sky_model.model_copy(update={"component_lists": shapes})
    model = products.plain(sky_model.build(manifest, chosen, SETTINGS.beam))
    assert [source["name"] for source in sky_model.model_sources(model)] == list(SOURCES)
    folders = [calibrated(folder, manifest, model, band) for band in BANDS]
    splits = image_source.read_splits(folders)
    found = []
    for source in sky_model.model_sources(model):
        work = partial(
            image_source.image_source,
            source["name"],
            manifest,
            model,
            splits,
            SETTINGS.imaging,
            wsclean.Machine("wsclean", 1, 2000),
        )
        images = folder / source["name"]
        spectrum = image_source.in_new_folder(ImagesRecord, images, work)["spectrum"]
        found += [
            measure.calibrator(model, source, item, images, point_source_fit.Search(3.0, 10.0))
            for item in spectrum
        ]
    return found


def calibrated(folder, manifest, model, band):
    """Solve a sub-band and write its calibrated sets; return their folder."""
    data, flags = folder / f"{band}.ms", folder / f"{band}.flags.npz"
    shape = (ms_reader.count_rows(data) // OPTIONS.n_integrations, OPTIONS.n_channels, 4)
    flag_file.write(flags, [np.zeros(shape, np.uint8)] * OPTIONS.n_integrations)
    powers = write_powers(folder / f"{band}.powers.npz", data, OPTIONS.n_antennas)
    sub_band = SubBand(manifest, band, data, powers, flags, model)
    order = list(range(OPTIONS.n_antennas))
    reference = {"index": 0, "antenna": manifest["antennas"]["names"][0], "order": order}
    bandpass.solve(sub_band, reference, SETTINGS.bandpass, folder / f"{band}.bcal")
    table = folder / f"{band}.bcal"
    kept = {"taken_out": False}
    split.split(sub_band, table, kept, SETTINGS.imaging, SETTINGS.bandpass, folder / band)
    return folder / band


def test_every_source_is_found_in_every_sub_band(calibrators):
    found = [(item["source"], item["band"], item["fit"]) for item in calibrators]
    assert found == [(source, band, "ok") for source in SOURCES for band in BANDS]


def test_fluxes_are_the_truth_within_3_percent(calibrators):
    for item in calibrators:
        assert item["ratio"] == pytest.approx(1, abs=0.03), item


def test_fluxes_from_visibilities_are_the_truth_within_3_percent(calibrators):
    for item in calibrators:
        assert item["flux_visibility_jy"] == pytest.approx(item["flux_expected_jy"], rel=0.03)


def test_positions_are_the_truth_within_a_tenth_of_a_beam(calibrators):
    for item in calibrators:
        offset = np.hypot(item["ra_offset_arcsec"], item["dec_offset_arcsec"])
        assert offset < 0.1 * item["beam_fwhm_arcsec"], item


def test_noise_of_the_faintest_source_is_little_more_than_the_thermal_noise(calibrators):
    """Weights of briggs 1 and the taper cost some; errors of gains show about bright sources."""
    ratios = [
        item["rms_jy"] / item["thermal_jy"] for item in calibrators if item["source"] == "TauA"
    ]
    assert min(ratios) > 0.8
    assert max(ratios) < 1.6
