"""Keeps freed memory for the next array instead of returning it to the system.

By default the C library returns each large array to the system when it is freed, and requests
memory again for the next one. The system must then map and clear its pages, which takes longer than
filling them: a third of the run time of the steps that read all data.
"""

from __future__ import annotations

import ctypes

# parameters of mallopt in malloc.h
TRIM_THRESHOLD = -1
MMAP_MAX = -4
ARENA_MAX = -8
MOST = 2**31 - 1


def keep_freed_memory() -> None:
    """Keep freed memory from now on, in one heap for all threads.

    Does nothing if the C library is not glibc: others have no such settings.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return
    library.mallopt(TRIM_THRESHOLD, MOST)
    library.mallopt(MMAP_MAX, 0)
    library.mallopt(ARENA_MAX, 1)
