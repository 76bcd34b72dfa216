"""How long the parts of a job take, for its log."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)


class Stopwatch:
    """Adds up wall-clock time and processor time (all threads) by part."""

    def __init__(self) -> None:
        self._parts: dict[str, list[float]] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time of a ``with`` block for a part."""
        begin = time.perf_counter(), time.process_time()
        yield
        total = self._parts.setdefault(name, [0.0, 0.0])
        total[0] += time.perf_counter() - begin[0]
        total[1] += time.process_time() - begin[1]

    def log(self, what: str) -> None:
        """Log one line with all parts."""
        parts = [f"{name} {wall:.2f} s ({cpu:.2f})" for name, (wall, cpu) in self._parts.items()]
        logger.info(f"{what}: {', '.join(parts)}; wall-clock time (processor time)")
