"""Parts of resolved sources: Gaussians, and the components of lists."""

from pathlib import Path

import numpy as np
import pytest

from lwacal.simulate import resolved
from lwacal.simulate.command import parse
from lwacal.sky import a_team_shapes, analytic_shape
from lwacal.sky.component_lists import read
from seen_sources import effects, exposure, observation, seen

COLUMNS = (
    "Name, Type, Ra, Dec, I, SpectralIndex, LogarithmicSI, ReferenceFrequency='50e6', MajorAxis,"
    " MinorAxis, Orientation"
)
PLACE = "19:59:28.356,40.44.02.09"


def cyg_a(tmp_path):
    """Write a list of a point and a Gaussian at the position of Cyg A; return its path."""
    path = tmp_path / "cyga.txt"
    path.write_text(
        f"Format = {COLUMNS}\n"
        f"a,POINT,{PLACE},3,[-0.5],true,50e6,,,\n"
        f"b,GAUSSIAN,{PLACE},1,[-0.5],true,50e6,120,60,30\n"
    )
    return path


def test_a_gaussian_has_the_visibility_of_its_samples():
    """Against random points drawn from the Gaussian."""
    draw = np.random.default_rng(4)
    covariance = resolved.covariances(np.array([4e-4]), np.array([2e-4]), np.deg2rad([30.0]))[0]
    points = draw.multivariate_normal([0, 0], covariance, 50_000)
    # the long axis lies 30 degrees from north (second) towards east (first)
    values, axes = np.linalg.eigh(np.cov(points.T))
    assert np.sqrt(values[1]) * 2.3548 == pytest.approx(4e-4, rel=0.03)
    angle = np.rad2deg(np.arctan2(axes[0, 1], axes[1, 1])) % 180
    assert angle == pytest.approx(30, abs=1)
    parts = resolved.Parts(np.array([[1e-4, -3e-4]]), covariance[None], lambda hz: np.ones(1))
    uv = draw.normal(0, 600, (40, 2))
    expected = np.exp(2j * np.pi * uv @ (points + [1e-4, -3e-4]).T).mean(axis=1)
    assert np.abs(parts.visibility(uv, 50e6) - expected).max() < 0.02


@pytest.mark.parametrize("name", a_team_shapes.GAUSSIANS)
def test_built_in_shapes_are_those_of_the_sky_model(name):
    uv = np.random.default_rng(1).normal(0, 300, (50, 2))
    pattern = analytic_shape.gaussians(a_team_shapes.GAUSSIANS[name])
    assert resolved.built_in(name).visibility(uv, 60e6) == pytest.approx(
        pattern(uv, 60e6), abs=1e-4
    )


def test_components_of_a_list(tmp_path):
    night = observation(
        effects=effects("resolved"), component_lists=(("CygA", cyg_a(tmp_path)),), n_antennas=48
    )
    one = seen(night, "78MHz")["CygA"]
    first, second = np.triu_indices(48, 1)
    found = one.shapes[0].visibility(first, second)
    uvw = night.uvw_m(one.source, exposure(night).mid_mjd_s)
    uv = (uvw[first] - uvw[second])[:, :2] / 2.99792458e8
    hz = exposure(night, "78MHz").frequency_hz
    angle = np.deg2rad(30)
    along = uv @ [np.sin(angle), np.cos(angle)] * np.deg2rad(120 / 3600)
    across = uv @ [np.cos(angle), -np.sin(angle)] * np.deg2rad(60 / 3600)
    exponent = np.pi**2 / (4 * np.log(2)) * (along**2 + across**2)
    expected = 0.75 + 0.25 * np.exp(-exponent[:, None] * hz**2)
    assert found == pytest.approx(expected, abs=1e-3)
    assert np.abs(found).min() < 0.95


def test_many_channels_are_interpolated(tmp_path):
    few = observation(effects=effects("resolved"), n_antennas=12, n_channels=8)
    many = observation(effects=effects("resolved"), n_antennas=12, n_channels=192)
    first, second = np.triu_indices(12, 1)
    coarse = seen(few, "78MHz")["CasA"].shapes[0]
    fine = seen(many, "78MHz")["CasA"].shapes[0]
    at = resolved.Shape(fine.parts, fine.uv_m, coarse.frequency_hz)
    hz = exposure(many, "78MHz").frequency_hz
    found = fine.visibility(first, second)
    for channel, value in enumerate(at.visibility(first, second).T):
        between = [np.interp(coarse.frequency_hz[channel], hz, row.real) for row in found]
        assert between == pytest.approx(value.real, abs=1e-3)


def test_lists_of_the_command_line(tmp_path, capsys):
    _, options = parse(["f", "--effect", "resolved", "--component-list", "CygA=a.txt"])
    assert options.component_lists == (("CygA", Path("a.txt")),)
    for word, said in (("a.txt", "is not SOURCE=FILE"), ("3C48=a.txt", "component list of 3C48")):
        with pytest.raises(SystemExit):
            parse(["f", "--component-list", word])
        assert said in capsys.readouterr().err


def test_real_lists(real_data):
    """The Gaussians of the sky model are close to the lists of de Gasperin et al. 2020."""
    folder = real_data / "skymodels"
    uv = np.random.default_rng(1).normal(0, 150, (200, 2))
    for name in ("CygA", "CasA", "VirA"):
        parts = resolved.from_list(name, read(folder / f"deGasperin2020_{name}_low.txt.gz"))
        true, made = (one.visibility(uv, 60e6) for one in (parts, resolved.built_in(name)))
        assert np.sqrt((np.abs(true - made) ** 2).mean()) < 0.01, name
