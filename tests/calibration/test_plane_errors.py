"""Errors of the planes of single sub-bands, against clock-TEC separation itself."""

import numpy as np
import pytest

import drawn_gains
from lwacal.calibration import plane_errors, tec_screen
from lwacal.calibration.antpol_columns import Phases

THREE = ("27MHz", "41MHz", "73MHz")
UNKNOWN = np.full((3, 2), np.nan)


def phases_of(bands):
    bandpass = drawn_gains.instrument(1, bands, ripple_rad=0.0, noise=0.002)
    return bandpass, Phases.average(bandpass, drawn_gains.errors(bandpass, 0.002))


@pytest.mark.parametrize("form", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("band", range(3))
def test_error_of_a_sub_band_is_enlarged_as_the_separation_enlarges_it(band, form):
    """A plane of 1 arcmin, or a curvature of 1 arcmin/km, in one sub-band alone."""
    bandpass, phases = phases_of(THREE)
    place_km = drawn_gains.array(bandpass.n_antennas)[1]
    without = tec_screen.separate(phases, place_km, bandpass.antenna_names)[0]
    channels = bandpass.channels()[band]
    one = tec_screen.column(place_km, np.eye(5)[form]) / tec_screen.SHIFT_ARCMIN
    turned = np.exp(1j * tec_screen.phase(one, bandpass.frequency_hz[channels]))
    bandpass.gain[:, channels] *= turned[..., None]
    moved = Phases.average(bandpass, drawn_gains.errors(bandpass, 0.002))
    found = tec_screen.separate(moved, place_km, bandpass.antenna_names)[0]
    change = abs(found.value - without.value)[form] * tec_screen.SHIFT_ARCMIN
    sigma = np.zeros((3, 5))
    sigma[band, form] = 1.0
    covariance = plane_errors.covariance(phases, sigma, UNKNOWN, UNKNOWN)
    assert np.count_nonzero(covariance) == 1
    stated = np.sqrt(covariance[form, form])
    assert stated == pytest.approx(change, rel=0.03)
    assert 0.5 < stated < 6


def test_errors_of_sub_bands_add_in_quadrature():
    _, phases = phases_of(THREE)
    each = []
    for band in range(3):
        sigma = np.zeros((3, 5))
        sigma[band] = 0.2
        each.append(plane_errors.covariance(phases, sigma, UNKNOWN, UNKNOWN))
    together = plane_errors.covariance(phases, np.full((3, 5), 0.2), UNKNOWN, UNKNOWN)
    assert together == pytest.approx(sum(each))


def test_more_sub_bands_enlarge_less():
    many = tuple(f"{mhz}MHz" for mhz in (27, 32, 36, 41, 46, 50, 55, 59, 64, 69, 73, 78, 82))
    few, more = (
        plane_errors.covariance(
            phases_of(bands)[1], np.ones((len(bands), 5)), *np.full((2, len(bands), 2), np.nan)
        )[0, 0]
        for bands in (THREE, many)
    )
    assert more < 0.5 * few


def drawn_offsets(phases, error, seed):
    """Draw errors of planes; return offsets from those expected from a fit of the others."""
    bands = np.unique(phases.band)
    draw = np.random.default_rng(seed)
    terms = [
        plane_errors.antpol_columns.terms(phases.frequency_hz[phases.band == b]) for b in bands
    ]
    planes = error * draw.normal(size=(len(bands), 2))
    offsets = np.empty_like(planes)
    for number in range(len(bands)):
        rest = [other for other in range(len(bands)) if other != number]
        design = np.concatenate([terms[other] for other in rest])
        size = np.abs(design).max(axis=0)
        seen = np.concatenate([np.outer(terms[other][:, 2], planes[other]) for other in rest])
        fitted = np.linalg.lstsq(design / size, seen, rcond=None)[0]
        middle = terms[number].mean(axis=0)
        offsets[number] = planes[number] - (middle / size) @ fitted / middle[2]
    return offsets


@pytest.mark.parametrize("true", [0.2, 1.0, 5.0])
def test_agreement_of_many_sub_bands_sets_the_scale(true):
    """Stated errors are 1; the planes are drawn with others."""
    bands = ("23MHz", "27MHz", "36MHz", "41MHz", "50MHz", "59MHz", "69MHz", "73MHz", "82MHz")
    _, phases = phases_of(bands)
    stated, unknown, exact = np.ones((9, 5)), np.full((9, 2), np.nan), np.zeros((9, 2))
    alone = np.diagonal(plane_errors.covariance(phases, stated, unknown, unknown))
    ratio = [
        np.diagonal(
            plane_errors.covariance(phases, stated, drawn_offsets(phases, true, seed), exact)
        )
        / alone
        for seed in range(60)
    ]
    assert np.ptp(ratio, axis=1).max() < 1e-9 * np.max(ratio)  # one scale for all forms
    assert np.mean(ratio) == pytest.approx((1 + 12 * true**2) / 13, rel=0.25)


def test_offsets_that_antennas_do_not_tell_do_not_enlarge():
    """Offsets are no larger than their own errors: the stated errors are right, or less."""
    bands = ("23MHz", "27MHz", "36MHz", "41MHz", "50MHz", "59MHz", "69MHz", "73MHz", "82MHz")
    _, phases = phases_of(bands)
    stated, vague = np.ones((9, 5)), np.full((9, 2), 30.0)
    alone, with_offsets = (
        np.diagonal(plane_errors.covariance(phases, stated, offset, vague))
        for offset in (np.full((9, 2), np.nan), drawn_offsets(phases, 5.0, 1))
    )
    assert (with_offsets < 1.5 * alone).all()
