"""The sky model: its sources and their apparent fluxes; its CSV table and CASA component list."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from casacore import tables

import made_up_observation
from lwacal.io.ms_writer import Field, MeasurementSetWriter
from lwacal.records import files
from lwacal.records.configuration.beam import Beam
from lwacal.records.configuration.sky_model import SkyModel
from lwacal.records.manifest import ManifestRecord
from lwacal.runtime import casa, paths, products
from lwacal.sky import beam, casa_component_list, sky_model, sources
from lwacal.telescope import geometry, naming, site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from made_up_plan import Plan
from small_sets import baselines, small_array

SCRIPT = paths.SCRIPTS / "sky_model.py"
BANDS = ("36MHz", "73MHz")
N_CHANNELS = 6
CYG_A_UP = "20240601_110000"  # LST 20 h


def manifest(stamp: str = CYG_A_UP, bands=BANDS) -> dict:
    mjd_s = naming.stamp_time(stamp)
    return {
        "observation": {"mid_mjd_s": mjd_s, "mid_utc": site.iso(mjd_s)},
        "bands": {
            band: {"frequency_hz": site.band_frequencies_hz(band, N_CHANNELS).tolist()}
            for band in bands
        },
    }


def built(manifest, model="memo178", **changes) -> dict:
    return sky_model.build(manifest, SkyModel(**changes), Beam(model=model))


def reasons(model) -> dict[str, str]:
    return {source["name"]: source["reason"] for source in model["sources"]}


def at_lst(lst_hours: float) -> dict:
    """Return the manifest of an observation at a local sidereal time."""
    start = naming.stamp_time(CYG_A_UP)
    wait_h = (lst_hours - site.lst_hours(start)) % 24
    return manifest(naming.format_stamp(start + wait_h * 3600 / 1.00274))


def names(sources, kind="a_team") -> list[str]:
    return [source["name"] for source in sources if source["kind"] == kind]


def test_bright_sources_that_are_up_are_calibrators():
    model = built(manifest())
    assert names(sky_model.calibrators(model)) == ["CygA", "CasA"]
    assert names(sky_model.model_sources(model)) == ["CygA", "CasA"]
    assert "below the horizon" in reasons(model)["TauA"]
    assert model["message"] == ""
    assert [record["fraction"] for record in model["unmodelled"].values()] == [0, 0]


def test_low_sources_are_modelled_but_are_no_calibrators():
    """At LST 8 h Cas A has a larger apparent flux than Tau A, though only 15 degrees high."""
    model = built(at_lst(8))
    assert names(sky_model.calibrators(model)) == ["TauA"]
    assert names(sky_model.model_sources(model)) == ["CasA", "TauA", "VirA"]
    assert "sky_model.min_elevation_deg (20)" in reasons(model)["CasA"]
    seen_jy = sky_model.apparent_jy(model, "73MHz")
    assert seen_jy["CasA"] > seen_jy["TauA"]
    assert all(record["fraction"] == 0 for record in model["unmodelled"].values())


@pytest.mark.parametrize("lst_hours", range(0, 24, 2))
def test_all_bright_sources_that_are_up_are_modelled(lst_hours):
    model = built(at_lst(lst_hours))
    assert max(record["fraction"] for record in model["unmodelled"].values()) < 0.03


def test_unmodelled_flux_is_compared_with_the_model():
    model = built(manifest(), sources=("CygA",), secondary=False)
    assert names(model["sources"]) == ["CygA"]
    every = built(manifest(), secondary_min_flux_jy=0)
    secondary = [source for source in every["sources"] if source["kind"] == "secondary"]
    bright = {source["name"] for source in secondary if source["brightest_apparent_jy"] >= 100}
    assert 0 < len(bright) < len(secondary)
    for band in BANDS:
        seen_jy = sky_model.apparent_jy(every, band)
        left_out = model["unmodelled"][band]
        outside = {name: seen_jy[name] for name in {"CasA", *bright}}
        assert left_out["apparent_jy"] == pytest.approx(outside)
        total = np.sqrt(sum(jy**2 for jy in outside.values()))
        assert left_out["fraction"] == pytest.approx(total / seen_jy["CygA"])
    high = built(at_lst(8), model_min_elevation_deg=18, solar=("Jupiter",))
    assert "sky_model.model_min_elevation_deg (18)" in reasons(high)["CasA"]
    assert high["unmodelled"]["73MHz"]["fraction"] > 0.5
    seen_jy = sky_model.apparent_jy(high, "73MHz")
    modelled = [seen_jy[source["name"]] for source in sky_model.model_sources(high, "73MHz")]
    assert len(modelled) > 5
    assert high["unmodelled"]["73MHz"]["fraction"] == pytest.approx(
        np.linalg.norm(list(high["unmodelled"]["73MHz"]["apparent_jy"].values()))
        / np.linalg.norm(modelled)
    )


def test_secondary_sources_are_modelled_above_their_limits():
    low = built(manifest(), secondary_min_flux_jy=50, model_min_elevation_deg=10)
    high = built(manifest(), secondary_min_flux_jy=300, model_min_elevation_deg=10)
    for model, least_jy in ((low, 50), (high, 300)):
        found = [source for source in model["sources"] if source["kind"] == "secondary"]
        assert found
        for source in found:
            assert source["in_model"]
            assert not source["calibrator"]
            assert source["altitude_deg"] >= 10
            seen = sky_model.apparent_jy(model, "36MHz")[source["name"]]
            assert source["brightest_apparent_jy"] >= max(least_jy, seen)
            assert source["flux_sigma"] == 0.15
    assert set(names(high["sources"], "secondary")) < set(names(low["sources"], "secondary"))
    assert "3C348" in names(high["sources"], "secondary")  # Hercules A
    missing = set(high["unmodelled"]["73MHz"]["apparent_jy"])
    assert missing == {
        source["name"]
        for source in low["sources"]
        if source["kind"] == "secondary" and 100 <= source["brightest_apparent_jy"] < 300
    }


def test_a_switch_leaves_out_secondary_sources_and_the_sun():
    noon = manifest("20240601_200000")
    assert names(built(noon)["sources"], "solar") == ["Sun", "SunActive", "Jupiter"]
    model = built(noon, secondary=False, solar=())
    assert {source["kind"] for source in model["sources"]} == {"a_team"}
    missing = model["unmodelled"]["73MHz"]["apparent_jy"]
    assert missing["Sun"] > 5000
    assert "Jupiter" not in missing  # silent but for its bursts


def test_the_sun_is_modelled_while_it_is_up():
    noon, night = built(manifest("20240601_200000")), built(manifest())
    sun, active, jupiter = (source for source in noon["sources"] if source["kind"] == "solar")
    assert sun["altitude_deg"] == pytest.approx(90 - 37.24 + 22.1, abs=0.3)  # transit, 1 June
    assert sun["in_model"]
    assert not sun["calibrator"]
    assert sun["flux_sigma"] > 1
    assert noon["bands"]["73MHz"]["Sun"]["flux_jy"][0] == pytest.approx(12.5e3, rel=0.1)
    assert active["in_model"]
    assert (active["ra_rad"], active["shape"]) == (sun["ra_rad"], "point")
    assert active["flux_sigma"] > 1000
    assert jupiter["in_model"]  # 14 degrees west of the Sun then
    assert "Jupiter" in noon["bands"]["36MHz"]
    assert "Jupiter" not in noon["bands"]["73MHz"]
    assert "Jupiter" not in names(sky_model.model_sources(noon, "73MHz"), "solar")
    assert len(sky_model.model_fluxes(noon, "36MHz")[0]) == 1 + len(
        sky_model.model_fluxes(noon, "73MHz")[0]
    )
    sun = next(source for source in night["sources"] if source["name"] == "Sun")
    assert not sun["in_model"]
    assert "below the horizon" in sun["reason"]


def test_doubt_about_the_flux_of_the_a_team_is_that_of_the_scales():
    model = built(manifest())
    sigma = {source["name"]: source["flux_sigma"] for source in model["sources"]}
    doubts = [model["bands"][band]["CasA"]["flux_uncertainty"] for band in BANDS]
    assert sigma["CasA"] == max(doubts) > 0.05
    assert sigma["CygA"] == 0.05  # the scales agree better than each is known
    alone = built(manifest(bands=("13MHz",)))
    assert alone["sources"][0]["flux_sigma"] == 0.1  # one scale is valid there


@pytest.mark.parametrize(
    ("lst_hours", "expected"),
    [
        (0, ["CygA", "CasA"]),
        (3, ["CasA", "TauA"]),
        (8, ["TauA", "VirA"]),
        (12, ["VirA"]),
        (16, ["CygA", "CasA", "VirA"]),
        (20, ["CygA", "CasA"]),
    ],
)
def test_there_is_always_a_calibrator(lst_hours, expected):
    """Expected calibrators by LST for the simple beam, 20 degrees and 1000 Jy."""
    model = built(at_lst(lst_hours + 0.5), "sine")
    assert names(sky_model.calibrators(model)) == expected


def test_sources_below_a_limit_name_its_key():
    assert "sky_model.min_flux_jy (1e+06)" in reasons(built(manifest(), min_flux_jy=1e6))["CygA"]
    model = built(manifest(), min_elevation_deg=89.0)
    assert "sky_model.min_elevation_deg (89)" in reasons(model)["CasA"]
    assert "nothing can be calibrated" in model["message"]
    assert {record["fraction"] for record in model["unmodelled"].values()} == {None}
    radec, xx, yy = sky_model.model_fluxes(model, BANDS[0])
    assert (radec.shape, len(xx), len(yy)) == ((0, 2), 0, 0)


def test_apparent_flux_is_flux_times_beam():
    record = manifest()
    model = built(record)
    radec, xx, yy = sky_model.model_fluxes(model, "73MHz")
    frequency_hz = np.array(record["bands"]["73MHz"]["frequency_hz"])
    place = sources.POSITIONS["CasA"]
    altitude, azimuth = site.altitude_azimuth(
        place.ra_rad, place.dec_rad, record["observation"]["mid_mjd_s"]
    )
    gain_xx, gain_yy = beam.power("memo178", frequency_hz, altitude, azimuth)
    intrinsic = sources.flux_jy("ovro2023", "CasA", frequency_hz, 2024 + 152.46 / 366)
    assert radec[1] == pytest.approx([place.ra_rad, place.dec_rad])
    assert xx[1] == pytest.approx(intrinsic * gain_xx[0], rel=1e-5)
    assert yy[1] == pytest.approx(intrinsic * gain_yy[0], rel=1e-5)
    assert abs(xx[1] / yy[1] - 1).max() > 0.01  # so that exchanged X and Y would be noticed


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the files that the script writes, and its input."""
    folder = tmp_path_factory.mktemp("model")
    record = made_up_observation.manifest(Plan(4, BANDS, N_CHANNELS, 1))
    record["observation"] |= manifest()["observation"]
    files.write(ManifestRecord, folder / "manifest.json", record)
    subprocess.run(
        [
            sys.executable,
            SCRIPT,
            "--manifest",
            folder / "manifest.json",
            "--settings",
            json.dumps({"sky_model": SkyModel().as_json(), "beam": Beam().as_json()}),
            "--json",
            folder / "sky_model.json",
            "--csv",
            folder / "sky_model.csv",
            "--component-list",
            folder / "sky_model.cl",
        ],
        check=True,
        capture_output=True,
    )
    return folder, record


