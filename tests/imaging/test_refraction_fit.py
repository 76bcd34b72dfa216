"""The ionospheric part of a source's offset is separated from the part constant in frequency."""

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


@pytest.mark.parametrize("bands", [MHZ[[0, 3, 6]], MHZ[:4]], ids=len)
def test_errors_that_were_stated_too_small_are_those_of_the_scatter(bands):
    """Two numbers are fitted: of three or four sub-bands one or two degrees of freedom are left.

    With stated errors far too small the scatter decides, and the mean squared error is the variance
    of least squares: with rows (1, x) of the design it is sigma^2 (A^T A)^-1.
    """
    design = np.stack([np.ones(len(bands)), (50 / bands) ** 2], axis=1)
    variance = ERROR**2 * np.diag(np.linalg.inv(design.T @ design))
    found = [
        refraction_fit.of_sources(records(seed, stated=1e-3, bands=bands))[0]
        for seed in range(2000)
    ]
    for number, key in enumerate(("constant", "ionosphere")):
        stated = np.array(
            [item[f"{axis}_{key}_err_arcsec"] for item in found for axis in ("ra", "dec")]
        )
        # 4000 values of one degree of freedom at least: their mean is known to 2.2 %
        assert np.mean(stated**2) == pytest.approx(variance[number], rel=0.1)


def test_two_sub_bands_and_failed_fits_tell_nothing():
    few = records(bands=MHZ[:3])
    few[0]["fit"] = "failed"
    assert refraction_fit.of_sources(few) == []


def test_a_source_with_too_few_sub_bands_does_not_keep_others_from_a_fit():
    others = [{**item, "source": "CasA"} for item in records(bands=MHZ[:2])]
    assert [item["source"] for item in refraction_fit.of_sources(others + records())] == ["CygA"]


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


def test_variance_of_three_integrations_is_not_too_small():
    """Their own mean is taken out: three values have two degrees of freedom, not three."""
    draw = np.random.default_rng(4)
    true, number = 0.1, 4000
    square = [
        measure.scintillation_indices(moments(1000 * (1 + true * draw.normal(size=3)), 1e-3))[0][
            "index"
        ]
        ** 2
        for _ in range(number)
    ]
    # two degrees of freedom: the mean of 4000 is known to 1.6 %
    assert np.mean(square) == pytest.approx(true**2, rel=0.08)


def test_error_of_the_index_of_four_integrations():
    """A variance v of n values scatters by v sqrt(2 / (n - 1)), the index by half of that over it.

    Fluxes of 900 and 1100 in turn have v = 4 x 100^2 / 3 about 1000; noise takes out 50^2.
    """
    found = measure.scintillation_indices(moments([900.0, 1100.0, 900.0, 1100.0], 50.0))[0]
    variance = 4 * 100**2 / 3
    index = np.sqrt(variance - 50**2) / 1000
    assert found["index"] == pytest.approx(index, rel=1e-5)
    assert found["index_err"] == pytest.approx(
        variance * np.sqrt(2 / 3) / (2 * index * 1000**2), rel=1e-5
    )
