"""The study of swaps (make swaps): that it sees a swap, and what it makes of its draws."""

import numpy as np
import pytest

import swap_study
from lwacal.simulate import layout
from lwacal.sky import sources
from lwacal.telescope import geometry, naming
from swap_study import Judged, Outcome

HZ = np.array([18e6, 27e6])
FIRST, LAST, EVERY, NONE = slice(1), slice(1, 2), slice(2), slice(0)
RIGHT = Judged(0.98, 0.999, 0.1, False)
SWAPPED = Judged(0.01, 0.99, 33.0, True)
WITHOUT = Judged(np.nan, np.nan, np.nan, False)


def from_cyg_to_cas():
    """Return Cas A minus Cyg A at LST 20 h, direction cosines to the east and north (2,)."""
    places = [sources.POSITIONS[name] for name in ("CygA", "CasA")]
    mjd_s = naming.stamp_time("20240601_110000")
    cyg, cas = (geometry.itrf_direction(one.ra_rad, one.dec_rad, mjd_s) for one in places)
    return (geometry.enu_axes() @ (cas - cyg))[:2]


@pytest.fixture(scope="module")
def outcome():
    """A draw in which Cas A outshines Cyg A."""
    return swap_study.draw(45, n_antennas=24, n_channels=4)


def test_a_draw_is_solved_without_a_swap(outcome):
    assert outcome.converged
    assert not outcome.fitted.swapped
    assert outcome.fitted.eta > 0.98
    assert outcome.fitted.shift_deg < 0.2


def test_with_the_fluxes_of_the_model_its_sources_are_swapped(outcome):
    assert outcome.held.swapped
    assert outcome.held.eta < 0.1
    distance_deg = np.rad2deg(np.linalg.norm(from_cyg_to_cas()))
    assert outcome.held.shift_deg == pytest.approx(distance_deg, abs=0.5)


def judged(shift, channels=EVERY, pols=EVERY, flagged=NONE):
    """Return what becomes of true gains with the plane of a shift, (2,) direction cosines."""
    draw = np.random.default_rng(2)
    positions_m = layout.built_in(64).antennas.positions_m
    gain = np.exp(0.2 * draw.normal(size=(64, 2, 2)) + 2j * np.pi * draw.random((64, 2, 2)))
    turns = HZ / 299792458.0 * (geometry.local_enu_m(positions_m)[:, :2] @ shift)[:, None]
    moved = gain.copy()
    moved[:, channels, pols] *= np.exp(2j * np.pi * turns)[:, channels, None]
    flag = np.zeros(gain.shape, bool)
    flag[:, flagged] = True
    return swap_study.judge(gain, moved, flag, positions_m, HZ)


@pytest.mark.parametrize("where", [{}, {"channels": LAST}, {"channels": FIRST, "pols": LAST}])
def test_a_plane_from_source_to_source_is_a_swap_in_any_channel(where):
    shift = from_cyg_to_cas()
    found = judged(shift, **where)
    assert found.swapped
    assert found.eta < 0.1
    assert found.shift_deg == pytest.approx(np.rad2deg(np.linalg.norm(shift)), abs=0.01)


def test_refraction_is_no_swap():
    """A shift of 1 degree, eight times the rms at 18 MHz, even if the target is lost."""
    found = judged(np.deg2rad([0.8, 0.6]))
    assert found.eta < swap_study.LOST_ETA
    assert found.shift_deg == pytest.approx(1, abs=1e-3)
    assert not found.swapped


def test_what_is_flagged_does_not_count():
    shift = from_cyg_to_cas()
    assert judged(shift, channels=LAST, flagged=LAST).eta == pytest.approx(1)
    nothing = judged(shift, flagged=EVERY)
    assert not nothing.swapped
    assert not nothing.solved


def test_draws_go_through_all_settings():
    n_settings = len(swap_study.SETTINGS)
    assert n_settings == 12
    found = [swap_study.setting_of(number) for number in range(1, 2 * n_settings + 1)]
    assert {found.count(one) for one in swap_study.SETTINGS} == {2}


@pytest.mark.parametrize(("n_swaps", "n_draws"), [(0, 300), (2, 50)])
def test_the_limit_leaves_so_few_swaps_a_chance_of_five_percent(n_swaps, n_draws):
    draw = np.random.default_rng(4)
    limit = swap_study.upper_limit(n_swaps, n_draws)
    few = draw.binomial(n_draws, limit, 100_000) <= n_swaps
    assert few.mean() == pytest.approx(0.05, abs=0.003)
    assert swap_study.upper_limit(n_draws, n_draws) == 1


def test_the_page_counts_by_setting():
    outcomes = [Outcome(number, RIGHT, RIGHT, True) for number in range(1, 13)]
    outcomes[2] = Outcome(3, SWAPPED, SWAPPED, False)
    outcomes += [Outcome(13, WITHOUT, RIGHT, False), Outcome(15, RIGHT, SWAPPED, True)]
    text = swap_study.page(outcomes, "the command", "abc1234")
    lines = text.splitlines()
    assert "**1 of 13 draws are swapped." in text
    assert "1 further draws have no gains." in text
    assert "| 0.4 (0.41) | 2 | 27MHz | 2 | 1 | 0 | 0.9800 (0.9990) | 50% | 2 |" in lines
    assert "| 0.4 (0.72) | 2 | 18MHz | 2 | 0 | 1 | 0.9800 (0.9990) | 50% | 0 |" in lines
    assert "| all |  |  | 14 | 1 | 1 | 0.9800 (0.9990) | 86% | 2 |" in lines
    assert [line for line in lines if line.startswith("Swapped: 3:")]
    assert "the command" in text
    assert "abc1234" in text


def test_finished_draws_of_a_commit_are_not_redone(tmp_path, monkeypatch, capsys):
    done, asked = tmp_path / "draws.jsonl", []

    def draw(number):
        asked.append(number)
        return Outcome(number, RIGHT, WITHOUT, True)

    monkeypatch.setattr(swap_study, "draw", draw)
    for commit, n_draws, numbers in (
        ("abc1234", 2, [1, 2]),
        ("abc1234", 3, [3]),
        ("other", 2, [1, 2]),
        ("other-dirty", 1, [1]),
        ("other-dirty", 1, [1]),
    ):
        asked.clear()
        monkeypatch.setattr(swap_study, "commit_now", lambda name=commit: name)
        monkeypatch.setattr("sys.argv", ["", "--draws", str(n_draws), "--records", str(done)])
        swap_study.main()
        assert asked == numbers
        assert f"0 of {n_draws} draws are swapped" in capsys.readouterr().out
