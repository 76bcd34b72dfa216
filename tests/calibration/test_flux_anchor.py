"""The scale of free fluxes: what sets it, and how well it is known."""

import numpy as np
import pytest

from lwacal.calibration import flux_anchor
from lwacal.calibration.flux_anchor import Scale

HALF = 0.08
APART = np.eye(500)  # integrations that have nothing in common


def of_sources(ratio, flux_sigma=(0.05, 0.3), anchors=(True, True), error=1e-3, step_s=1000.0):
    ratio = np.array(ratio, float)
    times_s = step_s * np.arange(len(ratio))
    return flux_anchor.of_sources(
        ratio, np.full(ratio.shape, error), np.array(flux_sigma), np.array(anchors), HALF, times_s
    )


def test_steady_sources_set_the_scale_by_how_well_their_fluxes_are_known():
    found = of_sources([[1.02, 0.8], [1.02, 0.8]])
    share = 0.3**2 / (0.05**2 + 0.3**2)
    assert found.weight == pytest.approx([share, 1 - share], rel=1e-3)
    assert found.scale.factor == pytest.approx(1 / (1.02 * share + 0.8 * (1 - share)), rel=1e-3)


def test_a_source_that_is_no_anchor_does_not_count():
    found = of_sources([[1.0, 40.0]], anchors=(True, False))
    assert (found.scale.factor, found.weight.tolist()) == (1.0, [1.0, 0.0])


def test_other_sources_tell_that_an_anchor_scintillates():
    """A single anchor, twice as bright in both integrations, looks steady by itself."""
    steady = [1.9, *(1 + np.linspace(-0.1, 0.1, 8))]
    scattered = [1.9, *(1 + np.linspace(-0.8, 0.8, 8))]
    sigma, anchors = (0.05,) + (0.15,) * 8, (True,) + (False,) * 8
    errors = [
        of_sources([row, row], sigma, anchors, step_s=10.0).scale.error
        for row in (steady, scattered)
    ]
    assert errors[0] == 0
    assert 0.3 < errors[1] < 0.7  # the scatter is 0.49


def test_stated_error_covers_the_scale_of_scintillating_sources():
    """Fluxes of mean one: the error of the mean is what is left after few integrations."""
    draw = np.random.default_rng(1)
    pulls = []
    for _ in range(400):
        ratio = draw.gamma(1 / 0.49, 0.49, (4, 2))
        scale = of_sources(ratio, (0.02, 0.02)).scale
        pulls.append(np.log(scale.factor) / scale.error)
    assert 0.7 < np.sqrt(np.mean(np.square(pulls))) < 1.4
    assert np.mean(np.abs(pulls) > 2) < 0.1


def test_index_is_that_of_the_draws_and_zero_of_noise():
    draw = np.random.default_rng(2)
    many = draw.gamma(1 / 0.09, 0.09, (500, 2))
    found = flux_anchor.scintillation_index(many, np.zeros_like(many), np.zeros(2), APART)
    assert found == pytest.approx(0.3, rel=0.1)
    noise = 1 + draw.normal(0, 0.01, (500, 2))
    quiet = flux_anchor.scintillation_index(
        noise, np.full(noise.shape, 0.01), np.full(2, 0.02), APART
    )
    assert quiet < 0.004


def test_doubt_about_fluxes_is_no_scintillation():
    found = flux_anchor.scintillation_index(
        np.array([[1.1, 0.9]]), np.zeros((1, 2)), np.full(2, 0.15), np.eye(1)
    )
    assert found == 0


def test_integrations_that_follow_closely_tell_little_of_the_mean():
    """Fluxes that drift within the time scale of scintillation: the error must cover their mean."""
    draw = np.random.default_rng(3)
    alike = flux_anchor.correlation(10.0 * np.arange(2))
    root = np.linalg.cholesky(alike)
    pulls = []
    for _ in range(400):
        ratio = np.exp(0.2 * root @ draw.normal(size=(2, 2)) - 0.02)
        scale = of_sources(ratio, (0.01, 0.01), error=1e-4, step_s=10.0).scale
        pulls.append(np.log(scale.factor) / scale.error)
    assert np.mean(np.abs(pulls) > 2) < 0.15
    assert np.median(np.abs(pulls)) > 0.2  # nor is the error far too large


def test_joining_takes_the_better_one():
    exact, vague = Scale(1.0, 0.0, 0.0, 0.0), Scale(2.0, 0.5, 0.1, 0.1)
    assert exact.joined(vague) == vague.joined(exact) == exact
    both = Scale(1.0, 0.0, 0.1, 0.1).joined(vague)
    assert both.factor == pytest.approx(np.sqrt(2))
    assert (both.slope, both.error) == pytest.approx((0.25, 0.1 / np.sqrt(2)))


def test_powers_ask_for_the_scale_that_makes_them_those_of_the_sky():
    """V = g g* F: twice the power over gain squared means that fluxes are to be halved."""
    offset = np.linspace(-1, 1, 5)
    expected = np.outer(1e6 * (1 - 0.2 * offset), [1.0, 0.9])
    power = np.broadcast_to(2 * expected * np.exp(0.1 * offset)[:, None], (7, 5, 2)).copy()
    power[3] *= 30  # an antenna that hears itself
    power[4, 2] = np.nan
    found = flux_anchor.of_powers(power, expected, offset, HALF)
    assert found.factor == pytest.approx(0.5)
    assert found.slope == pytest.approx(-0.1)
