"""Which sources of a sub-band have free fluxes; their numbers are those in its model."""

import numpy as np

from lwacal.calibration import sky_solution
from lwacal.sky import sky_model

FLUX_JY = {"CygA": 20_000.0, "Jupiter": 5.0, "CasA": 15_000.0, "Sun": 2_000.0, "3C123": 100.0}
KIND = {"Jupiter": "solar", "Sun": "solar", "3C123": "secondary"}


def record(bands):
    """Sources in the order above, and those of them that each sub-band has."""
    return {
        "sources": [
            {"name": name, "kind": KIND.get(name, "a_team"), "flux_sigma": 0.1, "in_model": True}
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
        names, sigma, numbers = sky_solution.free_sources(model, band)
        assert names == expected
        in_band = [source["name"] for source in sky_model.model_sources(model, band)]
        assert [in_band[number] for number in numbers] == names
        assert np.array_equal(sigma, [0.1] * len(names))
