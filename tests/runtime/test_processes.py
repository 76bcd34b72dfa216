"""Programs that jobs run: none goes on when its job was told to stop."""

import threading
import time

import pytest

from lwacal.runtime import processes


@pytest.fixture
def stopped(monkeypatch):
    """The mark that the job was told to stop, for this test alone."""
    mark = threading.Event()
    monkeypatch.setattr(processes, "_stopped", mark)
    return mark


def test_no_program_is_started_after_the_job_was_told_to_stop(stopped):
    processes.stop_all()
    with pytest.raises(processes.ToolError, match="not started"):
        processes.run_tool(["sleep", "60"])


def test_program_that_starts_while_the_job_is_told_to_stop_is_ended(stopped, monkeypatch):
    start = processes.subprocess.Popen

    def just_after(*words, **options):
        process = start(*words, **options)
        processes.stop_all()  # in another thread, before the program is known
        return process

    monkeypatch.setattr(processes.subprocess, "Popen", just_after)
    began = time.monotonic()
    with pytest.raises(processes.ToolError, match="SIGTERM"):
        processes.run_tool(["sleep", "20"])
    assert time.monotonic() - began < 10
    assert not processes._running
