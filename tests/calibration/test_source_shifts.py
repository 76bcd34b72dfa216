"""Shifts of sources over all sub-bands, from made-up records of rule bandpass."""

import numpy as np
import pytest

from lwacal.calibration import source_shifts

MHZ = (29, 43, 57, 71)
SOURCES = ("CygA", "CasA", "TauA")
SCANS = (1, 2, 3)
ERROR = 0.05  # arcmin at 40 MHz


def shifts_of(seed=1):
    """Return true shifts at 40 MHz, (source, integration, 2)."""
    return np.random.default_rng(seed).normal(0, 3, (len(SOURCES), len(SCANS), 2))


def summary(mhz, true, draw, sources=SOURCES, error=ERROR, gauge=None):
    """Return a record whose shifts have a mean of zero, or the mean -``gauge``."""
    rows = [SOURCES.index(name) for name in sources]
    held = true[rows].mean(axis=(0, 1)) if gauge is None else gauge
    scale = (40 / mhz) ** 2
    found = (true[rows] - held + error * draw.normal(size=true[rows].shape)) * scale
    errors = np.full(found.shape[:2], error * scale).tolist()
    return {
        "sky": {
            "sources": list(sources),
            "integrations": list(SCANS),
            "frequency_hz": mhz * 1e6,
            "shift_east_arcmin": found[..., 0].tolist(),
            "shift_north_arcmin": found[..., 1].tolist(),
            "shift_east_err_arcmin": errors,
            "shift_north_err_arcmin": errors,
        }
    }


def records(true, seed=1, **options):
    draw = np.random.default_rng(seed)
    return [summary(mhz, true, draw, **options) for mhz in MHZ]


def test_shifts_come_back_within_their_errors():
    true, chi2, pulls = shifts_of(), [], []
    for seed in range(50):
        found = source_shifts.combine(records(true, seed))
        pulls.append((found.shift - (true - true.mean(axis=(0, 1)))) / found.error)
        chi2.append(found.chi2.sum() / found.freedom.sum())
        assert found.error == pytest.approx(ERROR / 2, rel=0.5)  # four sub-bands
    assert np.sqrt(np.mean(np.square(pulls))) == pytest.approx(1, abs=0.1)
    # planes of three sub-bands in two directions take 6 of 54 degrees of freedom
    assert np.mean(chi2) == pytest.approx(48 / 54, abs=0.1)


def test_equal_sources_give_no_planes():
    offsets = [source_shifts.combine(records(shifts_of(), seed)).offset for seed in range(20)]
    assert np.mean([(offset != 0).any(axis=1) for offset in offsets]) < 0.25  # 2 sigma: 0.13


def test_a_sub_band_with_another_source_holds_another_plane():
    """Its mean is over one source more: the gains take up another plane."""
    true = shifts_of()
    made = records(true, sources=SOURCES[:2])
    made[0] = summary(MHZ[0], true, np.random.default_rng(9))
    found = source_shifts.combine(made)
    expected = true.mean(axis=(0, 1)) - true[:2].mean(axis=(0, 1))
    assert np.abs(found.offset[0] - expected).max() < 4 * ERROR
    assert found.offset[1:] == pytest.approx(0, abs=4 * ERROR)
    assert found.sources == ["CygA", "CasA", "TauA"]
    apart = found.shift[2] - found.shift[0] - (true[2] - true[0])
    assert np.abs(apart).max() < 6 * ERROR


def test_any_mean_may_be_held():
    true = shifts_of()
    made = records(true)
    made[2] = summary(MHZ[2], true, np.random.default_rng(4), gauge=np.array([5.0, -2.0]))
    found = source_shifts.combine(made)
    expected = np.array([5.0, -2.0]) - true.mean(axis=(0, 1))
    assert np.abs(found.offset[2] - expected).max() < 4 * ERROR


def test_shifts_that_do_not_follow_the_law_are_said():
    """In one sub-band sources are elsewhere: chi^2 grows, and so do the errors."""
    true = shifts_of()
    draw = np.random.default_rng(2)
    made = records(true)
    made[1] = summary(MHZ[1], true + draw.normal(0, 1, true.shape), draw)
    found, usual = source_shifts.combine(made), source_shifts.combine(records(true))
    assert found.chi2.sum() > 20 * found.freedom.sum()
    assert 0.2 < found.excess.max() < 1.5
    assert usual.excess.max() < 2 * ERROR
    assert (found.error > 3 * usual.error).all()


def test_without_a_free_sky_nothing_is_known():
    found = source_shifts.combine([{"sky": None}, {}])
    assert found.sources == []
    assert found.offset.tolist() == [[0, 0], [0, 0]]


def test_sub_bands_without_common_sources_are_not_compared():
    true = shifts_of()
    draw = np.random.default_rng(1)
    made = [summary(29, true, draw, ("CygA",)), summary(43, true, draw, ("CasA",)), {"sky": None}]
    found = source_shifts.combine(made)
    assert found.offset.tolist() == [[0, 0]] * 3
    assert np.isnan(found.offset_error).all()


def test_sources_whose_places_were_held_do_not_count():
    """They have no shift: the record has null."""
    true = shifts_of()
    made = records(true)
    usual = source_shifts.combine(made)
    for one in made:
        for key in ("shift_east", "shift_north", "shift_east_err", "shift_north_err"):
            one["sky"][f"{key}_arcmin"] = [*one["sky"][f"{key}_arcmin"], [None] * len(SCANS)]
        one["sky"]["sources"].append("3C348")
    found = source_shifts.combine(made)
    assert np.isnan(found.shift[3]).all()
    assert found.freedom[3] == 0
    assert found.shift[:3] == pytest.approx(usual.shift)


def test_strength_is_the_rms_of_the_shifts_about_their_mean():
    found = [source_shifts.combine(records(shifts_of(seed), seed)).strength() for seed in range(40)]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(3, rel=0.15)
    still = source_shifts.combine(records(np.full((3, 3, 2), 4.0)))
    assert still.strength() < ERROR
    assert np.isnan(source_shifts.combine([{"sky": None}]).strength())
