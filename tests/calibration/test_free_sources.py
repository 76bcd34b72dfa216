"""Which sources of a sub-band have free fluxes; their numbers are those in its model."""

import numpy as np
import pytest

from lwacal.calibration import sky_solution
from lwacal.sky import sky_model

FLUX_JY = {"CygA": 20_000.0, "Jupiter": 5.0, "CasA": 15_000.0, "Sun": 2_000.0, "3C123": 100.0}
KIND = {"Jupiter": "solar", "Sun": "solar", "3C123": "secondary"}


def record(bands):
    """Sources in the order above, and those of them that each sub-band has."""
    return {
        "sources": [
            {
                "name": name,
                "kind": KIND.get(name, "a_team"),
                "flux_sigma": 0.1,
                "in_model": True,
                "calibrator": name == "CygA",
            }
            for name in FLUX_JY
        ],
        "bands": {
            band: {
                name: {"flux_jy": [FLUX_JY[name]], "beam_xx": [1.0], "beam_yy": [1.0]}
                for name in names
            }
            for band, names in bands.items()
        },
    }


def test_a_source_that_is_silent_in_a_sub_band_is_not_counted():
    """Jupiter is silent above 40 MHz: it is no source of the model there."""
    model = record({"27MHz": list(FLUX_JY), "73MHz": ["CygA", "CasA", "Sun", "3C123"]})
    for band, expected in (
        ("27MHz", ["CygA", "Jupiter", "CasA", "Sun"]),
        ("73MHz", ["CygA", "CasA", "Sun"]),
    ):
        free = sky_solution.free_sources(model, band, 40e6)
        names = free.names
        assert names == expected
        in_band = [source["name"] for source in sky_model.model_sources(model, band)]
        assert [in_band[number] for number in free.numbers] == names
        assert np.array_equal(free.flux_sigma, [0.1] * len(names))


def test_bright_sources_move_by_refraction_and_active_regions_over_the_sun():
    model = record({"27MHz": list(FLUX_JY)})
    at_40, at_20 = (sky_solution.free_sources(model, "27MHz", hz) for hz in (40e6, 20e6))
    bright = at_40.names.index("CygA")
    assert np.rad2deg(at_40.shift_sigma[bright]) * 60 == pytest.approx(6)
    assert at_20.shift_sigma[bright] / at_40.shift_sigma[bright] == pytest.approx(4)
    solar = [at_40.names.index(name) for name in ("Sun", "Jupiter")]
    assert (at_40.shift_sigma[solar] > np.deg2rad(16 / 60)).all()


def test_calibrators_set_the_scale_and_without_any_all_but_the_sun():
    model = record({"27MHz": list(FLUX_JY)})
    free = sky_solution.free_sources(model, "27MHz", 30e6)
    assert [name for name, anchor in zip(free.names, free.anchors) if anchor] == ["CygA"]
    for source in model["sources"]:
        source["calibrator"] = False
    free = sky_solution.free_sources(model, "27MHz", 30e6)
    assert [name for name, anchor in zip(free.names, free.anchors) if anchor] == ["CygA", "CasA"]
