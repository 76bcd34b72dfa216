"""Programs that jobs run: they end when their job is stopped."""

import threading
import time

import pytest

from lwacal.runtime import processes


@pytest.fixture
def stopped(monkeypatch):
    """Return the event that says that the job is being stopped, for this test alone."""
    mark = threading.Event()
    monkeypatch.setattr(processes, "_stopped", mark)
    return mark


def test_no_program_starts_once_the_job_is_being_stopped(stopped):
    processes.stop_all()
    with pytest.raises(processes.ToolError, match="not started"):
        processes.run_tool(["sleep", "60"])


def test_program_that_starts_while_the_job_is_being_stopped_ends(stopped, monkeypatch):
    start = processes.subprocess.Popen

    def just_after(*words, **options):
        process = start(*words, **options)
        processes.stop_all()  # as another thread may, before run_tool has noted the program
        return process

    monkeypatch.setattr(processes.subprocess, "Popen", just_after)
    began = time.monotonic()
    with pytest.raises(processes.ToolError, match="SIGTERM"):
        processes.run_tool(["sleep", "20"])
    assert time.monotonic() - began < 10
    assert not processes._running
