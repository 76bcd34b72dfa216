"""One run at a time on an observation: who holds it is said; records of killed runs go."""

import errno
import json
import os
import socket
import subprocess
import sys

import pytest

from fault_place import wait_for
from lwacal.driver import run_lock

NAME = "20240524_090003"


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def other():
    """A process that lives until the end of the test."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.communicate(b"\n")


def record(running=None, **changed):
    """Return a record of a process, of this one by default."""
    pid = running.pid if running else os.getpid()
    own = run_lock.this_run("snakemake nights")
    return {**own, "pid": pid, "process": run_lock._process(pid), **changed}


def gone():
    process = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    process.stdin.close()
    left = record(process)
    process.wait()
    return left


def holder(results, name=NAME):
    return json.loads(run_lock.record_path(results, name).read_text())["pid"]


def test_second_run_is_refused_in_words(results, other):
    run_lock.take(results, [NAME], record(other))
    with pytest.raises(run_lock.RunningError) as caught:
        run_lock.take(results, [NAME], record())
    for words in (
        NAME,
        socket.gethostname(),
        f"process {other.pid}",
        "UTC",
        os.getcwd(),
        "snakemake nights",
        "--unlock",
        "Wait for it",
    ):
        assert words in str(caught.value)
    assert holder(results) == other.pid


def test_all_observations_are_taken_or_none(results, other):
    run_lock.take(results, ["b"], record(other))
    with pytest.raises(run_lock.RunningError):
        run_lock.take(results, ["a", "b", "c"], record())
    assert run_lock._names(results) == ["b"]
    run_lock.take(results, ["a", "c"], record())  # other observations at the same time
    run_lock.release(results, ["a", "b", "c"], record())
    assert run_lock._names(results) == ["b"]
    assert sorted(path.name for path in (results / ".running").iterdir()) == ["b.run"]


def test_run_that_was_killed_does_not_block_the_next(results):
    run_lock.take(results, [NAME], gone())
    said = run_lock.take(results, [NAME], record())
    assert "was killed" in said[0]
    assert "scancel" in said[0]
    assert holder(results) == os.getpid()


def test_process_of_the_same_number_is_not_the_same_process(results, other):
    run_lock.take(results, [NAME], record(other, process="another boot 123"))
    run_lock.take(results, [NAME], record())
    assert holder(results) == os.getpid()


def test_record_taken_over_by_a_faster_run_is_left_to_it(results, other):
    run_lock.take(results, [NAME], record(other))
    held = run_lock._replace(run_lock.record_path(results, NAME), gone(), record())
    assert held["pid"] == other.pid
    assert holder(results) == other.pid


def test_run_of_another_host_is_not_judged(results):
    run_lock.take(results, [NAME], {**gone(), "host": "calim99"})
    past = run_lock.time.time() - 7200
    os.utime(run_lock.record_path(results, NAME), (past, past))
    with pytest.raises(run_lock.RunningError, match=r"calim99[\s\S]*sign of life was 120 min ago"):
        run_lock.take(results, [NAME], record())
    run_lock.sign_of_life(results, [NAME])
    with pytest.raises(run_lock.RunningError, match="sign of life was 0 min ago"):
        run_lock.take(results, [NAME], record())
    (said,) = run_lock.remove(results, [NAME, "none"])
    assert "unlocked; was locked by the run" in said
    assert "scancel" in said
    assert run_lock.take(results, [NAME], record()) == []


def test_run_gives_signs_of_life_though_nothing_happens(results, monkeypatch):
    run_lock.take(results, [NAME], record())
    path, touch, calls = run_lock.record_path(results, NAME), os.utime, []

    def stale_at_first(touched, *words):
        calls.append(touched)
        if len(calls) == 1:
            raise OSError(errno.ESTALE, "Stale file handle")
        touch(touched, *words)

    monkeypatch.setattr(os, "utime", stale_at_first)
    touch(path, (1, 1))
    living = run_lock.SignsOfLife(results, ["removed", NAME], every_s=0.01)
    living.start()
    wait_for(lambda: path.stat().st_mtime > 1, 5)
    living.end()
    living.join(5)
    assert not living.is_alive()


def test_unlocking_does_not_unlock_a_run_that_is_there(results, other):
    run_lock.take(results, [NAME], record(other))
    assert "not unlocked" in run_lock.remove(results, [NAME])[0]
    assert holder(results) == other.pid


def test_record_that_cannot_be_read_is_one_of_somebody(results):
    (results / ".running").mkdir(parents=True)
    run_lock.record_path(results, NAME).write_text("{")
    with pytest.raises(run_lock.RunningError, match="cannot be read"):
        run_lock.take(results, [NAME], record())
    run_lock.remove(results, [NAME])
    assert run_lock.read(run_lock.record_path(results, NAME)) is None


def test_without_hard_links_the_file_must_be_new(results, other, monkeypatch):
    def no_links(*_):
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", no_links)
    run_lock.take(results, [NAME], record(other))
    assert holder(results) == other.pid
    with pytest.raises(run_lock.RunningError, match=f"process {other.pid}"):
        run_lock.take(results, [NAME], record())


def test_link_that_was_made_though_it_is_said_to_be_there_is_the_own_one(results, monkeypatch):
    link = os.link

    def asked_again(*paths):
        link(*paths)
        raise FileExistsError(errno.EEXIST, "File exists")

    monkeypatch.setattr(os, "link", asked_again)
    assert run_lock.take(results, [NAME], record()) == []
    assert holder(results) == os.getpid()
    with pytest.raises(run_lock.RunningError):
        run_lock.take(results, [NAME], record(since="earlier"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([NAME], f"{NAME} is being calibrated by another run"),
        (["another"], f"Another run in this folder works on {NAME}"),
    ],
)
def test_who_holds_snakemakes_lock(results, other, asked, expected):
    run_lock.take(results, [NAME], record(other))
    assert run_lock.lock_words(results, asked, os.getcwd()).startswith(expected)


def test_lock_left_by_a_run_that_was_killed_is_explained(results):
    assert "No run is known" in run_lock.lock_words(results, [NAME], os.getcwd())
    run_lock.take(results, [NAME], gone())
    said = run_lock.lock_words(results, [NAME], os.getcwd())
    assert f"The run on {NAME}" in said
    assert "was killed" in said
    assert "--unlock" in said
