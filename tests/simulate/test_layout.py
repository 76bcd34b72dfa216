"""The built-in layout has the statistics of the real array; other layouts come from files."""

import numpy as np
import pytest

from lwacal.simulate import layout
from lwacal.telescope import geometry
from small_sets import small_array, write_raw


def distances_m(found):
    enu = geometry.local_enu_m(found.antennas.positions_m)
    return np.linalg.norm(enu[:, :2], axis=1)


def test_full_array_has_the_statistics_of_the_real_one():
    found = layout.built_in(352)
    distance = distances_m(found)
    assert len(set(found.antennas.names)) == 352
    assert (distance < 110).sum() == 238
    assert found.fibre.sum() == 109
    assert 150 < distance[found.fibre].min() < 170
    assert 1550 < distance.max() < 1600
    core = geometry.local_enu_m(found.antennas.positions_m)[distance < 110][:, :2]
    apart = np.linalg.norm(core[:, None] - core[None], axis=-1)
    assert apart[np.triu_indices(len(core), 1)].min() > 5


@pytest.mark.parametrize("number", [5, 20, 64, 352])
def test_layout_is_reproducible_and_has_the_reference_antenna(number):
    first, second = layout.built_in(number), layout.built_in(number)
    assert len(first.antennas.names) == number
    assert "LWA253" in first.antennas.names
    assert first.antennas.names == second.antennas.names
    assert np.array_equal(first.antennas.positions_m, second.antennas.positions_m)


@pytest.mark.parametrize("number", [4, 353])
def test_other_sizes_are_refused(number):
    with pytest.raises(ValueError, match=f"5 to 352 antennas, not {number}"):
        layout.built_in(number)


def test_positions_from_itrf_or_local_coordinates(tmp_path):
    array = small_array(6)
    enu = geometry.local_enu_m(array.positions_m)
    rows = {
        "itrf.csv": ("name,x_m,y_m,z_m,signal_type", array.positions_m),
        "local.csv": ("name,east_m,north_m,up_m,signal_type", enu),
    }
    for file, (header, places) in rows.items():
        lines = [
            f"{name[:3]}-{name[3:]},{','.join(map(repr, map(float, place)))},{kind}"
            for name, place, kind in zip(array.names, places, ["Fiber", "Coax"] * 3)
        ]
        (tmp_path / file).write_text("\n".join([header, *lines]))
        found = layout.from_csv(tmp_path / file)
        assert found.antennas.names == array.names
        assert found.antennas.positions_m == pytest.approx(array.positions_m, abs=1e-6)
        assert found.fibre.tolist() == [True, False] * 3


@pytest.mark.parametrize(
    ("text", "said"), [("name,x\nA,1", "needs columns name and x_m"), ("name,x_m\n", "no antennas")]
)
def test_incomplete_tables_are_refused(tmp_path, text, said):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(ValueError, match=said):
        layout.from_csv(tmp_path / "bad.csv")


def test_positions_from_a_measurement_set(tmp_path):
    array = small_array(6)
    found = layout.from_ms(write_raw(tmp_path, array))
    assert found.antennas.names == array.names
    assert np.array_equal(found.antennas.positions_m, array.positions_m)


def test_built_in_layout_resembles_the_real_array(real_data):
    real = layout.from_csv(real_data / "antennas" / "antennas.csv")
    made = layout.built_in(352)
    assert len(real.antennas.names) == 352
    assert abs(int(real.fibre.sum()) - int(made.fibre.sum())) <= 10
    shares = [10, 25, 50, 75, 90, 99]
    assert np.percentile(distances_m(made), shares) == pytest.approx(
        np.percentile(distances_m(real), shares), rel=0.15
    )
