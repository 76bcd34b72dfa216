"""Shifts of sources over all sub-bands, from made-up records of rule bandpass."""

import numpy as np
import pytest

from lwacal.calibration import source_shifts
from lwacal.calibration.path_forms import PLANE

MHZ = (29, 43, 57, 71)
SOURCES = ("CygA", "CasA", "TauA")
HELD = {"CygA": 0.6, "CasA": 0.3, "TauA": 0.1}
SCANS = (1, 2, 3)
ERROR = np.array([0.05, 0.05, 0.02, 0.02, 0.02])  # at 40 MHz: arcmin, and arcmin/km
RMS = np.array([3, 3, 0.6, 0.6, 0.6])
SHIFTS = ("shift_east_arcmin", "shift_north_arcmin")


def shifts_of(seed=1):
    """Return true shifts at 40 MHz, (source, integration, 5)."""
    return RMS * np.random.default_rng(seed).normal(size=(len(SOURCES), len(SCANS), 5))


def weights_of(sources=SOURCES):
    weight = np.array([HELD[name] for name in sources])
    return weight / weight.sum()


def held_mean(true, sources=SOURCES, weight=None):
    """Return the mean that a sub-band with some sources holds, (5,)."""
    rows = [SOURCES.index(name) for name in sources]
    weight = weights_of(sources) if weight is None else weight
    return np.tensordot(weight, true[rows], 1).mean(axis=0)


def summary(mhz, true, draw, sources=SOURCES, weight=None, noise=1.0):
    """Return a record whose shifts and bends have a weighted mean of zero."""
    weight = weights_of(sources) if weight is None else np.array(weight)
    rows = [SOURCES.index(name) for name in sources]
    found = true[rows] + noise * ERROR * draw.normal(size=true[rows].shape)
    found = found - np.tensordot(weight, found, 1).mean(axis=0)
    n_scans = len(SCANS)
    of_differences = np.sqrt(1 - 2 * weight / n_scans + (weight**2).sum() / n_scans)
    error = np.broadcast_to(of_differences[:, None, None] * ERROR, found.shape)
    scale = (40 / mhz) ** 2
    sky = {
        "sources": list(sources),
        "integrations": list(SCANS),
        "frequency_hz": mhz * 1e6,
        "held_weight": weight.tolist(),
        "bend_arcmin_per_km": (found[..., 2:] * scale).tolist(),
        "bend_err_arcmin_per_km": (error[..., 2:] * scale).tolist(),
    }
    for axis, name in enumerate(SHIFTS):
        sky[name] = (found[..., axis] * scale).tolist()
        sky[name.replace("_arcmin", "_err_arcmin")] = (error[..., axis] * scale).tolist()
    return {"sky": sky}


def records(true, seed=1, **options):
    draw = np.random.default_rng(seed)
    return [summary(mhz, true, draw, **options) for mhz in MHZ]


def test_shifts_and_bends_come_back_within_their_errors():
    true, chi2, pulls = shifts_of(), [], []
    for seed in range(50):
        found = source_shifts.combine(records(true, seed))
        pulls.append((found.shift - (true - held_mean(true))) / found.error)
        chi2.append(found.chi2)
    # of four sub-bands in three integrations, in two directions
    assert found.freedom.tolist() == [18, 18, 18]
    assert np.mean(chi2) == pytest.approx(18, rel=4 * np.sqrt(2 / 18 / np.size(chi2)))
    # errors of a form are larger where chi^2 is, by chance, larger than its 9 degrees of freedom
    by_chance = np.random.default_rng(0).chisquare(9, 100000) / 9
    expected = np.sqrt(np.mean(1 / np.maximum(by_chance, 1)))
    rms = np.sqrt(np.mean(np.square(pulls), axis=(0, 1, 2)))
    assert rms == pytest.approx(np.full(5, expected), rel=4 / np.sqrt(2 * 50 * 8))


def test_equal_sources_give_no_planes():
    found = [source_shifts.combine(records(shifts_of(), seed)) for seed in range(20)]
    rms = np.sqrt(np.mean([one.offset**2 for one in found], axis=(0, 1)))
    assert (rms < ERROR).all()


