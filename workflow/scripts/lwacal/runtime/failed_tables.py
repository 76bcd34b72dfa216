"""Tables that casacore failed to write, and that must not be closed.

casacore flushes a table when it closes it, also when Python's garbage collector does. If that fails
again, as on a full disk, it aborts the process, and Python prints no error. Such tables are
therefore kept open until the process ends.
"""

from __future__ import annotations

from collections.abc import Callable

_tables: list[object] = []


def discard(table: object, close: Callable[[], None], error: BaseException) -> None:
    """Close a table after an error, or keep it open if casacore itself failed to write it.

    casacore raises RuntimeError; after any other error the table can be closed.
    """
    if type(error) is RuntimeError:
        _tables.append(table)
    else:
        close()


def any_kept_open() -> bool:
    """Return whether tables were kept open: the process must then end without closing them."""
    return bool(_tables)
