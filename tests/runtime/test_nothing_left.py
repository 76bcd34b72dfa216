"""Atomic products, removal of scratch directories, and child processes of killed jobs."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from fault_place import wait_for
from lwacal.driver import summary
from lwacal.ingest import discover
from lwacal.runtime import atomic, errors, products, scratch
from workflow_run import PROJECT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT / "workflow" / "scripts")}


def python(text, *words):
    """Start a Python process that runs ``text``."""
    return subprocess.Popen(
        [sys.executable, "-c", text, *words],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_failing_work_leaves_the_old_product(tmp_path):
    place = tmp_path / "folder"
    for text in ("old", "new"):
        with atomic.output(place) as part:
            part.mkdir()
            (part / "data").write_text(text)
    with pytest.raises(FileNotFoundError, match="gone"), atomic.output(place) as part:
        (part.mkdir(), (part / "gone").read_text())
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert (place / "data").read_text() == "new"


def test_leftovers_of_a_killed_job_are_replaced(tmp_path):
    """A job killed while moving the old folder aside leaves neither in place of the product."""
    gone = python("")
    gone.wait()
    for name in (f"folder.{socket.gethostname()}.{gone.pid}.part", "folder.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").write_text("")
    with atomic.output(tmp_path / "folder") as part:
        part.mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert list((tmp_path / "folder").iterdir()) == []


def test_two_processes_writing_one_product_do_not_interfere(tmp_path):
    """A job outlives a run that was killed, or runs on another host: the last to finish wins."""
    text = """
from lwacal.runtime import atomic
import sys
with atomic.output(sys.argv[1]) as part:
    (part.mkdir(), (part / "first").write_text(""))
    print("writing", flush=True)
    sys.stdin.read()
"""
    first = python(text, str(tmp_path / "folder"))
    first.stdout.readline()
    with atomic.output(tmp_path / "folder") as part:
        part.mkdir()
        first.communicate("")
        assert first.returncode == 0
        assert [path.name for path in (tmp_path / "folder").iterdir()] == ["first"]
    assert list((tmp_path / "folder").iterdir()) == []


def test_partial_product_of_another_host_stays_for_a_day(tmp_path):
    half = [tmp_path / f"a.json.node-{number}.cluster.7.part" for number in range(2)]
    for number, path in enumerate(half):
        path.mkdir()
        (path / "data").write_text("")
        past = time.time() - atomic.ABANDONED_S + 60 - 120 * number
        os.utime(path / "data", (past, past))
        os.utime(path, (0, 0))  # the files in a folder count, not the folder itself
    others = tmp_path / "a.json.parts.7.csv"
    others.write_text("")
    with atomic.output(tmp_path / "a.json") as part:
        part.write_text("{}")
    assert set(tmp_path.iterdir()) == {half[0], others, tmp_path / "a.json"}


def test_full_disk_names_the_product(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, atomic.output(tmp_path / "a.json"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    words = errors.explain(caught.value)
    assert str(tmp_path / "a.json") in words
    assert "key results" in words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyboardInterrupt(), ["Ctrl-C", "Run again"]),
        (KeyError("antennas"), ["KeyError: 'antennas'", "results/NAME/outcome.json -R RULE"]),
        (MemoryError(), ["--set-resources RULE:mem_mb=N", "--cores N", "--resources mem_mb=N"]),
        (BrokenProcessPool(), ["lack of memory", "--cores N", "--resources mem_mb=N"]),
    ],
)
def test_explanation_says_what_to_try_and_no_more(error, words):
    """Remaking everything is bad advice: without a target that means every night."""
    said = errors.explain(error)
    assert [one for one in words if one not in said] == []
    assert "snakemake -F" not in said


def test_only_scratch_of_killed_jobs_is_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    text = (
        "from lwacal.runtime import scratch; import time; print(*scratch.make('x')); time.sleep(60)"
    )
    killed, alive = (
        python(f"import tempfile; tempfile.tempdir={str(tmp_path)!r}; {text}") for _ in range(2)
    )
    places = [process.stdout.readline().split()[0] for process in (killed, alive)]
    killed.kill()
    killed.wait()
    other = tmp_path / "lwacal-scratch-another-machine-x"
    other.mkdir()
    with scratch.scratch_directory("mine") as mine:
        left = {str(path) for path in tmp_path.iterdir()}
        assert left == {places[1], str(other), str(mine)}
    alive.kill()
    alive.wait()


WORKERS = """
import multiprocessing, sys, time
from concurrent.futures import ProcessPoolExecutor
from lwacal.runtime.processes import end_with_parent
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(1, context, initializer=end_with_parent)
    print(pool.submit(__import__("os").getpid).result(), flush=True)
    time.sleep(60)
"""


def test_workers_end_with_a_killed_job():
    job = python(WORKERS)
    worker = int(job.stdout.readline())
    job.send_signal(signal.SIGKILL)
    job.wait()
    wait_for(lambda: not alive(worker), 5)


def alive(number):
    """Return whether a process runs; a zombie does not."""
    try:
        with open(f"/proc/{number}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_unreadable_verdict_is_reported(tmp_path):
    """One broken file does not hide the verdicts of the other nights of a run."""
    for name, text in (("first", '{"verdict": "pa'), ("second", "[]")):
        products.write_text(tmp_path / name / "qa.json", text)
    said = summary.summary(["first", "second"], tmp_path)
    assert said.count("UNREADABLE") == 2
    assert "first/qa.json is not valid JSON" in " ".join(said.split())


def test_link_to_a_parent_folder_is_followed_once(tmp_path):
    (tmp_path / "20240601_110000_59MHz.ms").mkdir()
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "up").symlink_to(tmp_path)
    assert len(discover.discover_raw(tmp_path).files) == 1
