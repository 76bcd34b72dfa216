"""Shapes of resolved sources: compared with plain sums and with CASA; their effect on gains."""

import json
from dataclasses import replace

import numpy as np
import pytest
from casacore import tables

import component_list_text
import solver_case
from gain_errors import errors, rms
from lwacal.calibration import bandpass, uv_range
from lwacal.imaging import visibility_flux
from lwacal.io import caltable
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.records import files
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.sky_model import ComponentLists, SkyModel
from lwacal.records.sky_model import SkyModelRecord
from lwacal.runtime import casa
from lwacal.sky import band_model, component_lists, sky_model, source_shape, sources
from lwacal.sky.component_lists import ComponentListError
from lwacal.sky.sources import Direction
from lwacal.telescope import geometry, naming, site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from small_sets import baselines, small_array

ARCMIN = np.deg2rad(1 / 60)
TRUSTED_MHZ = (30, 77)
VIR_A = sources.POSITIONS["VirA"]
LONGEST_M = 2366.0  # of the array
MJD_S = naming.stamp_time("20240524_090008")
BAND = "73MHz"


def around(source: Direction, east_rad: float, north_rad: float) -> tuple[float, float]:
    return source.ra_rad + east_rad / np.cos(source.dec_rad), source.dec_rad + north_rad


@pytest.fixture(scope="module")
def halo(tmp_path_factory):
    """Return components like Vir A: a bright core and a halo of 16 arcmin, partly negative."""
    draw = np.random.default_rng(3)
    lines = []
    for number in range(60):
        radius = (1 if number < 20 else 16) * ARCMIN * np.sqrt(draw.uniform())
        angle = draw.uniform(0, 2 * np.pi)
        place = around(VIR_A, radius * np.cos(angle), radius * np.sin(angle))
        size = (100 if number < 20 else 8) * draw.uniform(-0.2, 1)
        terms = size * draw.normal(0, 0.7, 3)
        if number % 2:
            lines.append(component_list_text.point(*place, size, terms))
        else:
            axes = (draw.uniform(60, 300), draw.uniform(0, 60), draw.uniform(-90, 90))
            lines.append(component_list_text.gaussian(*place, size, *axes, terms))
    path = tmp_path_factory.mktemp("halo") / "halo.txt"
    return component_lists.read(component_list_text.write(path, *lines))


def plain_sum(components, source, frequency_hz, uv_m) -> np.ndarray:
    """Return the shape (row, channel) by its definition."""
    trusted_hz = np.clip(frequency_hz, TRUSTED_MHZ[0] * 1e6, TRUSTED_MHZ[1] * 1e6)
    spectra = components.spectra_jy(trusted_hz)
    total = np.zeros((len(uv_m), len(frequency_hz)), complex)
    u, v = (uv_m[:, axis, None] * frequency_hz / SPEED_OF_LIGHT_M_S for axis in (0, 1))
    for number, spectrum in enumerate(spectra):
        ra, dec = components.ra_rad[number], components.dec_rad[number]
        east = np.cos(dec) * np.sin(ra - source.ra_rad)
        north = np.sin(dec) * np.cos(source.dec_rad) - np.cos(dec) * np.sin(
            source.dec_rad
        ) * np.cos(ra - source.ra_rad)
        angle = components.angle_rad[number]
        along = (u * np.sin(angle) + v * np.cos(angle)) * components.major_rad[number]
        across = (u * np.cos(angle) - v * np.sin(angle)) * components.minor_rad[number]
        envelope = np.exp(-(np.pi**2) / (4 * np.log(2)) * (along**2 + across**2))
        total += spectrum * np.exp(2j * np.pi * (u * east + v * north)) * envelope
    return total / spectra.sum(axis=0)


