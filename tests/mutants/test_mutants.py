"""Mutation testing in a project of one module: a planted error is noticed, and taken back.

What Cosmic Ray itself does is checked when it runs: each operator against its own examples.
"""

import shutil
import sys
from pathlib import Path

import pytest

from lwacal.runtime import paths
from mutants import copy, own_tests, results

MODULE = Path("workflow/scripts/lwacal/sky/doubling.py")
TEST = Path("tests/sky/test_doubling.py")
CODE = "def doubled(x):\n    return 2 * x\n"
TEST_CODE = """\
from lwacal.sky import doubling


def test_doubled():
    assert doubling.doubled(3) == 6
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A project with one module, and one test of it."""
    folder = tmp_path_factory.mktemp("mutants") / "project"
    shutil.copytree(paths.PROJECT / "mutants", folder / "mutants")
    for path, text in {
        MODULE: CODE,
        MODULE.with_name("__init__.py"): "",
        MODULE.parents[1] / "__init__.py": "",
        TEST: TEST_CODE,
        Path("tests/helpers/nothing.py"): "",
        Path("pytest.ini"): (
            "[pytest]\npythonpath = workflow/scripts\naddopts = --import-mode=importlib\n"
        ),
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture(scope="module")
def server(place):
    with copy.Server(Path(sys.executable), place) as server:
        yield server


def test_unchanged_code_passes(server):
    answer = server.run([TEST], 60.0)
    assert answer["outcome"] == "passed"
    assert 0 < answer["seconds"] < 60


def test_every_mutant_is_compiled_and_the_code_restored(server, place):
    """All have the same size and are made in the same second, which is what Python looks at."""
    path = place / MODULE
    before = path.stat()
    for digit, outcome in (("3", "failed"), ("2", "passed"), ("4", "failed")):
        with copy.changed(path, CODE.replace("2", digit)):
            answer = server.run([TEST], 60.0)
        assert answer["outcome"] == outcome
        assert ("test_doubled" in answer["by"]) == (outcome == "failed")
    assert server.run([TEST], 60.0)["outcome"] == "passed"
    assert path.read_text() == CODE
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_module_that_cannot_be_imported_is_noticed(server, place):
    with copy.changed(place / MODULE, "1 / 0\n"):
        assert server.run([TEST], 60.0)["outcome"] in ("failed", "broken")


def test_a_mutant_that_never_ends_is_stopped(server, place):
    endless = CODE.replace("return", "while True: pass\n    return")
    with copy.changed(place / MODULE, endless):
        assert server.run([TEST], 3.0)["outcome"] == "timeout"
    assert server.run([TEST], 60.0)["outcome"] == "passed"


def test_tests_of_a_module_are_those_of_its_name_then_those_that_import_it():
    module = "calibration/stefcal"
    named = Path("tests/calibration/test_stefcal.py")
    other = Path("tests/calibration/test_stated_errors.py")  # of bandpass_stefcal, which uses it
    unrelated = Path("tests/telescope/test_naming.py")
    seconds = {other: 0.1, named: 1.0, unrelated: 0.1}
    assert own_tests.choose(module, seconds, 2.0) == [named, other]
    assert own_tests.choose(module, seconds, 0.5) == [named]
    assert own_tests.choose(module, {named: float("inf"), other: 0.1}, 0.5) == [other]


def record(*survivors):
    return {
        "date": "2024-05-24",
        "commit": "abc",
        "version": "8",
        "possible": 50,
        "tried": 10,
        "sample": 10,
        "seed": 1,
        "seconds": 0.5,
        "survivors": [
            {"function": "f", "before": before, "after": after, "operator": "Twin"}
            for before, after in survivors
        ],
    }


def test_page_counts_mutants_and_lists_survivors_with_their_judgement():
    found = {"sky/a": record(("x < 1", "x <= 1"), ("x + 1", "x - 1")), "sky/b": record()}
    judged = {("sky/a", "x < 1", "x <= 1"): ("equivalent", "x is never 1")}
    page = results.page(found, judged)
    assert "| sky/a | 2024-05-24, abc | 50 | 10 | 8 | 2 | 0.5 |" in page
    assert "| all | | 100 | 20 | 18 | 2 | |" in page
    assert "`x < 1` → `x <= 1`  \n  equivalent: x is never 1" in page
    assert f"`x + 1` → `x - 1`  \n  {results.UNJUDGED}" in page
    assert "## sky/b" not in page
