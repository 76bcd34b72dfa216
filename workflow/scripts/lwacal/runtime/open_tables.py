"""Tables that could not be written, kept from being closed.

casacore writes what it still holds when it closes a table, also when Python collects it as garbage,
and ends the process without a word of Python's if that fails once more, as it does on a full disk.
"""

from __future__ import annotations

from collections.abc import Callable

_tables: list[object] = []


def give_up(table: object, close: Callable[[], None], error: BaseException) -> None:
    """Close a table that an error has made useless, or keep it open if casacore cannot write."""
    if type(error) is RuntimeError:
        _tables.append(table)
    else:
        close()


def any_left() -> bool:
    """Tell whether there are such tables: the process must then end without closing them."""
    return bool(_tables)
