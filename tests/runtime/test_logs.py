"""The log of a job: the format of its lines, and silence without a job."""

import io
import logging
import re
import subprocess
import sys

import pytest

from lwacal.runtime import logs, paths

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


def test_lines_have_the_time_and_from_warnings_on_the_level(log_to_stdout, capsys):
    logger = logging.getLogger("lwacal.flagging.flag_data")
    logger.debug("not said")
    logger.info("reading 100%")
    logger.warning("a set is missing")
    logs.found("3 sets")
    lines = capsys.readouterr().out.splitlines()
    assert [re.sub(f"^{TIME} ", "", line) for line in lines] == [
        "reading 100%",
        "warning: a set is missing",
        "found: 3 sets",
    ]
    assert all(re.match(f"{TIME} ", line) for line in lines)


def test_time_is_utc(monkeypatch):
    record = logging.LogRecord("lwacal", logging.INFO, "", 1, "text", (), None)
    record.created = 1_000_000_000.0
    assert logs.Format().format(record) == "2001-09-09 01:46:40 text"


def test_each_line_is_written_once_and_at_once(log_to_stdout, monkeypatch):
    class Slow(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    monkeypatch.setattr(sys, "stdout", Slow())
    logs.write_to_stdout()
    logging.getLogger("lwacal.qa").info("text")
    assert sys.stdout.getvalue().count("text") == 1
    assert sys.stdout.flushed == 1


def test_log_that_cannot_be_written_ends_the_job(log_to_stdout, monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(OSError, match="No space left"):
        logging.getLogger("lwacal.qa").info("text")


@pytest.mark.parametrize(
    ("before", "said"),
    [("", ""), ("import logging; logging.basicConfig(level=logging.INFO); ", "simulated")],
)
def test_package_is_silent_in_a_notebook_unless_asked(before, said):
    code = (
        f"{before}import logging, lwacal; logger = logging.getLogger('lwacal.simulate');"
        "logger.info('simulated'); logger.warning('few antennas')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=paths.SCRIPTS, capture_output=True, text=True, check=True)
    assert (done.stdout, bool(done.stderr)) == ("", bool(said))
    assert said in done.stderr