def test_table_has_all_channels_of_all_sources_that_are_up(written):
    folder, _ = written
    with (folder / "sky_model.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {(row["source"], row["band"]) for row in rows} >= {
        (source, band) for source in ("CygA", "CasA") for band in BANDS
    }
    counted = [row for row in rows if (row["source"], row["band"]) == ("CygA", "73MHz")]
    assert len(counted) == N_CHANNELS
    model = products.read_json(folder / "sky_model.json")
    _, xx, _ = sky_model.model_fluxes(model, "73MHz")
    assert [float(row["apparent_xx_jy"]) for row in counted] == pytest.approx(xx[0])


def test_component_list_gives_casa_the_same_visibilities(written, tmp_path):
    """CASA's ft of the component list gives the apparent flux, phase and spectrum of each source.

    Expected is the plain formula with J2000 directions, as CASA has it. Ours also has the
    differential aberration (up to 20 arcsec, some percent of a turn here), which CASA leaves out.
    """
    folder, record = written
    model = products.read_json(folder / "sky_model.json")
    antennas, mjd_s = small_array(10), record["observation"]["mid_mjd_s"]
    frequency_hz = np.array(record["bands"]["73MHz"]["frequency_hz"])
    antenna1, antenna2 = baselines(10)
    cross = antenna1 != antenna2
    antenna1, antenna2 = antenna1[cross], antenna2[cross]
    centre = site.zenith(mjd_s)
    uvw = geometry.antenna_uvw_m(antennas.positions_m, *centre, mjd_s)
    path = tmp_path / "data.ms"
    with MeasurementSetWriter(
        path, antennas, frequency_hz, float(np.diff(frequency_hz)[0]), [Field("zenith", *centre)]
    ) as writer:
        writer.append(
            mjd_s,
            10.0,
            antenna1,
            antenna2,
            uvw[antenna1] - uvw[antenna2],
            np.ones((len(antenna1), len(frequency_hz), 4), np.complex64),
        )
    casa.start(tmp_path / "casa.log").ft(
        str(path), complist=str(folder / "sky_model.cl"), usescratch=True
    )
    radec, xx, yy = sky_model.model_fluxes(model, "73MHz")
    expected = plain_prediction(
        radec, (xx + yy) / 2, uvw[antenna1] - uvw[antenna2], frequency_hz, centre
    )
    with tables.table(str(path), ack=False) as table:
        found = table.getcol("MODEL_DATA")
    assert not found[..., [1, 2]].any()
    assert np.array_equal(found[..., 0], found[..., 3])
    found = found[..., 0]
    scale = np.abs(expected).max()
    assert np.abs(found - expected).max() < 2e-4 * scale
    assert np.abs(found.conj() - expected).max() > 0.5 * scale  # a wrong sign would be noticed


def plain_prediction(radec, flux_jy, uvw_m, frequency_hz, centre):
    """Return visibilities (row, channel) of sources (source, 2) with flux (source, channel)."""
    turn, dec = radec[:, 0] - centre[0], radec[:, 1]
    direction = np.array(
        [
            np.cos(dec) * np.sin(turn),
            np.sin(dec) * np.cos(centre[1]) - np.cos(dec) * np.sin(centre[1]) * np.cos(turn),
            np.sin(dec) * np.sin(centre[1]) + np.cos(dec) * np.cos(centre[1]) * np.cos(turn) - 1,
        ]
    )
    phase = (uvw_m @ direction)[..., None] * frequency_hz / SPEED_OF_LIGHT_M_S
    return (np.exp(2j * np.pi * phase) * flux_jy).sum(axis=1)


def test_model_without_sources_is_an_empty_component_list(tmp_path):
    record = manifest()
    model = built(record, min_flux_jy=1e9)
    casa_component_list.write(model, record, tmp_path / "empty.cl")
    with tables.table(str(tmp_path / "empty.cl"), ack=False) as table:
        assert table.nrows() == 0
