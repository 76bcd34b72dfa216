"""Keeps memory that is freed for the next array, instead of giving it back to the system.

By default the C library returns each large array to the system when it is freed, and asks for the
next one anew. Getting its pages, and having them cleared, then takes longer than to fill them: a
third of the time of the steps that go through the data.
"""

from __future__ import annotations

import ctypes

# of malloc.h
TRIM_THRESHOLD = -1
MMAP_MAX = -4
ARENA_MAX = -8
MOST = 2**31 - 1


def keep() -> None:
    """Keep freed memory from now on, in one heap for all threads.

    Nothing is done where the C library is not glibc, which has no such settings.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return
    library.mallopt(TRIM_THRESHOLD, MOST)
    library.mallopt(MMAP_MAX, 0)
    library.mallopt(ARENA_MAX, 1)
