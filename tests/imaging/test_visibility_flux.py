"""Fluxes from visibilities: ratios to the model come back, and scatter by their stated errors."""

from dataclasses import dataclass

import numpy as np
import pytest

from lwacal.imaging.visibility_flux import FluxFit, separate
from lwacal.sky.band_model import BandModel

N_ROWS, N_CHANNELS = 40, 6
ROWS = np.arange(N_ROWS)


@dataclass
class Fixed:
    """A source whose visibilities do not depend on time; (row, channel, 2), XX and YY."""

    visibilities: np.ndarray

    def factored(self, mjd_s):
        return self

    def rows(self, antenna1, antenna2):
        return self.visibilities[antenna1]


def sources(number=2, seed=1):
    draw = np.random.default_rng(seed)
    phase = draw.uniform(-np.pi, np.pi, (number, N_ROWS, N_CHANNELS, 2))
    return [Fixed(10.0 * np.exp(1j * part)) for part in phase]


def fitted(models, ratios, noise, draw, weight=None, integrations=1):
    """Return the fit of data that have each source at a ratio, and noise <|n|^2> = noise^2."""
    fit = FluxFit([f"S{n}" for n in range(len(models))], models)
    for _ in range(integrations):
        data = np.zeros((N_ROWS, N_CHANNELS, 4), complex)
        sky = sum(ratio * model.visibilities for ratio, model in zip(ratios, models))
        scatter = noise * draw.normal(size=(*sky.shape, 2)) @ [1, 1j] / np.sqrt(2)
        data[..., [0, 3]] = sky + scatter
        data[..., 1:3] = 1e3  # XY and YX are not looked at
        weight = np.ones(data.shape, np.float32) if weight is None else weight
        fit.add(ROWS, ROWS, data, weight, 0.0)
    return fit


def test_ratios_scatter_by_their_stated_errors_and_are_not_biased():
    """A source of 10 Jy in 480 complex values of 30 Jy noise: 30 / sqrt(2 x 480) / 10 = 0.097."""
    draw, pulls = np.random.default_rng(2), []
    for _ in range(200):
        found = fitted(sources(), (1.5, 0.7), 30.0, draw).solve()
        for name, true in (("S0", 1.5), ("S1", 0.7)):
            pulls.append((found[name]["ratio"] - true) / found[name]["ratio_err"])
            assert found[name]["ratio_err"] == pytest.approx(0.097, rel=0.2)
    # 400 values: their rms is known to 3.5 %, their mean to 5 %
    assert np.sqrt(np.mean(np.square(pulls))) == pytest.approx(1, abs=0.14)
    assert abs(np.mean(pulls)) < 0.2


def test_data_without_weight_do_not_count():
    draw = np.random.default_rng(3)
    weight = np.ones((N_ROWS, N_CHANNELS, 4), np.float32)
    weight[::2] = 0
    fit = FluxFit(["S0"], sources(1))
    data = np.full((N_ROWS, N_CHANNELS, 4), 1e6, complex)
    data[1::2, :, ::3] = 2.0 * fit.models[0].visibilities[1::2]
    data[1::2] += 0.1 * draw.normal(size=data[1::2].shape)
    fit.add(ROWS, ROWS, data, weight, 0.0)
    assert fit.count == N_ROWS * N_CHANNELS
    assert fit.solve()["S0"]["ratio"] == pytest.approx(2, abs=0.01)


def test_only_chosen_rows_count():
    fit = FluxFit(["S0"], sources(1))
    data = np.full((N_ROWS, N_CHANNELS, 4), 1e6, complex)
    data[:10, :, ::3] = 2.0 * fit.models[0].visibilities[:10]
    fit.add(ROWS, ROWS, data, np.ones(data.shape, np.float32), 0.0, ROWS < 10)
    assert fit.count == 10 * N_CHANNELS * 2
    assert fit.solve()["S0"]["ratio"] == pytest.approx(2)


def test_joined_fits_are_that_of_all_integrations():
    models = sources()
    one, other = (fitted(models, (1.0, 1.2), 5.0, np.random.default_rng(seed)) for seed in (4, 5))
    both = FluxFit(one.names, models)
    both.join(one)
    both.join(other)
    assert both.count == one.count + other.count
    assert both.power == pytest.approx(one.power + other.power)
    draws = np.random.default_rng(4), np.random.default_rng(5)
    errors = [fitted(models, (1.0, 1.2), 5.0, draw).solve()["S0"]["ratio_err"] for draw in draws]
    assert both.solve()["S0"]["ratio_err"] == pytest.approx(np.mean(errors) / np.sqrt(2), rel=0.02)


def test_sources_that_look_alike_are_not_told_apart():
    alike = sources(1) * 2
    fit = FluxFit(["S0", "S1"], alike)
    data = np.ones((N_ROWS, N_CHANNELS, 4), complex)
    fit.add(ROWS, ROWS, data, np.ones(data.shape, np.float32), 0.0)
    assert fit.solve() == {}


def test_a_source_that_is_hardly_seen_does_not_hide_the_others():
    """Jupiter near the horizon: a hundred million times fainter than Cyg A."""
    bright, faint = sources(2)
    faint = Fixed(1e-8 * faint.visibilities)
    found = fitted([bright, faint], (1.2, 1.0), 1.0, np.random.default_rng(3)).solve()
    assert found["S0"]["ratio"] == pytest.approx(1.2, abs=0.02)
    assert found["S1"]["ratio_err"] > 1e5
    nothing = Fixed(0 * faint.visibilities)
    assert fitted([bright, nothing], (1.2, 1.0), 1.0, np.random.default_rng(3)).solve() == {}


def test_secondary_sources_are_fitted_together():
    """The A-team, the Sun and Jupiter one by one; a source that is silent in a sub-band not."""
    kinds = {"CygA": "a_team", "3C48": "secondary", "Sun": "solar", "3C123": "secondary"}
    listed = [{"name": name, "kind": kind, "in_model": True} for name, kind in kinds.items()]
    listed.append({"name": "Jupiter", "kind": "solar", "in_model": True})
    model = {"sources": listed, "bands": {"73MHz": dict.fromkeys(kinds)}}
    number = len(kinds)
    sky = BandModel(
        np.zeros((3, 3)),
        np.array([73e6, 74e6]),
        (0.0, 0.0),
        np.arange(2.0 * number).reshape(number, 2),
        np.arange(2.0 * number).reshape(number, 2),
        np.arange(2.0 * number).reshape(number, 2) + 1,
        ("a", "b", "c", "d"),
    )
    parts = separate(model, "73MHz", sky)
    assert list(parts) == ["CygA", "secondary", "Sun"]
    assert parts["secondary"].shapes == ("b", "d")
    assert parts["secondary"].flux_xx.tolist() == [[2.0, 3.0], [6.0, 7.0]]
    assert parts["Sun"].sources_radec.tolist() == [[4.0, 5.0]]


def test_without_sources_or_data_there_is_no_flux():
    assert FluxFit([], []).solve() == {}
    assert FluxFit(["S0"], sources(1)).solve() == {}


def test_without_noise_the_error_is_zero():
    for seed in range(20):  # rounding leaves a little, of either sign
        found = fitted(sources(seed=seed), (1.1, 0.9), 0.0, np.random.default_rng(1)).solve()
        assert found["S0"]["ratio"] == pytest.approx(1.1)
        assert found["S0"]["ratio_err"] == pytest.approx(0, abs=1e-6)
