"""Autocorrelations: limits on power, and spectra that are odd for steps and ripples, not slopes."""

import numpy as np
import pytest

from lwacal.flagging import autocorrelation_checks
from lwacal.records.configuration.health import Autocorrelation

LIMITS = Autocorrelation()


def judged_spectra(spectra, group):
    """Return which signals with these spectra (antenna, channel, 2) are called odd."""
    frequency_hz = np.linspace(40e6, 80e6, spectra.shape[1])
    oddity = autocorrelation_checks._oddity(spectra, group, frequency_hz)
    whole = np.ones_like(oddity)
    summary = autocorrelation_checks.PowerSummary(whole, whole, oddity)
    return [
        (n, pol)
        for n, pol, _, word in autocorrelation_checks.judge(summary, LIMITS)
        if word == "autocorr:odd_spectrum"
    ]


def test_a_spectrum_with_half_its_band_missing_is_odd():
    """Core and outriggers have different cables: neither makes the other odd."""
    draw = np.random.default_rng(3)
    frequency = np.linspace(0, 1, 96)
    group = np.repeat([0, 1], 12)
    slope = np.where(group == 1, -2.0, 0.5)[:, None, None] + 0.1 * draw.normal(size=(24, 1, 2))
    level = draw.normal(size=(24, 1, 2))
    spectra = np.exp(level + slope * frequency[:, None] + 0.01 * draw.normal(size=(24, 96, 2)))
    assert judged_spectra(spectra, group) == []
    spectra[3, 40:, 1] /= 4
    spectra[20, :, 0] *= np.exp(0.8 * np.sin(40 * frequency))
    spectra[7] = 0
    assert judged_spectra(spectra, group) == [(3, 1), (20, 0)]


def test_a_slope_alone_is_not_odd():
    """Cables of other lengths make slopes; a step is something else."""
    draw = np.random.default_rng(6)
    ln_frequency = np.log(np.linspace(40, 80, 96) / 58)[:, None]
    slope = 0.02 * draw.normal(size=(24, 1, 2))
    slope[4, 0, 0] = 1.5
    spectra = np.exp(slope * ln_frequency + 0.01 * draw.normal(size=(24, 96, 2)))
    assert judged_spectra(spectra, np.zeros(24, int)) == []
    spectra[5, 40:] /= 2
    assert judged_spectra(spectra, np.zeros(24, int)) == [(5, 0), (5, 1)]


def test_dead_signals_do_not_say_what_is_usual():
    """All of them have the receiver's own spectrum, smooth; those of the sky have ripples."""
    draw = np.random.default_rng(7)
    ripple = np.sin(np.linspace(0, 30, 96)[:, None] + draw.uniform(0, 6, (24, 1, 2)))
    size = np.r_[np.linspace(0.025, 0.055, 10), 0.25, 0.25, 0.25, np.zeros(11)][:, None, None]
    spectra = np.exp(size * ripple + 0.001 * draw.normal(size=(24, 96, 2)))
    assert judged_spectra(spectra[:13], np.zeros(13, int)) == []
    spectra[13:] *= 1e-5
    assert judged_spectra(spectra, np.zeros(24, int)) == []


def test_spectra_that_hardly_differ_are_not_odd():
    draw = np.random.default_rng(4)
    spectra = np.exp(1e-4 * draw.normal(size=(12, 96, 2)))
    spectra[5] *= np.exp(0.01 * np.sin(np.arange(96)))[:, None]
    assert judged_spectra(spectra, np.zeros(12, int)) == []


def judged_power(power):
    """Return the word for the first X, with that much power among antennas that have one."""
    powers = np.ones((3, 12, 24, 2))
    powers[:, 0, :, 0] = power
    summary = autocorrelation_checks.summarize(
        [powers], np.zeros((12, 3)), [np.linspace(54e6, 56e6, 24)]
    )
    found = autocorrelation_checks.judge(summary, LIMITS)
    assert [item[:2] for item in found] in ([], [(0, 0)])
    return [(status, word) for _, _, status, word in found]


@pytest.mark.parametrize(
    ("limit", "below", "above"),
    [
        ("dead_ratio", [("bad", "autocorr:dead")], [("suspect", "autocorr:weak")]),
        ("weak_ratio", [("suspect", "autocorr:weak")], []),
        ("strong_ratio", [], [("suspect", "autocorr:strong")]),
    ],
)
def test_limits_are_ratios_of_power(limit, below, above):
    """Neither of amplitude nor of power squared: 10 % to either side makes the difference."""
    assert judged_power(0.9 * getattr(LIMITS, limit)) == below
    assert judged_power(1.1 * getattr(LIMITS, limit)) == above


def test_an_antpol_at_the_limit_itself_is_not_yet_beyond():
    assert judged_power(LIMITS.weak_ratio) == []
    assert judged_power(LIMITS.strong_ratio) == []
    assert judged_power(LIMITS.dead_ratio) == [("suspect", "autocorr:weak")]