@pytest.mark.parametrize("band", ["13MHz", "27MHz", "73MHz", "82MHz"])
def test_interpolation_error_is_within_its_limit(halo, band):
    """In sub-bands within the trusted frequencies, at their ends and beyond; all baselines."""
    frequency_hz = site.band_frequencies_hz(band)[::16]
    draw = np.random.default_rng(1)
    angle, length = draw.uniform(0, 2 * np.pi, 300), LONGEST_M * np.sqrt(draw.uniform(size=300))
    uv_m = np.column_stack([length * np.cos(angle), length * np.sin(angle)])
    shape = source_shape.shape(halo, VIR_A, frequency_hz, TRUSTED_MHZ, LONGEST_M)
    found, expected = shape.at(uv_m), plain_sum(halo, VIR_A, frequency_hz, uv_m)
    assert found.dtype == np.complex64
    assert np.abs(found - expected).max() < source_shape.GRID_ERROR
    assert np.abs(found.conj() - expected).max() > 0.05  # a wrong sign would be noticed
    at_zero = shape.at(np.zeros((1, 2)))
    assert at_zero == pytest.approx(np.ones((1, len(frequency_hz))), abs=source_shape.GRID_ERROR)


def test_baseline_beyond_the_grid_is_refused(halo):
    shape = source_shape.shape(halo, VIR_A, site.band_frequencies_hz(BAND)[:2], TRUSTED_MHZ, 100.0)
    with pytest.raises(ValueError, match="u or v of 500 m"):
        shape.at(np.array([[500.0, 0.0]]))


def test_fractions_are_constant_outside_the_trusted_frequencies(halo):
    share = component_lists.shares(halo, np.array([14e6, 30e6, 50e6, 77e6, 87e6]), TRUSTED_MHZ)
    assert share.sum(axis=0) == pytest.approx(np.ones(5))
    assert np.array_equal(share[:, 0], share[:, 1])
    assert np.array_equal(share[:, 4], share[:, 3])
    assert np.abs(share[:, 2] - share[:, 1]).max() > 1e-3


def test_casa_has_the_same_gaussian(tmp_path):
    """A rotated, elongated Gaussian off the phase centre, by CASA's ft of a component list.

    CASA knows no aberration (1e-4 of the phase, which is at most 3 rad here).
    """
    antennas, frequency_hz = small_array(10, 150.0), site.band_frequencies_hz(BAND, 4)
    antenna1, antenna2 = np.triu_indices(10, 1)
    centre = Direction(*(float(angle) for angle in site.zenith(MJD_S)))
    uvw = geometry.antenna_uvw_m(antennas.positions_m, centre.ra_rad, centre.dec_rad, MJD_S)
    path = tmp_path / "data.ms"
    field = Field("zenith", centre.ra_rad, centre.dec_rad)
    with MeasurementSetWriter(
        path, antennas, frequency_hz, float(np.diff(frequency_hz)[0]), [field]
    ) as writer:
        writer.append(
            MJD_S,
            10.0,
            antenna1,
            antenna2,
            uvw[antenna1] - uvw[antenna2],
            np.ones((len(antenna1), 4, 4), np.complex64),
        )
    ra, dec = (float(angle) for angle in around(centre, 18 * ARCMIN, -12 * ARCMIN))
    tool = casa.start_tools().componentlist()
    tool.addcomponent(
        dir=f"J2000 {ra!r}rad {dec!r}rad",
        flux=1.0,
        fluxunit="Jy",
        polarization="Stokes",
        shape="gaussian",
        majoraxis="1800arcsec",
        minoraxis="600arcsec",
        positionangle="35deg",
        freq=f"LSRK {float(frequency_hz[0])!r}Hz",
        spectrumtype="constant",
    )
    tool.rename(str(tmp_path / "gaussian.cl"))
    tool.close()
    casa.start(tmp_path / "casa.log").ft(
        str(path), complist=str(tmp_path / "gaussian.cl"), usescratch=True
    )
    with tables.table(str(path), ack=False) as table:
        expected = table.getcol("MODEL_DATA")[..., 0]
    line = component_list_text.gaussian(ra, dec, 1, 1800, 600, 35)
    components = component_lists.read(component_list_text.write(tmp_path / "list.txt", line))
    found = source_shape.shape(components, centre, frequency_hz, TRUSTED_MHZ, 600.0).at(
        (uvw[antenna1] - uvw[antenna2])[:, :2]
    )
    assert np.abs(expected).min() < 0.5  # well resolved
    assert np.abs(found - expected).max() < 1e-3


