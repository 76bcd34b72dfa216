#!/usr/bin/env python3
"""Rule mnc_query: ask the observatory's antenna-health database (MNC) for its list.

Runs in the MNC environment, which may be an old Python without any of this project's packages:
standard library only. The question itself is asked by mnc_list.py in a child process, so that a
database that does not answer costs the time limit and no more. Whatever happens is recorded in the
output; a failure never stops the run.
"""

import argparse
import json
import math
import os
import subprocess
import sys

SECONDS_A_DAY = 86400.0


def ask(mjd, python, timeout_s, tries):
    """Return the answer of the first try that gives one, or what went wrong in the last."""
    helper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mnc_list.py")
    message = ""
    for attempt in range(1, tries + 1):
        try:
            done = subprocess.run(
                [python, helper, str(mjd)],
                capture_output=True, timeout=timeout_s, text=True, check=False,
            )
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


def parse(text):
    """Return the JSON object in the last line of the text that is one, or None."""
    for line in reversed(text.strip().splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and isinstance(answer.get("bad"), list) and has_time(answer):
            return answer
    return None


def has_time(answer):
    """Return whether the answer says of when its list is."""
    when = answer.get("list_mjd")
    return isinstance(when, (int, float)) and math.isfinite(when)


def failure_words(done):
    """Return the reason of a child that gave no list."""
    last = (done.stderr.strip() or "nothing was printed").splitlines()[-1]
    return f"exit code {done.returncode}: {last}"


def main():
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
        answer = ask(mjd, python, settings["timeout_s"], settings["tries"])
    else:
        answer = {"ok": False, "message": "switched off (health.mnc.enabled)", "bad": []}
    with open(arguments.output + ".part", "w") as stream:
        json.dump(answer, stream, indent=1, sort_keys=True)
        stream.write("\n")
    os.rename(arguments.output + ".part", arguments.output)
    # as records.found does, which this script cannot import (mnc has its own Python)
    print("found: " + (answer.get("message") or "{} bad signals".format(len(answer["bad"]))))


if __name__ == "__main__":
    main()
