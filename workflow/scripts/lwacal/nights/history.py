"""The observations in the trends database, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Record(Protocol):
    """A row of a table: sqlite3.Row, or a dictionary."""

    def __getitem__(self, column: str, /) -> Any:
        """Return the value of a column."""

    def keys(self) -> Iterable[str]:
        """Return the names of the columns."""


@dataclass(frozen=True)
class Nights:
    """Rows of the tables of the database; observations in order of time."""

    observations: Sequence[Record]
    metrics: Sequence[Record]
    antennas: Sequence[Record]
    bands: Sequence[Record]
    calibrators: Sequence[Record]

    @property
    def place(self) -> dict[str, int]:
        """The position of each observation on the time axis."""
        return {row["id"]: k for k, row in enumerate(self.observations)}
