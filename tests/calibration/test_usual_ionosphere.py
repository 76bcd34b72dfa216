"""How strong an ionosphere is to be expected, from the shifts of sources against each other."""

import numpy as np
import pytest

from lwacal.calibration import usual_ionosphere
from lwacal.calibration.path_forms import BEND, PLANE
from lwacal.calibration.source_shifts import Shifts
from lwacal.calibration.tec_screen import SHIFT_ARCMIN

SMALL = 0.01
N_SCANS = 4


def shifts_of(shift, error=SMALL, held_weight=None):
    """Return shifts of sources A, B and so on; ``shift`` is (source, integration, 5)."""
    n_sources = len(shift)
    held_weight = np.eye(n_sources)[0] if held_weight is None else np.array(held_weight)
    unknown = np.zeros(n_sources)
    return Shifts(
        list("ABCDEFGHIJ"[:n_sources]),
        list(range(1, shift.shape[1] + 1)),
        shift,
        np.where(np.isfinite(shift), error, np.nan),
        unknown,
        unknown.astype(int),
        np.zeros(2),
        np.zeros((3, 5)),
        np.full((3, 5), np.nan),
        held_weight,
    )


def model_of(altitude_deg):
    return {
        "sources": [
            {"name": name, "altitude_deg": float(altitude), "kind": "a_team"}
            for name, altitude in zip("ABCDEFGHIJ", altitude_deg)
        ]
    }


def drawn(seed, n_sources, plane=3.0, bend=0.5):
    """Draw shifts and bends, independent for each source and integration."""
    rms = np.array([plane, plane, bend, bend, bend])
    return rms * np.random.default_rng(seed).normal(size=(n_sources, N_SCANS, 5))


def rms(values):
    return np.sqrt(np.mean(np.square(values)))


@pytest.mark.parametrize("altitude_deg", [90.0, 60.0, 30.0, 10.0])
def test_slant_is_the_path_through_a_thin_shell(altitude_deg):
    """By the law of cosines, as the distance to a sphere 1 km higher."""
    altitude = np.deg2rad(altitude_deg)

    def distance_km(height_km):
        radius = 6371.0 + height_km
        return np.sqrt(radius**2 - (6371.0 * np.cos(altitude)) ** 2) - 6371.0 * np.sin(altitude)

    expected = distance_km(300.5) - distance_km(299.5)
    assert usual_ionosphere.slant(np.array([altitude_deg])) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("forms", "true"), [(PLANE, 3.0), (BEND, 0.5)], ids=["plane", "bend"])
def test_differences_are_the_rms_in_one_component(forms, true):
    found = [
        usual_ionosphere.differences(shifts_of(drawn(seed, 3)), forms, np.ones(3))
        for seed in range(100)
    ]
    number = 100 * (3 * N_SCANS - 1) * (forms.stop - forms.start)
    assert rms(found) == pytest.approx(true, rel=4 / np.sqrt(2 * number))


def test_a_shift_that_all_have_does_not_count():
    still = shifts_of(np.full((3, N_SCANS, 5), 4.0), error=0.0)
    for forms in (PLANE, BEND):
        assert usual_ionosphere.differences(still, forms, np.ones(3)) == pytest.approx(0, abs=1e-9)


def test_errors_are_subtracted():
    """They are shorter at the zenith as well."""
    error, slants, found = 2.0, np.array([1.0, 1.5, 2.5]), []
    for seed in range(400):
        noise = error * np.random.default_rng(1000 + seed).normal(size=(3, N_SCANS, 5))
        one = shifts_of(drawn(seed, 3) * slants[:, None, None] + noise, error)
        found.append(usual_ionosphere.differences(one, PLANE, slants))
    # the rms of what is left of at most 3^2 + 2^2
    tolerance = 4 * (3**2 + 2**2) / 3**2 / np.sqrt(2 * 400 * 11 * 2)
    assert rms(found) == pytest.approx(3, rel=tolerance)
    noise = error * np.random.default_rng(1).normal(size=(3, N_SCANS, 5))
    assert usual_ionosphere.differences(shifts_of(noise, error), PLANE, np.ones(3)) < error


def test_uncertain_shifts_hardly_count():
    found = []
    for seed in range(100):
        one = shifts_of(drawn(seed, 3))
        one.error[2] = 1000.0
        one.shift[2] += 1000.0 * np.random.default_rng(1000 + seed).normal(size=(N_SCANS, 5))
        found.append(usual_ionosphere.differences(one, PLANE, np.ones(3)))
    # a mean square over 8 shifts of 12: n / (n - 1) is 12 / 11 in place of 8 / 7
    expected = 3 * np.sqrt(12 / 11 * 7 / 8)
    assert rms(found) == pytest.approx(expected, rel=4 / np.sqrt(2 * 100 * 7 * 2))