def test_a_sub_band_with_another_source_holds_another_plane():
    """Its mean is over one source more: the gains take up another plane and curvature."""
    true = shifts_of()
    made = records(true, sources=SOURCES[:2])
    made[0] = summary(MHZ[0], true, np.random.default_rng(9))
    found = source_shifts.combine(made)
    expected = held_mean(true) - held_mean(true, SOURCES[:2])
    assert (np.abs(found.offset[0] - expected) < 2.5 * ERROR).all()
    assert (np.abs(expected) > 4 * ERROR).any()
    assert (np.abs(found.offset[1:]) < 2.5 * ERROR).all()
    assert found.sources == ["CygA", "CasA", "TauA"]
    apart = found.shift[2] - found.shift[0] - (true[2] - true[0])
    assert (np.abs(apart) < 4 * np.hypot(found.error[2], found.error[0])).all()
    # beams on average: weight of the sources over all sub-bands
    expected = (np.array([*weights_of(SOURCES[:2]), 0]) * 3 + weights_of()) / 4
    assert found.held_weight == pytest.approx(expected)


def test_the_mean_that_is_held_is_that_of_the_record():
    true = shifts_of()
    made = records(true)
    other = np.array([0.1, 0.3, 0.6])
    made[2] = summary(MHZ[2], true, np.random.default_rng(4), weight=other)
    found = source_shifts.combine(made)
    expected = held_mean(true, weight=other) - held_mean(true)
    assert (np.abs(found.offset[2] - expected) < 4 * ERROR).all()
    assert np.linalg.norm(expected / ERROR) > 20


def test_shifts_that_do_not_follow_the_law_are_said():
    """In one sub-band sources are elsewhere: chi^2 grows, and so do the errors."""
    true = shifts_of()
    draw = np.random.default_rng(2)
    made = records(true)
    elsewhere = draw.normal(0, 1, true.shape)
    made[1] = summary(MHZ[1], true + elsewhere, draw)
    found, usual = source_shifts.combine(made), source_shifts.combine(records(true))
    assert (found.chi2 > 20 * found.freedom).all()
    # one of four sub-bands is away: 1/4 (1 - 1/4) of the mean square is about the mean
    assert (np.abs(found.excess - np.sqrt(3) / 4) < 0.25).all()
    assert (usual.excess < ERROR[PLANE]).all()
    assert (found.error / usual.error).mean() > 5


def test_without_a_free_sky_nothing_is_known():
    found = source_shifts.combine([{"sky": None}, {}])
    assert found.sources == []
    assert found.offset.tolist() == [[0] * 5] * 2
    assert np.isnan(found.error_of_gains).all()
    assert found.shift.shape == (0, 0, 5)


def test_a_sub_band_without_a_free_sky_is_like_the_others():
    true = shifts_of()
    made = records(true)
    usual = source_shifts.combine(made)
    found = source_shifts.combine([*made, {"sky": None}])
    assert found.offset[4].tolist() == [0] * 5
    assert np.isnan(found.error_of_gains[4]).all()
    assert found.shift == pytest.approx(usual.shift)
    assert found.error_of_gains[:4] == pytest.approx(usual.error_of_gains)


def test_sub_bands_without_common_sources_are_not_compared():
    true = shifts_of()
    draw = np.random.default_rng(1)
    made = [summary(29, true, draw, ("CygA",)), summary(43, true, draw, ("CasA",)), {"sky": None}]
    found = source_shifts.combine(made)
    assert found.offset.tolist() == [[0] * 5] * 3
    assert np.isnan(found.error_of_gains).all()


def test_sources_whose_places_were_held_do_not_count():
    """They have no shift: the record has null."""
    true = shifts_of()
    made = records(true)
    usual = source_shifts.combine(made)
    for one in made:
        sky = one["sky"]
        for name in SHIFTS:
            for key in (name, name.replace("_arcmin", "_err_arcmin")):
                sky[key] = [*sky[key], [None] * len(SCANS)]
        for key in ("bend_arcmin_per_km", "bend_err_arcmin_per_km"):
            sky[key] = [*sky[key], [[None] * 3] * len(SCANS)]
        sky["held_weight"].append(0.0)
        sky["sources"].append("3C348")
    found = source_shifts.combine(made)
    assert np.isnan(found.shift[3]).all()
    assert found.freedom[3] == 0
    assert found.held_weight[3] == 0
    assert found.shift[:3] == pytest.approx(usual.shift)
    assert found.error_of_gains == pytest.approx(usual.error_of_gains)


def test_integrations_that_one_sub_band_lacks():
    """Its gains hold the mean over the others."""
    true = shifts_of()
    made = records(true)
    lacking = summary(MHZ[3], true[:, :2], np.random.default_rng(3))
    lacking["sky"]["integrations"] = list(SCANS[:2])
    made[3] = lacking
    found = source_shifts.combine(made)
    expected = held_mean(true[:, :2]) - held_mean(true)
    assert (np.abs(found.offset[3] - expected) < 4 * ERROR).all()
    assert (np.abs(expected) > 8 * ERROR).any()
    assert found.integrations == list(SCANS)
