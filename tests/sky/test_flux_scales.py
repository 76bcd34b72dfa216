"""Flux scales compared with each other, and secondary calibrators with an independent scale."""

import numpy as np
import pytest

from lwacal.sky.flux_scales import SCALES, Spectrum
from lwacal.sky.secondary import CALIBRATORS

# Perley & Butler 2017, ApJS 230, 7, table 6: log10 S(Jy) in powers of log10 nu(GHz), above 50 MHz
PERLEY_BUTLER = {
    "3C48": (1.3253, -0.7553, -0.1914, 0.0498),
    "3C147": (1.4516, -0.6961, -0.2007, 0.0640, -0.0464, 0.0289),
    "3C196": (1.2872, -0.8530, -0.1534, -0.0200, 0.0201),
    "3C286": (1.2481, -0.4507, -0.1798, 0.0357),
    "3C295": (1.4701, -0.7658, -0.2780, -0.0347, 0.0399),
    "3C380": (1.2320, -0.7909, 0.0947, 0.0976, -0.1794, -0.1566),
}


@pytest.mark.parametrize("source", PERLEY_BUTLER)
def test_secondary_calibrators_agree_with_another_scale(source):
    """Scaife & Heald 2012 and Perley & Butler 2017 agree within 15 % from 60 to 300 MHz."""
    mhz = np.array([60.0, 100, 150, 300])
    other = 10 ** np.polynomial.polynomial.polyval(np.log10(mhz / 1e3), PERLEY_BUTLER[source])
    assert CALIBRATORS[source].spectrum.flux_jy(mhz * 1e6, 2016) == pytest.approx(other, rel=0.15)


# sums over the published component lists (CDS J/A+A/635/A150) at 32, 45, 55 and 75 MHz
DE_GASPERIN_JY = {
    "CygA": [28501, 23241, 20533, 16618],
    "CasA": [38067, 27993, 23520, 17399],
    "TauA": [2734, 2323, 2116, 1786],
    "VirA": [3332, 2738, 2377, 1960],
}


@pytest.mark.parametrize("source", DE_GASPERIN_JY)
def test_fits_to_the_component_lists_are_as_good_as_they_are_said_to_be(source):
    found = SCALES["degasperin2020"][source].flux_jy(np.array([32e6, 45e6, 55e6, 75e6]), 2016.0)
    assert found == pytest.approx(np.array(DE_GASPERIN_JY[source], float), rel=0.006)


@pytest.mark.parametrize(
    ("source", "terms"),
    [
        ("CygA", (4.695, 0.085, -0.178)),
        ("CasA", (5.625, -0.634, -0.023)),
        ("TauA", (3.915, -0.299, 0.0)),
        ("VirA", (5.023, -0.856, 0.0)),
    ],
)
def test_fluxes_of_baars_are_those_of_the_paper(source, terms):
    """Table 5: log10 S(Jy) = a + b log10 nu(MHz) + c (log10 nu)^2; Cas A in 1980."""
    logarithm = np.log10([60.0, 300.0])
    published = 10 ** (terms[0] + terms[1] * logarithm + terms[2] * logarithm**2)
    found = SCALES["baars1977"][source].flux_jy(np.array([60e6, 300e6]), 1980.0)
    assert found == pytest.approx(published)


@pytest.mark.parametrize("source", CALIBRATORS)
def test_secondary_calibrators_are_known_over_the_whole_band_of_the_array(source):
    assert CALIBRATORS[source].spectrum.valid(np.array([50e6, 87e6])).all()
    assert not CALIBRATORS[source].spectrum.valid(np.array([29e6])).any()


@pytest.mark.parametrize("mhz", [50, 65, 75])
@pytest.mark.parametrize("source", ["CygA", "VirA", "TauA"])
def test_modern_scales_agree_from_50_to_75_mhz(source, mhz):
    """Within 20 %, but Cas A, which fades, within a third."""
    found = [
        SCALES[scale][source].flux_jy(np.array([mhz * 1e6]), 2016.0)[0]
        for scale in ("ovro2023", "perley2017", "degasperin2020")
    ]
    assert max(found) / min(found) < 1.2


def test_spectrum_is_a_polynomial_in_log_frequency_that_fades_since_its_epoch():
    """At ten times the pivot x is 1: the logarithm of the flux is the sum of the coefficients."""
    spectrum = Spectrum((2.0, -0.5, 0.1), 50e6, (30e6, 80e6), 2000.0, (0.01, -0.002))
    frequency_hz = np.array([50e6, 500e6])
    at_epoch = np.array([100.0, 10**1.6])
    assert spectrum.flux_jy(frequency_hz, 2000.0) == pytest.approx(at_epoch)
    lost = 10 * (0.01 - 0.002 * np.log10(frequency_hz / 1e9))
    assert spectrum.flux_jy(frequency_hz, 2010.0) == pytest.approx(at_epoch * (1 - lost))


def test_range_of_validity_includes_its_ends():
    spectrum = Spectrum((1.0,), 50e6, (30e6, 77e6))
    mhz = np.array([29.9, 30, 50, 77, 77.1])
    assert spectrum.valid(mhz * 1e6).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("scale", "mhz", "epochs"),
    [
        ("ovro2023", {"CygA": (13, 87), "CasA": (13, 87), "TauA": (13, 87)}, (2023.5, 1985.5)),
        ("perley2017", {"CygA": (50, 12_000), "TauA": (50, 4000), "VirA": (50, 3000)}, (2016,)),
        ("degasperin2020", {name: (30, 77) for name in SCALES["degasperin2020"]}, (2016, 2016)),
        (
            "baars1977",
            {
                "CygA": (20, 2000),
                "CasA": (22, 300),
                "TauA": (1000, 35_000),
                "VirA": (400, 25_000),
            },
            (1980,),
        ),
    ],
)
def test_ranges_and_epochs_agree_with_the_published_ones(scale, mhz, epochs):
    for source, limits in mhz.items():
        assert SCALES[scale][source].valid_hz == pytest.approx(np.array(limits) * 1e6), source
    found = [spectrum.epoch for spectrum in SCALES[scale].values() if spectrum.epoch is not None]
    assert tuple(found) == epochs


@pytest.mark.parametrize(("source", "percent"), [("CasA", 0.46), ("TauA", 0.16)])
def test_supernova_remnants_fade_at_the_published_rate(source, percent):
    spectrum = SCALES["ovro2023"][source]
    early, late = (
        spectrum.flux_jy(np.array([60e6]), spectrum.epoch + years)[0] for years in (0, 10)
    )
    assert 100 * (1 - late / early) / 10 == pytest.approx(percent)
