"""The model of a sub-band: sources, and the Galaxy if the sky model has it."""

import numpy as np
import pytest

import made_up_observation
import solver_case
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.sky_model import SkyModel
from lwacal.sky import band_model, sky_model
from lwacal.sky.galaxy import DiffuseSky
from lwacal.sky.galaxy_map import GalaxyMap
from lwacal.telescope import site
from made_up_plan import Plan

BAND = "41MHz"
MJD_S = solver_case.MID_MJD_S
MEMO178 = {"model": "memo178", "x_azimuth_deg": 0.0, "file": ""}
ROWS = np.triu_indices(20, 1)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return solver_case.make(tmp_path_factory.mktemp("case"), bands=(BAND,), n_channels=4)


def model_of(case, longest_lambda):
    record = {**case.model, "beam": MEMO178, "galaxy_max_lambda": longest_lambda}
    return band_model.of_band(case.manifest, BAND, record)


def test_galaxy_adds_to_the_sources(case):
    sources, both = model_of(case, None), model_of(case, 15.0)
    frequency_hz = np.array(case.manifest["bands"][BAND]["frequency_hz"])
    positions_m = case.antennas.positions_m
    galaxy = DiffuseSky(GalaxyMap.read(), positions_m, frequency_hz, MEMO178, 15.0)
    added_jy = galaxy.at(MJD_S, sources.centre_radec).visibilities(*ROWS).transpose(2, 1, 0)
    difference = both.visibilities(*ROWS, MJD_S) - sources.visibilities(*ROWS, MJD_S)
    assert difference == pytest.approx(added_jy, abs=1e-2)
    assert np.abs(added_jy).max() > 1000
    lengths_m = np.linalg.norm(positions_m[ROWS[0]] - positions_m[ROWS[1]], axis=1)
    short = lengths_m * frequency_hz.mean() / 299792458.0 <= 15
    assert np.array_equal(added_jy.any(axis=(1, 2)), short)
    assert 0 < short.sum() < len(short)


def test_models_of_single_sources_have_no_galaxy(case):
    both = model_of(case, 15.0)
    parts = [one.visibilities(*ROWS, MJD_S) for one in both.by_source()]
    sources = model_of(case, None).visibilities(*ROWS, MJD_S)
    assert sum(parts) == pytest.approx(sources, abs=1e-2)


def test_galaxy_follows_the_phase_centre_and_keeps_its_power(case):
    """A model for another phase centre differs by a phase; ratios of sources do not scale it."""
    both = model_of(case, 15.0)
    there = both.with_phase_centre(solver_case.source_radec("CygA")).visibilities(*ROWS, MJD_S)
    here = both.visibilities(*ROWS, MJD_S)
    assert np.abs(there) == pytest.approx(np.abs(here), abs=1)
    assert not np.allclose(there, here, atol=100)
    nothing = both.scaled([0.0] * len(both.shapes)).visibilities(*ROWS, MJD_S)
    sources = model_of(case, None).visibilities(*ROWS, MJD_S)
    assert nothing == pytest.approx(here - sources, abs=1e-1)


@pytest.mark.parametrize(("changes", "expected"), [({}, 30.0), ({"galaxy_max_lambda": 12}, 12.0)])
def test_record_says_up_to_where_the_galaxy_is_modelled(changes, expected):
    manifest = made_up_observation.manifest(Plan(4, site.BANDS[:1], 4, 1))
    on, off = (
        sky_model.build(manifest, SkyModel(galaxy=choice, **changes), Beam())
        for choice in (True, False)
    )
    assert on["galaxy_max_lambda"] == expected
    assert off["galaxy_max_lambda"] is None
