"""Whether the model of the sky has all that is up and fits the data: metrics and their words."""

import pytest

from lwacal.qa import model_metrics
from lwacal.records.configuration.quality import Quality
from lwacal.runtime import paths

SCHEMAS = paths.SCHEMAS
SOURCES = [
    {"name": "TauA", "reason": "", "in_model": True},
    {
        "name": "CasA",
        "reason": "elevation 15.1 deg is below sky_model.model_min_elevation_deg",
        "in_model": False,
    },
]


@pytest.fixture(scope="module")
def quality():
    return Quality()


def of_observation(found, name):
    return next(item for item in found if item["name"] == name and not item["applies_to"])


def unmodelled(quality, fractions, outside):
    model = {
        "sources": SOURCES,
        "unmodelled": {
            band: {"fraction": fraction, "apparent_jy": outside}
            for band, fraction in fractions.items()
        },
    }
    return of_observation(model_metrics.of_model(model, {}, quality), "unmodelled_fraction")


def test_complete_model_passes(quality):
    metric = unmodelled(quality, {"27MHz": 0.0, "50MHz": 0.0}, {})
    assert metric["status"] == "pass"
    assert "every bright source" in metric["message"]


@pytest.mark.parametrize(("fraction", "status"), [(0.04, "pass"), (0.06, "warn"), (1.6, "fail")])
def test_what_is_up_but_not_modelled_is_named(quality, fraction, status):
    """The worst sub-band decides; sources are named, brightest first, each with its reason."""
    metric = unmodelled(
        quality, {"27MHz": 0.01, "50MHz": fraction}, {"VirA": 700.0, "CasA": 2800.0}
    )
    assert (metric["status"], metric["value"], metric["decides"]) == (status, fraction, True)
    words = metric["message"]
    assert "at 50MHz" in words
    assert "CasA 2800 Jy (elevation 15.1 deg" in words
    assert "VirA 700 Jy (left out by sky_model.sources)" in words
    assert words.index("CasA") < words.index("VirA")


def test_without_a_model_nothing_is_said_to_be_missing(quality):
    assert unmodelled(quality, {"27MHz": None}, {"CasA": 2800.0})["status"] == "n/a"
    assert (
        of_observation(
            model_metrics.of_model({"unmodelled": {}}, {}, quality), "unmodelled_fraction"
        )["status"]
        == "n/a"
    )


@pytest.mark.parametrize(("worst", "status"), [(1.05, "pass"), (1.6, "warn")])
def test_residuals_beyond_the_noise_are_explained(quality, worst, status):
    bandpass = {"27MHz": {"residual_over_thermal": 1.01}, "50MHz": {"residual_over_thermal": worst}}
    found = model_metrics.of_model({"unmodelled": {}}, bandpass, quality)
    metric = of_observation(found, "residual_over_thermal")
    assert (metric["status"], metric["value"]) == (status, worst)
    assert "50MHz" in metric["message"]
    assert ("unmodelled emission" in metric["message"]) == (status == "warn")
    by_band = {item["applies_to"].get("band"): item["status"] for item in found}
    assert by_band["27MHz"] == "pass"
    assert by_band["50MHz"] == status


def test_solutions_that_do_not_tell_their_residuals_are_not_judged(quality):
    bandpass = {"27MHz": {"residual_over_thermal": None}, "50MHz": {}}
    metric = of_observation(
        model_metrics.of_model({"unmodelled": {}}, bandpass, quality), "residual_over_thermal"
    )
    assert (metric["status"], metric["decides"]) == ("n/a", False)
