"""The ionosphere's share of a source's offset is told from what does not depend on frequency."""

import numpy as np
import pytest

from lwacal.imaging import measure, refraction_fit

MHZ = np.array([27.0, 36, 46, 55, 64, 73, 82])
CONSTANT, IONOSPHERE = (20.0, -35.0), (150.0, 60.0)  # arcsec; the latter at 50 MHz
ERROR = 5.0


def records(seed=1, error=ERROR, stated=ERROR, bands=MHZ):
    draw = np.random.default_rng(seed)
    square = (50 / bands) ** 2
    east, north = (
        constant + share * square + error * draw.normal(size=len(bands))
        for constant, share in zip(CONSTANT, IONOSPHERE)
    )
    return [
        {
            "source": "CygA",
            "fit": "ok",
            "freq_mhz": mhz,
            "ra_offset_arcsec": a,
            "dec_offset_arcsec": b,
            "offset_err_arcsec": stated,
        }
        for mhz, a, b in zip(bands, east, north)
    ]


def pulls(stated=ERROR, error=ERROR, number=200):
    """Return (found - true) / stated error of all four numbers, over many drawn nights."""
    found = []
    for seed in range(number):
        item = refraction_fit.of_sources(records(seed, error, stated))[0]
        for axis, constant, share in zip(("ra", "dec"), CONSTANT, IONOSPHERE):
            for key, true in (("constant", constant), ("ionosphere", share)):
                away = item[f"{axis}_{key}_arcsec"] - true
                found.append(away / item[f"{axis}_{key}_err_arcsec"])
    return np.array(found)


def test_both_shares_come_back_within_their_errors():
    """Errors are scaled up if the scatter is larger, never down: pulls have an rms of 0.8 to 1."""
    found = pulls()
    assert abs(found.mean()) < 5 / np.sqrt(len(found))
    assert 0.75 < found.std() < 1.1


def test_errors_grow_with_the_scatter():
    honest = refraction_fit.of_sources(records(3))[0]["ra_constant_err_arcsec"]
    rough = refraction_fit.of_sources(records(3, error=10 * ERROR))[0]["ra_constant_err_arcsec"]
    assert rough > 4 * honest


def test_two_sub_bands_and_failed_fits_tell_nothing():
    few = records(bands=MHZ[:3])
    few[0]["fit"] = "failed"
    assert refraction_fit.of_sources(few) == []


def moments(flux, rms=10.0):
    return [
        {
            "source": "CygA",
            "band": "50MHz",
            "flux_jy": f,
            "flux_err_jy": rms,
            "flux_visibility_jy": f / 2,
            "flux_visibility_err_jy": rms / 2,
        }
        for f in flux
    ]


def test_scintillation_index_has_the_noise_taken_out():
    draw = np.random.default_rng(2)
    flux = 1000 * (1 + 0.2 * draw.normal(size=2000)) + 100 * draw.normal(size=2000)
    found = measure.scintillation_indices(moments(flux, 100.0))
    assert found[0]["index"] == pytest.approx(0.2, rel=0.05)
    quiet = measure.scintillation_indices(moments(1000 + 5 * draw.normal(size=50)))
    assert quiet[0]["index"] == 0
    assert measure.scintillation_indices(moments([1.0, 2.0]))[0]["index"] is None


def test_fluxes_from_visibilities_have_an_index_of_their_own():
    found = measure.scintillation_indices(moments([900.0, 1000.0, 1100.0]))[0]
    assert found["integrations"] == 3
    assert found["index_visibility"] == pytest.approx(found["index"])
    only_seen = [{**item, "flux_jy": None} for item in moments([900.0, 1000.0, 1100.0])]
    found = measure.scintillation_indices(only_seen)[0]
    assert (found["index"], found["integrations"]) == (None, 0)
    assert found["index_visibility"] > 0.05


def test_error_of_the_scintillation_index_is_its_scatter():
    """300 drawn series of 30 integrations."""
    draw = np.random.default_rng(3)
    found = [
        measure.scintillation_indices(
            moments(1000 * (1 + 0.2 * draw.normal(size=30)) + 50 * draw.normal(size=30), 50.0)
        )[0]
        for _ in range(300)
    ]
    scatter = np.std([item["index"] for item in found])
    assert np.mean([item["index_err"] for item in found]) == pytest.approx(scatter, rel=0.15)
