#!/usr/bin/env python3
"""Rule mnc_query: query the observatory's antenna-health database (MNC) for bad antpols.

Runs in the MNC environment, which may be an old Python without this project's packages, and so uses
only the standard library. mnc_list.py makes the query in a child process, which is killed at a time
limit if the database does not answer. A failed query is recorded in the output and does not stop
the run.
"""

import argparse
import ctypes
import json
import math
import os
import signal
import subprocess
import sys
from typing import Any

SECONDS_A_DAY = 86400.0
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def ask(mjd: float, python: str, timeout_s: float, tries: int) -> "dict[str, Any]":
    """Return the answer of the first successful try, or the error of the last one."""
    helper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mnc_list.py")
    message = ""
    for attempt in range(1, tries + 1):
        try:
            done = run([python, helper, str(mjd)], timeout_s)
        except subprocess.TimeoutExpired:
            message = f"no answer within {timeout_s} s (health.mnc.timeout_s)"
        except OSError as error:
            message = f"{python} cannot be run: {error} (health.mnc.command)"
        else:
            sys.stderr.write(done.stderr)
            answer = parse(done.stdout)
            if answer is not None:
                return answer
            message = failure_words(done)
        print(f"try {attempt} of {tries}: {message}")
    return {"ok": False, "message": message, "bad": []}


def run(command: "list[str]", timeout_s: float) -> "subprocess.CompletedProcess[str]":
    """Run a command; kill it and its child processes at the time limit.

    The configured command may be a script that starts Python. If only the script were killed, its
    Python would keep waiting for the database, and this process for the end of the output.
    """
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=end_with_parent,
    )
    try:
        stdout, stderr = child.communicate(timeout=timeout_s)
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        raise
    return subprocess.CompletedProcess(command, child.returncode, stdout, stderr)


def end_with_parent() -> None:
    """Have the kernel kill the child when this process is killed (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def parse(text: str) -> "dict[str, Any] | None":
    """Return the last line of the output that is a valid answer in JSON, or None."""
    for line in reversed(text.strip().splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and isinstance(answer.get("bad"), list) and has_time(answer):
            return answer
    return None


def has_time(answer: "dict[str, Any]") -> bool:
    """Return whether the answer contains the time of the list."""
    mjd = answer.get("list_mjd")
    return isinstance(mjd, (int, float)) and math.isfinite(mjd)


def failure_words(done: "subprocess.CompletedProcess[str]") -> str:
    """Return why a child process gave no list: its exit code and last error line."""
    last = (done.stderr.strip() or "no error message").splitlines()[-1]
    return f"exit code {done.returncode}: {last}"


def write(path: str, answer: "dict[str, Any]") -> None:
    """Write the answer atomically; exit with advice if it cannot be written."""
    part = path + ".part"
    try:
        with open(part, "w") as stream:
            json.dump(answer, stream, indent=1, sort_keys=True)
            stream.write("\n")
        os.replace(part, path)
    except OSError as error:
        if os.path.lexists(part):
            os.remove(part)
        sys.exit(
            f"error: {path} cannot be written: {error}. Free disk space there, or set the key"
            " results to another folder"
        )


def stop(number: int, frame: object) -> None:
    """Exit with an exception, so that ``run`` kills the child."""
    sys.exit(f"error: stopped by signal {number}; run again to make the missing products")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, help="manifest.json, for the time")
    parser.add_argument("--settings", required=True, help="JSON of the section health.mnc")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    settings = json.loads(arguments.settings)
    with open(arguments.manifest) as stream:
        mjd = json.load(stream)["observation"]["mid_mjd_s"] / SECONDS_A_DAY
    if settings["enabled"]:
        python = settings["command"] or sys.executable
        if settings["command"]:  # this Python may use packages in the home directory
            os.environ.pop("PYTHONNOUSERSITE", None)
        answer = ask(mjd, python, settings["timeout_s"], settings["tries"])
    else:
        answer = {"ok": False, "message": "switched off (health.mnc.enabled)", "bad": []}
    write(arguments.output, answer)
    # as logs.found does, which this script cannot import (MNC has its own Python)
    print("found: " + (answer.get("message") or "{} bad antpols".format(len(answer["bad"]))))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    main()
