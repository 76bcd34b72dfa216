"""Model visibilities: points by their phases, shapes by the baselines that their sources see."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from lwacal.sky import predict
from lwacal.telescope import geometry, naming, site
from lwacal.telescope.constants import SPEED_OF_LIGHT_M_S
from small_sets import small_array

MJD_S = naming.stamp_time("20240524_090003")
FREQUENCY_HZ = np.array([30e6, 60e6, 80e6])
ARRAY = small_array(6)
FIRST, SECOND = np.triu_indices(6, 1)
CENTRE = site.zenith(MJD_S)
SOURCES = np.array([CENTRE, (CENTRE[0] + 0.3, CENTRE[1] - 0.2)])
FLUX_XX = np.array([[3.0, 2, 1], [6, 5, 4]])
FLUX_YY = 2 * FLUX_XX + 1


class Lopsided:
    """Stands in for a source's shape: complex, another for each end of u and v and channel."""

    def at(self, uv_m):
        turns = uv_m @ [1.0, 0.5] / 300.0
        return np.exp(2j * np.pi * turns[:, None] * np.arange(1, 4)) / (1 + turns**2)[:, None]


def factored(shapes):
    return predict.factor_by_antenna(
        ARRAY.positions_m, FREQUENCY_HZ, MJD_S, SOURCES, FLUX_XX, FLUX_YY, shapes, CENTRE
    )


def points():
    """Return the visibilities of each source alone, (source, row, channel, 2), by definition."""
    towards = geometry.itrf_direction(SOURCES[:, 0], SOURCES[:, 1], MJD_S)
    baseline_m = ARRAY.positions_m[FIRST] - ARRAY.positions_m[SECOND]
    path_m = (towards - geometry.itrf_direction(*CENTRE, MJD_S)) @ baseline_m.T
    phase = 2 * np.pi * path_m[..., None] * FREQUENCY_HZ / SPEED_OF_LIGHT_M_S
    flux = np.stack([FLUX_XX, FLUX_YY], axis=-1)[:, None]
    return np.exp(1j * phase)[..., None] * flux


def test_points_have_the_phase_of_their_path_and_add_up():
    found = factored([None, None]).rows(FIRST, SECOND)
    assert found.shape == (15, 3, 2)
    assert found == pytest.approx(points().sum(axis=0), abs=2e-4)


def test_a_shape_is_that_of_the_baselines_in_the_frame_of_its_source():
    uvw_m = geometry.antenna_uvw_m(ARRAY.positions_m, *SOURCES[1], MJD_S)
    shape = Lopsided().at((uvw_m[FIRST] - uvw_m[SECOND])[:, :2])
    expected = points()
    expected[1] *= shape[..., None]
    found = factored([None, Lopsided()]).rows(FIRST, SECOND)
    assert found == pytest.approx(expected.sum(axis=0), abs=2e-4)


def test_without_sources_there_is_nothing():
    nothing = np.zeros((0, 3))
    found = predict.factor_by_antenna(
        ARRAY.positions_m, FREQUENCY_HZ, MJD_S, np.zeros((0, 2)), nothing, nothing, [], CENTRE
    )
    assert not found.rows(FIRST, SECOND).any()


@dataclass
class Constant:
    """Diffuse emission that is the same on all baselines, and differs by channel."""

    of_channel: np.ndarray

    def visibilities(self, antenna1, antenna2):
        shape = (2, len(self.of_channel), len(antenna1))
        return np.broadcast_to(self.of_channel[:, None], shape).astype(np.complex64)


def test_diffuse_emission_adds_and_parts_are_parts():
    draw = np.random.default_rng(4)
    whole = predict.factor_by_antenna(
        small_array(5, 200.0, 1).positions_m,
        np.linspace(40e6, 44e6, 6),
        MJD_S,
        [[1.0, 0.5], [2.0, 0.7], [1.5, 0.2]],
        draw.random((3, 6)),
        draw.random((3, 6)),
        [None] * 3,
        (1.5, 0.6),
    )
    first, second = np.triu_indices(5, 1)
    points = whole.visibilities(first, second)
    level = np.arange(1.0, 7.0)
    seen = replace(whole, diffuse=Constant(level), diffuse_factor=0.5)
    assert np.allclose(seen.visibilities(first, second), points + level[:, None] / 2)
    some = seen.of_channels(np.array([4, 1])).visibilities(first, second)
    assert np.allclose(some, seen.visibilities(first, second)[:, [4, 1]])
    parts = [seen.of_sources(np.array(numbers)) for numbers in ([0, 2], [1])]
    assert np.allclose(sum(part.visibilities(first, second) for part in parts), points, atol=1e-6)


@pytest.mark.parametrize("order", ["first antenna", "second antenna", "random"])
def test_many_points_add_up_in_any_order_of_rows(order):
    """More first antennas than one product takes; XX and YY differ."""
    draw = np.random.default_rng(8)
    array, number = small_array(20), 7
    radec = np.array(CENTRE) + draw.uniform(-0.4, 0.4, (number, 2))
    flux_xx, flux_yy = draw.uniform(1, 9, (2, number, 3))
    first, second = np.triu_indices(20)  # with autocorrelations
    if order == "second antenna":
        by = np.lexsort((first, second))
        first, second = first[by], second[by]
    elif order == "random":
        first, second = draw.permuted(np.column_stack([first, second]), axis=1).T
        by = draw.permutation(len(first))
        first, second = first[by], second[by]
    shapes = [None, Lopsided(), *[None] * (number - 2)]
    model = predict.factor_by_antenna(
        array.positions_m, FREQUENCY_HZ, MJD_S, radec, flux_xx, flux_yy, shapes, CENTRE
    )
    expected = sum(model.of_sources(np.array([n])).rows(first, second) for n in range(number))
    assert model.rows(first, second) == pytest.approx(expected, abs=1e-3)
    towards = geometry.itrf_direction(radec[:, 0], radec[:, 1], MJD_S)
    path_m = (towards - geometry.itrf_direction(*CENTRE, MJD_S)) @ (
        array.positions_m[first] - array.positions_m[second]
    ).T
    phasors = np.exp(2j * np.pi * path_m[..., None] * FREQUENCY_HZ / SPEED_OF_LIGHT_M_S)
    points = np.delete(np.arange(number), 1)
    plain = np.einsum("src,sc->rc", phasors[points], flux_yy[points])
    found = model.of_sources(points).rows(first, second)[..., 1]
    assert found == pytest.approx(plain, abs=1e-3)
