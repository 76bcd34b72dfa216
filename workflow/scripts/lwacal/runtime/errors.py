"""Says of an exception what happened, to which file, and what to try."""

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
    "On a cluster give the job more (--set-resources RULE:mem_mb=N); elsewhere let fewer run at a"
    " time (--cores N, or --resources mem_mb=N with the memory there is)"
)


def explain(error: BaseException) -> str:
    """Return what happened and what to try; an error of ours says it already, or has a remedy."""
    if type(error).__module__.startswith("lwacal."):
        return _joined(str(error), getattr(error, "remedy", ""))
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return f"not enough memory{_detail(error)}. {MORE_MEMORY}"
    if isinstance(error, BrokenProcessPool):
        return (
            "a process of this job ended abruptly: most often the system has killed it for lack of"
            f" memory. {MORE_MEMORY}"
        )
    if isinstance(error, KeyboardInterrupt):
        return "stopped from the keyboard (Ctrl-C). Run again to make what is missing"
    if isinstance(error, ImportError):
        return (
            f"{error}. The Python environment of this rule lacks a package, or has a broken one:"
            " make it anew (make env, or snakemake --sdm conda)"
        )
    text = str(error)
    if any(words in text for words in FULL_TEXTS):
        return f"{text}. {MAKE_ROOM}"
    return (
        f"{type(error).__name__}: {text}. The lines above say where. A product that was changed by"
        " hand or made by another version of the code can be the cause: snakemake"
        " results/NAME/outcome.json -R RULE makes it anew, with the rule that makes it"
    )


def _joined(text: str, remedy: str) -> str:
    if not remedy and any(words in text for words in FULL_TEXTS):
        remedy = MAKE_ROOM
    return f"{text.rstrip('.')}. {remedy}" if remedy else text


def _detail(error: BaseException) -> str:
    return f" ({error})" if str(error) else ""


def _of_system(error: OSError) -> str:
    """Return what the system's error means; the file's name is in it if the system gave one."""
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    where = " -> ".join(names) or "a file (see above)"
    what = f"{where}: {error.strerror or error}"
    if error.errno in FULL:
        return f"{what}. {MAKE_ROOM}"
    if error.errno in FORBIDDEN:
        return (
            f"{what}. Give yourself the right to do it (chmod, chown), or put the products"
            " elsewhere (key results)"
        )
    if error.errno == errno.ENOENT:
        return f"{what}. It is needed; run again to have it made, or correct the key that names it"
    return what
