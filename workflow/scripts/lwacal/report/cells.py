"""Tables of the report, independent of their layout: columns, rows, and cells with a sort key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lwacal.qa.metric import percent

NOTHING = "–"


@dataclass(frozen=True)
class Cell:
    """A cell of a table: text, the value to sort by, and a status that colours it."""

    text: str
    sort: float | str | None = None
    status: str = ""


@dataclass(frozen=True)
class Column:
    """A column: heading, share of the printed width, and whether it holds numbers."""

    title: str
    width: float = 1.0
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """A table of the report; the text ``empty`` replaces it if it has no rows."""

    key: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""


def number(value: float | None, form: str = ".1f", status: str = "") -> Cell:
    """Return a cell with a number in this format, or a dash if it is None."""
    if value is None:
        return Cell(NOTHING, None, status)
    return Cell(format(value, form).replace("-", "−"), value, status)


def share(value: float | None, status: str = "") -> Cell:
    """Return a cell with a fraction as a percentage, or a dash if it is None."""
    return Cell(NOTHING, None, status) if value is None else Cell(percent(value), value, status)


def text(value: object, status: str = "") -> Cell:
    """Return a cell with text, sorted by that text."""
    return Cell(str(value), str(value), status)


def first_to_last(names: Sequence[str]) -> str:
    """Return ``13MHz to 82MHz`` for names in order; a single name stays alone."""
    return " to ".join(dict.fromkeys([*names[:1], *names[-1:]]))
