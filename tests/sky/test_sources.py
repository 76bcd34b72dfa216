"""Fluxes and positions of the calibrators, compared with published values."""

import gzip
import re

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from lwacal.sky import sources
from lwacal.sky.flux_scales import SCALES
from lwacal.sky.secondary import CALIBRATORS

MHZ = np.array([30.0, 40.0, 50.0, 60.0, 70.0, 80.0])
# the observatory's table at 30 to 80 MHz, Jy: Cyg A and Cas A (epoch 2023.5), Tau A (1985.5);
# Vir A as in Perley & Butler (2017)
TABLE = {
    "CygA": (2023.5, [28310, 24974, 21991, 19625, 17764, 16277]),
    "CasA": (2023.5, [27558, 23669, 20601, 18241, 16435, 15129]),
    "TauA": (1985.5, [2777, 2548, 2383, 2256, 2154, 2069]),
    "VirA": (2023.5, [3720, 3067, 2635, 2324, 2087, 1900]),
}
FIT_ERROR = 0.03  # of the fits to the table


@pytest.mark.parametrize("source", sorted(TABLE))
def test_fluxes_agree_with_the_table_of_the_observatory(source):
    year, jansky = TABLE[source]
    assert sources.flux_jy("ovro2023", source, MHZ * 1e6, year) == pytest.approx(
        jansky, rel=FIT_ERROR
    )


def test_vir_a_agrees_with_perley_and_butler():
    x = np.log10(MHZ / 1e3)
    published = 10 ** (2.4466 - 0.8116 * x - 0.0483 * x**2)
    assert sources.flux_jy("ovro2023", "VirA", MHZ * 1e6, 2020) == pytest.approx(
        published, rel=1e-3
    )


@pytest.mark.parametrize(("source", "percent"), [("CasA", 0.46), ("TauA", 0.16), ("CygA", 0)])
def test_secular_decrease(source, percent):
    now, later = (sources.flux_jy("ovro2023", source, MHZ * 1e6, year) for year in (2023.5, 2033.5))
    epoch = SCALES["ovro2023"][source].epoch or 2023.5
    start = sources.flux_jy("ovro2023", source, MHZ * 1e6, epoch)
    assert (now - later) / start == pytest.approx(10 * percent / 100, abs=1e-9)


@pytest.mark.parametrize(
    ("source", "published"),
    [
        ("CygA", "19h59m28.356s +40d44m02.1s"),
        ("CasA", "23h23m24s +58d48m54s"),
        ("TauA", "05h34m31.94s +22d00m52.2s"),
        ("VirA", "12h30m49.4234s +12d23m28.044s"),
    ],
)
def test_positions_agree_with_published_ones(source, published):
    place = sources.POSITIONS[source]
    found = SkyCoord(place.ra_rad, place.dec_rad, unit="rad")
    assert found.separation(SkyCoord(published)) < 0.1 * u.arcsec


@pytest.mark.parametrize(
    ("scale", "source", "mhz", "jansky", "tolerance"),
    [
        # sums of the published component lists, and values of other scales, at 50 MHz
        ("degasperin2020", "CygA", 50, 21794, 0.003),
        ("degasperin2020", "TauA", 50, 2215, 0.005),
        ("degasperin2020", "VirA", 60, 2242, 0.02),
        ("perley2017", "CygA", 50, 22146, 0.003),
        ("perley2017", "TauA", 60, 1860, 0.003),
        ("baars1977", "CygA", 100, 10 ** (4.695 + 0.17 - 0.712), 1e-6),
        ("baars1977", "VirA", 100, 10 ** (5.023 - 1.712), 1e-6),
    ],
)
def test_other_scales_give_their_published_values(scale, source, mhz, jansky, tolerance):
    year = SCALES[scale][source].epoch or 2000
    found = sources.flux_jy(scale, source, np.array([mhz * 1e6]), year)
    assert found == pytest.approx(jansky, rel=tolerance)


def test_scale_fits_the_sums_of_the_published_components(real_data):
    """The fits to the sums of the real component lists hold from 30 to 77 MHz."""
    lists = {"CygA": "CygA_low", "CasA": "CasA_low", "TauA": "Tau-sources", "VirA": "VirA_low"}
    frequency_hz = np.arange(30, 78) * 1e6
    for source, name in lists.items():
        path = real_data / "skymodels" / f"deGasperin2020_{name}.txt.gz"
        total = np.zeros(len(frequency_hz))
        with gzip.open(path, "rt") as stream:
            pivot_hz = float(re.search(r"ReferenceFrequency='([\d.]+)'", next(stream))[1])
            for line in stream:
                before, inside = line.split("]")[0].split("[")
                start = float(before.split(",")[-2])
                terms = [float(word) for word in inside.split(",")]
                total += np.polynomial.polynomial.polyval(
                    frequency_hz / pivot_hz - 1, [start, *terms]
                )
        fitted = sources.flux_jy("degasperin2020", source, frequency_hz, 2016.0)
        assert fitted == pytest.approx(total, rel=0.016)


