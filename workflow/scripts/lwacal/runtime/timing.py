"""Times the parts of a job, for its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


class Stopwatch:
    """Accumulates wall-clock time and processor time (of all threads) by part of a job."""

    def __init__(self) -> None:
        self._parts: dict[str, list[float]] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of a ``with`` block to a part."""
        begin = time.perf_counter(), time.process_time()
        yield
        total = self._parts.setdefault(name, [0.0, 0.0])
        total[0] += time.perf_counter() - begin[0]
        total[1] += time.process_time() - begin[1]

    def log(self, what: str) -> None:
        """Log one line with all parts."""
        parts = [f"{name} {wall:.2f} s ({cpu:.2f})" for name, (wall, cpu) in self._parts.items()]
        logger.info(f"{what}: {', '.join(parts)}; wall-clock time (processor time)")
