"""The antenna-health database, by a stand-in for its package in an interpreter of its own."""

import json
import subprocess
import sys

import pytest

from health_case import assess, statuses
from lwacal.runtime import paths

SCRIPTS = paths.SCRIPTS


def ask_mnc(tmp_path, module, **changes):
    """Run the query against a stand-in for the mnc package, in an interpreter of its own."""
    numbers = "def antname_to_correlator(name):\n    return int(name[4:]) - 1\n"
    for package, name, text in (("mnc", "anthealth", module), ("lwa_antpos", "mapping", numbers)):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
        (tmp_path / package / f"{name}.py").write_text(text)
    (tmp_path / "manifest.json").write_text('{"observation": {"mid_mjd_s": 5223258010.0}}')
    settings = {"enabled": True, "command": "", "timeout_s": 20, "tries": 1, **changes}
    subprocess.run(
        [
            sys.executable,
            SCRIPTS / "mnc_query.py",
            "--manifest",
            tmp_path / "manifest.json",
            "--settings",
            json.dumps(settings),
            "--output",
            tmp_path / "mnc.json",
        ],
        check=True,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
    )
    return json.loads((tmp_path / "mnc.json").read_text())


def test_database_answer_becomes_a_list(tmp_path):
    module = "def get_badants(method, time=None):\n    return time - 1, ['LWA-005B', 'LWA-010A']\n"
    answer = ask_mnc(tmp_path, module)
    assert answer["ok"]
    assert answer["bad"] == ["LWA-005B", "LWA-010A"]
    assert answer["numbers"] == {"LWA-005B": 4, "LWA-010A": 9}
    assert answer["requested_mjd"] - answer["list_mjd"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("def get_badants(method, time=None):\n    raise OSError('etcd is away')\n", "etcd is"),
        ("import time\ntime.sleep(60)\n", "timeout_s"),
        ("def get_badants(method, time=None):\n    import os\n    os._exit(3)\n", "exit code 3"),
        ("print('{\"bad\": 7}')\nraise SystemExit\n", "exit code 0"),
        ("print('{\"bad\": []}')\nraise SystemExit\n", "exit code 0"),
        ("def get_badants(method, time=None):\n    return None\n", "TypeError"),
        ("def get_badants(method, time=None):\n    return float('nan'), []\n", "exit code 0"),
        ("def get_badants(method, time=None):\n    print('{')\n    return 'x', []\n", "float"),
    ],
    ids=["exception", "time-out", "crash", "garbage", "no time", "nothing", "nan", "no number"],
)
def test_failing_database_is_recorded_and_stops_nothing(tmp_path, module, words):
    answer = ask_mnc(tmp_path, module, timeout_s=2)
    assert not answer["ok"]
    assert words in answer["message"]


def test_empty_list_of_the_database_is_an_answer(tmp_path):
    """Nobody is bad; no hard-coded list takes its place."""
    answer = ask_mnc(tmp_path, "def get_badants(method, time=None):\n    return time, []\n")
    assert (answer["ok"], answer["bad"]) == (True, [])
    assert statuses(assess(tmp_path, mnc={**answer, "list_mjd": 60454.37})) == {}


def test_list_that_the_database_has_not_renewed_is_not_used(tmp_path):
    """It gives the newest list before a time, however old."""
    module = "def get_badants(method, time=None):\n    return time - 31, ['LWA-005B']\n"
    answer = ask_mnc(tmp_path, module)
    observed_mjd = 60454.37
    answer["list_mjd"] += observed_mjd - answer["requested_mjd"]
    record = assess(tmp_path, mnc=answer)
    source = next(item for item in record["sources"] if item["name"] == "mnc")
    assert not source["used"]
    assert source["age_days"] == pytest.approx(31, abs=0.1)
    assert "31.0 days old" in source["message"]
    assert statuses(record) == {}


def test_busy_database_is_asked_again(tmp_path):
    module = (
        "import pathlib\n"
        "def get_badants(method, time=None):\n"
        "    seen = pathlib.Path(__file__).with_name('seen')\n"
        "    if not seen.exists():\n"
        "        seen.touch()\n"
        "        raise OSError('busy')\n"
        "    return time, ['LWA-003A']\n"
    )
    assert ask_mnc(tmp_path, module, tries=2)["bad"] == ["LWA-003A"]


def test_other_numbers_in_the_database_are_said(tmp_path):
    mnc = {"ok": True, "list_mjd": 60454.37, "bad": ["LWA-005B"], "numbers": {"LWA-005B": 200}}
    record = assess(tmp_path, mnc=mnc)
    assert ("LWA005", "Y") in statuses(record)
    source = next(item for item in record["sources"] if item["name"] == "mnc")
    assert "number 4 in the data, 200 in the database" in source["message"]


def test_absent_environment_is_recorded(tmp_path):
    answer = ask_mnc(tmp_path, "", command="/absent/python")
    assert "health.mnc.command" in answer["message"]