def test_cas_a_on_the_scale_of_baars_fades_faster_at_low_frequencies():
    early, late = (sources.flux_jy("baars1977", "CasA", MHZ * 1e6, year) for year in (1980, 1981))
    percent = 100 * (1 - late / early)
    assert percent == pytest.approx(0.97 - 0.30 * np.log10(MHZ / 1e3), abs=1e-9)


def test_scales_disagree_most_about_cas_a():
    doubt = {
        source: sources.disagreement(source, np.array([55e6]), 2024) for source in sources.POSITIONS
    }
    assert doubt["CasA"] > 0.05
    assert doubt["CygA"] < 0.05
    assert sources.disagreement("CygA", np.array([15e6]), 2024) is None  # only one scale is valid


def test_two_valid_scales_are_enough_to_disagree():
    """At 85 MHz only the observatory's scale and Baars' are valid for Cas A."""
    fluxes = [
        sources.flux_jy(scale, "CasA", np.array([85e6]), 2024)[0]
        for scale in ("ovro2023", "baars1977")
    ]
    expected = (max(fluxes) - min(fluxes)) / 2 / np.mean(fluxes)
    assert sources.disagreement("CasA", np.array([84e6, 86e6]), 2024) == pytest.approx(expected)


def test_extrapolation_and_replacement_give_warnings():
    high = np.array([55e6, 60e6])
    assert sources.expected("ovro2023", "CygA", high, 2024).warnings == ()
    missing = sources.expected("perley2017", "CasA", high, 2024)
    assert missing.scale == "ovro2023"
    assert "the flux scale perley2017 has no CasA" in missing.warnings[0]
    beyond = sources.expected("perley2017", "CygA", np.array([20e6]), 2024)
    assert "from 50 to 12000 MHz only: extrapolated" in beyond.warnings[0]


@pytest.mark.parametrize(
    ("source", "jansky"),
    [
        ("3C48", 64.768),
        ("3C147", 66.738),
        ("3C196", 83.084),
        ("3C286", 27.477),
        ("3C295", 97.763),
        ("3C380", 77.352),
    ],
)
def test_secondary_calibrators_have_the_published_flux_at_150_mhz(source, jansky):
    assert CALIBRATORS[source].spectrum.flux_jy(np.array([150e6]), 2020) == pytest.approx(jansky)


@pytest.mark.parametrize("source", ["3C123", "HydraA"])
def test_secondary_calibrators_of_perley_and_butler_are_bright(source):
    """Both have some 250 to 450 Jy at 74 MHz in the VLSS survey (Cohen et al. 2007)."""
    assert 250 < CALIBRATORS[source].spectrum.flux_jy(np.array([74e6]), 2020)[0] < 700


@pytest.mark.parametrize(
    ("source", "published"),
    [
        ("3C48", "01h37m41.3s +33d09m35.1s"),
        ("3C123", "04h37m04.4s +29d40m13.8s"),
        ("3C147", "05h42m36.1s +49d51m07.2s"),
        ("3C196", "08h13m36.0s +48d13m02.6s"),
        ("3C286", "13h31m08.3s +30d30m33.0s"),
        ("3C295", "14h11m20.5s +52d12m10.0s"),
        ("3C380", "18h29m31.8s +48d44m46.2s"),
        ("HydraA", "09h18m05.7s -12d05m44.0s"),
    ],
)
def test_positions_of_secondary_calibrators_agree_with_published_ones(source, published):
    place = CALIBRATORS[source].direction
    found = SkyCoord(place.ra_rad, place.dec_rad, unit="rad")
    assert found.separation(SkyCoord(published)) < 1 * u.arcsec


def test_errors_for_an_unknown_scale_or_source_list_the_choices():
    with pytest.raises(ValueError, match=r"sky_model\.flux_scale is 'x'; choose one of ovro2023"):
        sources.flux_jy("x", "CygA", MHZ, 2024)
    with pytest.raises(ValueError, match="has no HerA, only CygA, CasA, TauA, VirA"):
        sources.flux_jy("ovro2023", "HerA", MHZ, 2024)
