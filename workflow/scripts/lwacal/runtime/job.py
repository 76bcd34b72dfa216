"""Runs the script of a rule so that its log ends with what went wrong and what to try.

Python's traceback stands above that. A job that is stopped removes its partial products, and a
crash inside a library prints where it happened.
"""

from __future__ import annotations

import atexit
import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType, TracebackType

from lwacal.runtime import errors, failed_tables, logs, malloc, processes


def run(main: Callable[[], None]) -> None:
    """Call ``main``; a rule script does nothing else when it is run as a program."""
    logs.write_to_stdout()
    faulthandler.enable()
    malloc.keep_freed_memory()
    sys.excepthook = report
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)
    processes.end_with_parent(signal.SIGTERM)
    main()


def stop(number: int, frame: FrameType | None) -> None:
    """End the job by an exception, so that partial products are removed and programs stopped."""
    name = signal.Signals(number).name
    os.write(
        sys.stderr.fileno(),
        f"error: stopped by {name}: a person or the batch system cancelled the job, or it reached"
        " its time limit (--set-resources RULE:runtime=MINUTES). Run again to make what is"
        " missing\n".encode(),
    )
    processes.stop_all()
    raise SystemExit(128 + number)


def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback, then what it means and what to try (the job's sys.excepthook)."""
    sys.stdout.flush()
    traceback.print_exception(kind, error, trace)
    sys.stderr.write(f"error: {errors.explain(error)}\n")
    sys.stderr.flush()
    if failed_tables.any_kept_open():
        atexit._run_exitfuncs()
        os._exit(1)
