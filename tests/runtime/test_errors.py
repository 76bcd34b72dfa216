"""What a log says about its job: the result, or the cause of the failure."""

import logging
import shlex

import pytest

from lwacal.driver import job_log
from lwacal.runtime import errors, logs, processes


def test_last_found_line_counts_as_the_scripts_write_it(tmp_path, capsys, log_to_stdout):
    logs.found("one")
    logging.getLogger("lwacal.flagging").info("between")
    logs.found("two: more")
    (tmp_path / "log").write_text(capsys.readouterr().out + "CASA says goodbye\n")
    assert job_log.found(tmp_path / "log") == "two: more"
    assert job_log.found(tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("error: no room\nTraceback\n", "no room"),
        ("2024-05-24 09:00:00 error: no room\n", "no room"),
        (
            "flag.py: error: argument --x: expected one argument\n",
            "argument --x: expected one argument",
        ),
        (
            'Traceback:\n  File "x"\nlwacal.ms_reader.UnreadableError: a.ms: no table\nbye\n',
            "UnreadableError: a.ms: no table",
        ),
        ("MemoryError\n", "MemoryError"),
        ("Killed\n", "Killed"),
        ("found: 3 integrations\n", job_log.UNMADE),
        ("", "its log is empty: it was killed, or never started"),
    ],
)
def test_cause_of_a_failure(tmp_path, text, expected):
    (tmp_path / "log").write_text(text)
    assert job_log.cause(tmp_path / "log") == expected


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("echo 'error: no table'; exit 3", "sh failed with exit code 3"),
        ("kill -9 $$", "sh failed with signal 9 (SIGKILL): usually the system killed it"),
    ],
)
def test_cause_is_how_a_program_ended_and_not_its_command(
    tmp_path, capsys, log_to_stdout, program, expected
):
    command = ["/bin/sh", "-c", program]
    with pytest.raises(processes.ToolError) as caught:
        processes.run_tool(command)
    log = tmp_path / "log"
    words = errors.explain(caught.value)
    log.write_text(f"{capsys.readouterr().out}Traceback:\n  File x\nerror: {words}\n")
    assert job_log.cause(log).startswith(expected)
    assert f"\nCommand: {shlex.join(command)}\n" in log.read_text()


KILLED = "srun: error: n1: task 0: Killed\n"


@pytest.mark.parametrize(
    ("own", "slurm", "said", "expected"),
    [
        ("error: no room\n", KILLED, "It failed. Ask.", "no room"),
        (
            "reading\n",
            "slurmstepd: error: Step 2.0 exceeded memory limit\n" + KILLED,
            "It failed.",
            "Step 2.0 exceeded memory limit",
        ),
        ("reading\n", KILLED, "Status is: 'CANCELLED'. For details", "Status is: 'CANCELLED'"),
        ("", KILLED, "", "n1: task 0: Killed"),
        ("reading\n", "bye\n", "", "reading"),
    ],
)
def test_cause_when_a_batch_system_ran_the_job(tmp_path, own, slurm, said, expected):
    (tmp_path / "own").write_text(own)
    (tmp_path / "slurm").write_text(slurm)
    assert job_log.cause(tmp_path / "own", [tmp_path / "slurm"], said) == expected


def test_log_that_is_no_text_is_read_all_the_same(tmp_path):
    (tmp_path / "log").write_bytes(b"\xff\x00" * 200_000 + b"\nerror: broken\n")
    assert job_log.cause(tmp_path / "log") == "broken"