# --- the sky model -----------------------------------------------------------------------------


def built(path, source="CygA", bands=("59MHz",)):
    mjd_s = naming.stamp_time("20240601_110000")  # LST 20 h
    manifest = {
        "observation": {"mid_mjd_s": mjd_s, "mid_utc": site.iso(mjd_s)},
        "bands": {
            band: {"frequency_hz": site.band_frequencies_hz(band, 4).tolist()} for band in bands
        },
    }
    chosen = SkyModel(component_lists=ComponentLists(**{source: str(path)}))
    return sky_model.build(manifest, chosen, Beam())


def list_of(source, path, *shifts):
    position = sources.POSITIONS[source]
    lines = [component_list_text.point(*around(position, *shift), 1) for shift in shifts]
    return component_list_text.write(path, *lines)


def test_sky_model_names_the_list_and_keeps_fluxes(tmp_path):
    path = list_of("CygA", tmp_path / "list.txt", (0, 0), (ARCMIN, 0))
    model, points = built(path), built("point")
    cyg_a, cas_a = model["sources"][:2]
    assert cyg_a["component_list"] == {
        "path": str(path),
        "n_components": 2,
        "sha256": component_lists.read(path).digest,
        "trusted_mhz": [30, 77],
    }
    assert cas_a["component_list"] is None
    assert [source["shape"] for source in model["sources"][:3]] == [
        "list",
        "gaussians",
        "gaussians",
    ]
    assert points["sources"][0]["shape"] == "point"
    assert cyg_a["warnings"] == []
    for with_list, without in zip(
        sky_model.model_fluxes(model, "59MHz"), sky_model.model_fluxes(points, "59MHz")
    ):
        assert np.array_equal(with_list, without)
    assert len(json.dumps(cyg_a)) < 2000  # without the components


def test_frequencies_outside_the_trusted_ones_give_a_warning(tmp_path):
    path = list_of("CygA", tmp_path / "list.txt", (0, 0))
    warnings = built(path, bands=("23MHz", "59MHz"))["sources"][0]["warnings"]
    said = "its component list is trusted from 30 to 77 MHz only"
    assert sum(said in warning for warning in warnings) == 1


def test_paths_of_lists_are_absolute(tmp_path, monkeypatch):
    list_of("CygA", tmp_path / "list.txt", (0, 0))
    monkeypatch.chdir(tmp_path)
    model = built("list.txt")
    files.write(SkyModelRecord, tmp_path / "sky_model.json", model)
    read = sky_model.read(tmp_path / "sky_model.json")
    assert model["sources"][0]["component_list"]["path"] == "list.txt"
    assert read["sources"][0]["component_list"]["path"] == str(tmp_path / "list.txt")
    assert read["sources"][1]["component_list"] is None


def test_long_baselines_are_used_if_vir_a_has_a_shape():
    limits = solver_case.BANDPASS
    point = {"name": "VirA", "kind": "a_team", "in_model": True, "shape": "point"}
    seen = {"flux_jy": [2000.0], "beam_xx": [0.5], "beam_yy": [0.5]}
    bands = {"59MHz": {"VirA": seen}}
    assert uv_range.configured({"sources": [point], "bands": bands}, limits) == (5, 185)
    for shape in ("list", "gaussians"):
        resolved = {**point, "shape": shape}
        assert uv_range.configured({"sources": [resolved], "bands": bands}, limits) == (5, 350)


