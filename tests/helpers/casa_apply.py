"""CASA's applycal on a copy of a set."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from casacore import tables

from lwacal.runtime import casa


def apply(data: Path, table: Path, folder: Path) -> dict[str, np.ndarray]:
    """Apply a table with CASA to a copy of the data and return its columns.

    With interp "nearest" alone, CASA interpolates over flagged channels by itself.
    """
    copy = folder / "copy.ms"
    shutil.copytree(data, copy)
    tasks = casa.start(folder / "casa.log")
    tasks.applycal(
        vis=str(copy),
        gaintable=[str(table)],
        interp=["nearest,nearestflag"],
        calwt=False,
        flagbackup=False,
    )
    with tables.table(str(copy), ack=False) as opened:
        names = ("DATA", "CORRECTED_DATA", "MODEL_DATA", "FLAG", "ANTENNA1", "ANTENNA2")
        return {name: opened.getcol(name) for name in names}
