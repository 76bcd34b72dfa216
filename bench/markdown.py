"""Tables and figures in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Found = Mapping[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a table; the first column is text, the others are numbers."""
    return [
        f"| {' | '.join(head)} |",
        f"|---|{'---:|' * (len(head) - 1)}",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]


def seconds(value: float) -> str:
    """Return seconds to three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def size_words(size: Mapping[str, Any]) -> str:
    """Return a size in words."""
    bands = len(size["bands"])
    return (
        f"{size['antennas']} antennas, {size['channels']} channels, {size['integrations']}"
        f" integration{'s' if size['integrations'] > 1 else ''}, {bands}"
        f" sub-band{'s' if bands > 1 else ''}"
    )
