"""How long a run still takes: from what jobs took, here and earlier."""

import pytest

from lwacal.driver import time_left


def test_time_left_goes_by_what_jobs_of_a_rule_took():
    left = time_left.TimeLeft({"flag": 50, "image_allsky": 1000})
    left.finished("flag", 5)
    left.finished("flag", 5)
    assert left.job_s("image_allsky") == pytest.approx(100)  # a tenth of earlier, as flag
    # 10 s of work took 60 s, with 20 s to begin with: 30 s in 80 s; 5 + 100 s of work are left
    assert left.left_s({"flag": 1, "image_allsky": 1}, [], 60) == pytest.approx(105 * 80 / 30)
    # half of one that runs is done
    assert left.left_s({}, [("flag", 2.5)], 60) == pytest.approx(2.5 * 80 / 32.5)


def test_time_left_of_a_run_at_a_steady_pace_becomes_what_it_takes():
    left = time_left.TimeLeft({"flag": 1})
    for _ in range(100):
        left.finished("flag", 10)  # two side by side
    assert left.left_s({"flag": 100}, [], 500) == pytest.approx(500, rel=0.03)


def test_time_left_is_a_guess_while_most_of_it_is_of_jobs_never_seen_here():
    left = time_left.TimeLeft({"flag": 5})
    assert left.is_guess({"flag": 3, "image_allsky": 1}, [])
    assert not left.is_guess({"flag": 3}, [("concat", 1)])
    left.finished("image_allsky", 200)
    assert not left.is_guess({"flag": 3, "image_allsky": 1}, [])


def test_no_time_is_told_before_anything_is_known():
    assert time_left.TimeLeft({}).left_s({"flag": 1}, [], 100) is None
    left = time_left.TimeLeft({})
    left.finished("flag", 1)
    assert left.left_s({"flag": 1}, [], 1) is None


def test_earlier_times_are_those_of_benchmarks(tmp_path):
    for night, seconds in (("a", 2), ("b", 4), ("c", 12)):
        path = tmp_path / night / "flag" / "73MHz.tsv"
        path.parent.mkdir(parents=True)
        path.write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")
        (tmp_path / night / "broken.tsv").write_text("x\n")
    (tmp_path / "results.json").write_text("{}")
    assert time_left.earlier(tmp_path) == {"flag": 4}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "10 s"),
        (44, "40 s"),
        (89, "90 s"),
        (100, "2 min"),
        (5000, "83 min"),
        (9000, "2.5 h"),
    ],
)
def test_times_in_words(seconds, words):
    assert time_left.words(seconds) == words
