#!/usr/bin/env python3
"""Rule mnc_query: ask the observatory's antenna-health database (MNC) for its list.

Runs in the MNC environment, which may be an old Python without any of this project's packages:
standard library only. The question itself is asked by mnc_list.py in a child process, so that a
database that does not answer costs the time limit and no more. Whatever happens is recorded in the
output; a failure never stops the run.
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
    """Return the answer of the first try that gives one, or what went wrong in the last."""
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
    """Run the child to its end, or end it and all that it has started at the time limit.

    The configured command may be a script that starts Python: killing that alone would leave its
    Python waiting for the database, and this process waiting for the end of its output.
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
        said, complained = child.communicate(timeout=timeout_s)
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        raise
    return subprocess.CompletedProcess(command, child.returncode, said, complained)


def end_with_parent() -> None:
    """Have the kernel kill the child when this process is killed (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def parse(text: str) -> "dict[str, Any] | None":
    """Return the JSON object in the last line of the text that is one, or None."""
    for line in reversed(text.strip().splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and isinstance(answer.get("bad"), list) and has_time(answer):
            return answer
    return None


def has_time(answer: "dict[str, Any]") -> bool:
    """Return whether the answer says of when its list is."""
    when = answer.get("list_mjd")
    return isinstance(when, (int, float)) and math.isfinite(when)


def failure_words(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the reason of a child that gave no list."""
    last = (done.stderr.strip() or "nothing was printed").splitlines()[-1]
    return f"exit code {done.returncode}: {last}"


def write(path: str, answer: "dict[str, Any]") -> None:
    """Write the answer so that it appears whole; say what to do if the disk is full."""
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
            f"error: {path} cannot be written: {error}. Make room there, or put the products"
            " elsewhere (key results)"
        )


def stop(number: int, frame: object) -> None:
    """End as by an exception, so that the child is ended too."""
    sys.exit(f"error: stopped by signal {number}; run again to make what is missing")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", required=True, help="manifest.json: tells the time")
    parser.add_argument("--settings", required=True, help="JSON of the section health.mnc")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    settings = json.loads(arguments.settings)
    with open(arguments.manifest) as stream:
        mjd = json.load(stream)["observation"]["mid_mjd_s"] / SECONDS_A_DAY
    if settings["enabled"]:
        python = settings["command"] or sys.executable
        if settings["command"]:  # what it finds in the home is its own affair
            os.environ.pop("PYTHONNOUSERSITE", None)
        answer = ask(mjd, python, settings["timeout_s"], settings["tries"])
    else:
        answer = {"ok": False, "message": "switched off (health.mnc.enabled)", "bad": []}
    write(arguments.output, answer)
    # as records.found does, which this script cannot import (mnc has its own Python)
    print("found: " + (answer.get("message") or "{} bad signals".format(len(answer["bad"]))))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    main()