def test_low_sources_do_not_inflate():
    """A column has a longer path towards them: shifts are larger, the ionosphere is the same.

    Gains hold the plane of the highest source, to which others are relative.
    """
    altitude_deg = np.array([85.0, 70.0, 60.0, 20.0, 12.0])
    slants = usual_ionosphere.slant(altitude_deg)
    assert slants.max() > 2.4
    as_at_zenith, as_they_are = [], []
    for seed in range(200):
        shift = drawn(seed, 5) * slants[:, None, None]
        one = shifts_of(shift - shift[0].mean(axis=0))
        as_at_zenith.append(usual_ionosphere.differences(one, PLANE, slants))
        as_they_are.append(usual_ionosphere.differences(one, PLANE, np.ones(5)))
    # over its path, the plane that gains hold is not the same for all
    number = 5 * N_SCANS
    relative = np.eye(number)
    relative[:, :N_SCANS] -= np.repeat(slants[0] / slants, N_SCANS)[:, None] / N_SCANS
    relative -= relative.mean(axis=0)
    expected = 3 * np.sqrt((relative**2).sum() / (number - 1))
    assert expected == pytest.approx(3, rel=0.1)
    tolerance = 4 / np.sqrt(2 * 200 * (number - 1) * 2)
    assert rms(as_at_zenith) == pytest.approx(expected, rel=tolerance)
    assert rms(as_they_are) > 1.4 * 3


def test_prior_of_gradient_and_curvature():
    """Half as much again as the differences, in TECU/km and TECU/km^2."""
    one = shifts_of(drawn(2, 3))
    found = usual_ionosphere.tecu(one, model_of([90, 90, 90])) * SHIFT_ARCMIN
    plane, bend = (usual_ionosphere.differences(one, part, np.ones(3)) for part in (PLANE, BEND))
    assert found == pytest.approx(np.array([plane] * 2 + [bend] * 3) * 1.5)
    # gains hold what the source with weight has, along its path
    low = usual_ionosphere.tecu(shifts_of(one.shift, held_weight=[0, 0, 1]), model_of([90, 90, 30]))
    slants = usual_ionosphere.slant(np.array([90.0, 90.0, 30.0]))
    expected = 1.5 * slants[2] * usual_ionosphere.differences(one, PLANE, slants)
    assert low[:2] * SHIFT_ARCMIN == pytest.approx([expected] * 2)


def test_a_calm_ionosphere_is_not_expected_to_be_none_at_all():
    found = usual_ionosphere.tecu(shifts_of(np.zeros((2, N_SCANS, 5))), model_of([90, 90]))
    assert found * SHIFT_ARCMIN == pytest.approx([0.05, 0.05, 0.01, 0.01, 0.01])


def test_a_single_shift_tells_nothing():
    """Then the prior is that of usual nights; also where no place was free."""
    single = shifts_of(drawn(1, 1)[:, :1])
    assert np.isnan(usual_ionosphere.differences(single, PLANE, np.ones(1)))
    usual = np.array([3.0, 3.0, 0.6, 0.6, 0.6])
    found = usual_ionosphere.tecu(single, model_of([90])) * SHIFT_ARCMIN
    assert found == pytest.approx(usual)
    held = shifts_of(np.full((2, N_SCANS, 5), np.nan))
    assert usual_ionosphere.tecu(held, model_of([90, 90])) * SHIFT_ARCMIN == pytest.approx(usual)
    none = shifts_of(np.zeros((0, 0, 5)), held_weight=np.zeros(0))
    assert usual_ionosphere.tecu(none, model_of([])) * SHIFT_ARCMIN == pytest.approx(usual)


def test_active_regions_tell_nothing():
    """They are somewhere on the Sun."""
    shift = drawn(3, 3)
    shift[2] *= 20
    slants = np.array([1.0, 1.0, np.nan])
    found = usual_ionosphere.differences(shifts_of(shift), PLANE, slants)
    assert found == usual_ionosphere.differences(shifts_of(shift[:2]), PLANE, np.ones(2))
    model = model_of([90.0, 90.0, 90.0])
    model["sources"][2]["kind"] = "solar"
    assert usual_ionosphere.tecu(shifts_of(shift), model)[0] == pytest.approx(
        usual_ionosphere.MEAN_OVER_DIFFERENCES * found / SHIFT_ARCMIN
    )
