"""Explains exceptions to users: what happened, to which file, and what to try."""

from __future__ import annotations

import errno
import os
from concurrent.futures.process import BrokenProcessPool

from lwacal.runtime.disk_space import NoSpaceError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
OF_LIBRARIES = ("database or disk is full", "disk I/O error", "write error")  # sqlite, casacore
FULL_TEXTS = (*(os.strerror(number) for number in FULL), *OF_LIBRARIES)
MAKE_ROOM = NoSpaceError.remedy
MORE_MEMORY = (
    "On a cluster give the job more memory (--set-resources RULE:mem_mb=N); on one machine run"
    " fewer jobs at a time (--cores N, or --resources mem_mb=N with the memory of the machine)"
)


def explain(error: BaseException) -> str:
    """Return what happened and what to try.

    The package's own errors say so in their message or in their attribute ``remedy``.
    """
    if type(error).__module__.startswith("lwacal."):
        return _joined(str(error), getattr(error, "remedy", ""))
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return f"not enough memory{_detail(error)}. {MORE_MEMORY}"
    if isinstance(error, BrokenProcessPool):
        return (
            "a process of this job died: usually the system killed it for lack of memory."
            f" {MORE_MEMORY}"
        )
    if isinstance(error, KeyboardInterrupt):
        return "stopped from the keyboard (Ctrl-C). Run again to make what is missing"
    if isinstance(error, ImportError):
        return (
            f"{error}. The Python environment of this rule lacks a package, or one is broken:"
            " rebuild the environment (make env, or snakemake --sdm conda)"
        )
    text = str(error)
    if any(words in text for words in FULL_TEXTS):
        return f"{text}. {MAKE_ROOM}"
    return (
        f"{type(error).__name__}: {text}. The traceback above shows where. The cause may be a"
        " product that was edited by hand or made by another version of the code: remake it with"
        " snakemake results/NAME/outcome.json -R RULE, where RULE is the rule that makes it"
    )


def _joined(text: str, remedy: str) -> str:
    if not remedy and any(words in text for words in FULL_TEXTS):
        remedy = MAKE_ROOM
    return f"{text.rstrip('.')}. {remedy}" if remedy else text


def _detail(error: BaseException) -> str:
    return f" ({error})" if str(error) else ""


def _of_system(error: OSError) -> str:
    """Return what an error of the operating system means, and which file it concerns."""
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    where = " -> ".join(names) or "a file (see above)"
    what = f"{where}: {error.strerror or error}"
    if error.errno in FULL:
        return f"{what}. {MAKE_ROOM}"
    if error.errno in FORBIDDEN:
        return (
            f"{what}. Change the permissions (chmod, chown), or put the products elsewhere (key"
            " results)"
        )
    if error.errno == errno.ENOENT:
        return f"{what}. Run again to make it, or correct the configuration key that names it"
    return what
