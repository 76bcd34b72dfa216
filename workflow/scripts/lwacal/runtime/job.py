"""Runs the script of a rule so that its log ends with what went wrong, and what to try.

What Python says of an error stands above that. A job that is told to stop removes what it has
half made, and a crash inside a library says where it was.
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

from lwacal.runtime import errors, logs, malloc, open_tables, processes


def run(main: Callable[[], None]) -> None:
    """Call ``main``, the only thing a script does when it is run as a program."""
    logs.write_to_stdout()
    faulthandler.enable()
    malloc.keep()
    sys.excepthook = report
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, stop)
    processes.end_with_parent(signal.SIGTERM)
    main()


def stop(number: int, frame: FrameType | None) -> None:
    """End the job as by an exception: what is half made is removed, programs are stopped."""
    name = signal.Signals(number).name
    os.write(
        sys.stderr.fileno(),
        f"error: stopped by {name}: a person or the batch system has ended the job, or its time"
        " limit (--set-resources RULE:runtime=MINUTES) was reached. Run again to make what is"
        " missing\n".encode(),
    )
    processes.stop_all()
    raise SystemExit(128 + number)


def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback, and then what it means (sys.excepthook)."""
    sys.stdout.flush()
    traceback.print_exception(kind, error, trace)
    sys.stderr.write(f"error: {errors.explain(error)}\n")
    sys.stderr.flush()
    if open_tables.any_left():
        atexit._run_exitfuncs()
        os._exit(1)
