"""The orientation of the Earth, UT1 - UTC and the pole, from the tables that come with astropy.

astropy reads them column by column in words, which takes a second of every job. The file has lines
of one length, so that its columns are those of a matrix of characters. Where IERS Bulletin B has
values they are taken, else those of Bulletin A, which go into the future (format:
ReadMe.finals2000A of the IERS). astropy prefers the series C04 to Bulletin B: they differ by some
40 microseconds, which is 0.6 milliarcsec.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy import units
from astropy.utils import iers

LINE_BYTES = 188
MJD = slice(7, 15)
BULLETIN_A = {"PM_x": slice(18, 27), "PM_y": slice(37, 46), "UT1_UTC": slice(58, 68)}
BULLETIN_B = {"PM_x": slice(134, 144), "PM_y": slice(144, 154), "UT1_UTC": slice(154, 165)}
UNITS = {"PM_x": units.arcsec, "PM_y": units.arcsec, "UT1_UTC": units.s}


def use(path: str | Path = iers.IERS_A_FILE) -> None:
    """Make astropy take the orientation from a file (finals2000A.all)."""
    iers.earth_orientation_table.set(read(path))


def read(path: str | Path) -> iers.IERS:
    """Return the days that have all values."""
    text = np.frombuffer(Path(path).read_bytes(), "S1").reshape(-1, LINE_BYTES)
    columns = {}
    for name, place in BULLETIN_A.items():
        best = _numbers(text, BULLETIN_B[name])
        columns[name] = np.where(np.isfinite(best), best, _numbers(text, place))
    known = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    table = iers.IERS({"MJD": _numbers(text, MJD)[known] * units.d})
    for name, values in columns.items():
        table[name] = values[known] * UNITS[name]
    return table


def _numbers(text: np.ndarray, place: slice) -> np.ndarray:
    words = np.ascontiguousarray(text[:, place]).view(f"S{place.stop - place.start}")[:, 0]
    return np.where(np.char.strip(words) == b"", b"nan", words).astype(float)
