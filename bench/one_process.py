"""Runs one command and records its cost: one_process.py RECORD COMMAND...

This is a separate program that uses only the standard library, because the peak memory of a process
includes that of its parent until it calls exec: here this is only some 10 MB.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

SAMPLING_S = 0.05
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all its descendants."""
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as stream:
                for child in stream.read().split():
                    yield from tree(int(child))
    except (FileNotFoundError, ProcessLookupError):  # it has ended in the meantime
        return


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/statm") as stream:
            return int(stream.read().split()[1]) * PAGE_BYTES
    except (FileNotFoundError, ProcessLookupError):
        return 0


def follow(pid: int, ended: threading.Event, peak: list[int]) -> None:
    """Note the largest sum of resident memory of the tree in ``peak`` until ``ended``."""
    while not ended.wait(SAMPLING_S):
        peak[0] = max(peak[0], sum(map(resident_bytes, tree(pid))))


def bytes_moved(pid: int) -> tuple[int, int]:
    """Return the bytes read and written by an ended process and the children it waited for.

    Counts read and write calls, whether served by the page cache or not, but no memory mapping.
    """
    with open(f"/proc/{pid}/io") as stream:
        counters = dict(line.split(": ") for line in stream.read().splitlines())
    return int(counters["rchar"]), int(counters["wchar"])


def main() -> None:
    record, *command = sys.argv[1:]
    ended, peak = threading.Event(), [0]
    started = time.monotonic()
    process = subprocess.Popen(command)
    sampler = threading.Thread(target=follow, args=(process.pid, ended, peak), daemon=True)
    sampler.start()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # its counters still exist
    wall_s = time.monotonic() - started
    ended.set()
    read, written = bytes_moved(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    cost = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": max(usage.ru_maxrss * 1024, peak[0]) / 1e6,
        "read_mb": read / 1e6,
        "written_mb": written / 1e6,
    }
    with open(record, "w") as stream:
        json.dump(cost, stream)


if __name__ == "__main__":
    main()