# --- the solvers -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resolved_case(tmp_path_factory):
    """Return a sky whose brightest source has three components within 12 arcmin."""
    folder = tmp_path_factory.mktemp("resolved")
    source = Direction(*solver_case.source_radec("CygA"))
    parts = [((0, 0), 60, 0), ((9, 4), 40, -30), ((-6, 10), 30, 20)]
    lines = [
        component_list_text.point(*around(source, x * ARCMIN, y * ARCMIN), size, [term])
        for (x, y), size, term in parts
    ]
    path = component_list_text.write(folder / "list.txt", *lines)
    return solver_case.make(folder, lists={"CygA": path})


def solve(case, model, engine, output):
    summary = bandpass.solve(
        solver_case.sub_band(case, BAND, model),
        case.reference,
        solver_case.BANDPASS.model_copy(update={"engine": engine}),
        output,
    )
    assert summary["status"] == "ok"
    return errors(case, caltable.read(output))


@pytest.mark.parametrize("engine", ["stefcal", "casa"])
def test_gains_of_a_resolved_sky_need_its_shape(resolved_case, tmp_path, engine):
    """Errors in units of the Cramer-Rao limit; their rms scatters by 5 % here."""
    points = json.loads(json.dumps(resolved_case.model, default=np.ndarray.tolist))
    points["sources"][0] |= {"shape": "point", "component_list": None}
    for error in solve(resolved_case, resolved_case.model, engine, tmp_path / "good.bcal"):
        assert rms(error) == pytest.approx(1, abs=0.15)
    for error in solve(resolved_case, points, engine, tmp_path / "poor.bcal"):
        assert rms(error) > 5


def test_prediction_agrees_with_that_of_point_sources(resolved_case):
    """Point sources include w (n - 1) within the source, pi w r^2 = 1e-3 here."""
    antenna1, antenna2 = baselines(len(resolved_case.antennas.names))
    sky = band_model.of_band(resolved_case.manifest, BAND, resolved_case.model)
    found = sky.visibilities(antenna1, antenna2, solver_case.MID_MJD_S)
    expected = solver_case.model_visibilities(resolved_case, BAND, solver_case.MID_MJD_S)
    assert np.abs(found - expected).max() < 2 * source_shape.GRID_ERROR * 9000


def test_fluxes_of_a_resolved_source_need_its_shape(resolved_case):
    """Measured in noiseless visibilities of the components as point sources."""
    antenna1, antenna2 = np.triu_indices(len(resolved_case.antennas.names), 1)
    both = baselines(len(resolved_case.antennas.names))
    model = solver_case.model_visibilities(resolved_case, BAND, solver_case.MID_MJD_S)
    data = np.zeros((len(antenna1), model.shape[1], 4), np.complex64)
    data[..., [0, 3]] = model[both[0] != both[1]]

    def ratio(sky):
        fit = visibility_flux.FluxFit(("CygA", "CasA"), sky.by_source())
        weight = np.ones(data.shape, np.float32)
        fit.add(antenna1, antenna2, data, weight, solver_case.MID_MJD_S)
        return {name: found["ratio"] for name, found in fit.solve().items()}

    sky = band_model.of_band(resolved_case.manifest, BAND, resolved_case.model)
    found = ratio(sky)
    assert found["CygA"] == pytest.approx(1, abs=source_shape.GRID_ERROR)
    assert found["CasA"] == pytest.approx(1, abs=source_shape.GRID_ERROR)
    assert ratio(replace(sky, shapes=(None, None)))["CygA"] < 0.9


def test_list_that_changed_since_the_sky_model_is_refused(resolved_case):
    model = json.loads(json.dumps(resolved_case.model, default=np.ndarray.tolist))
    model["sources"][0]["component_list"]["sha256"] = "0" * 64
    with pytest.raises(ComponentListError, match=r"component_lists\.CygA\) has changed"):
        band_model.of_band(resolved_case.manifest, BAND, model)
