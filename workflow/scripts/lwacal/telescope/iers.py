"""Earth orientation (UT1 - UTC and polar motion) from the tables that come with astropy.

astropy parses them as text, which takes a second of every job. All lines of the file have the same
length, so this module reads it as a matrix of characters. Values of IERS Bulletin B are preferred;
Bulletin A fills the days it lacks and the predictions (format: ReadMe.finals2000A of the IERS).
astropy prefers the series C04 to Bulletin B; the two differ by some 40 microseconds of time, which
is 0.6 milliarcsec of Earth rotation.
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
    """Make astropy use the Earth orientation of a file (finals2000A.all)."""
    iers.earth_orientation_table.set(read(path))


def read(path: str | Path) -> iers.IERS:
    """Return the table of the days that have all values."""
    text = np.frombuffer(Path(path).read_bytes(), "S1").reshape(-1, LINE_BYTES)
    columns = {}
    for name, characters in BULLETIN_A.items():
        best = _numbers(text, BULLETIN_B[name])
        columns[name] = np.where(np.isfinite(best), best, _numbers(text, characters))
    complete = np.all([np.isfinite(values) for values in columns.values()], axis=0)
    table = iers.IERS({"MJD": _numbers(text, MJD)[complete] * units.d})
    for name, values in columns.items():
        table[name] = values[complete] * UNITS[name]
    return table


def _numbers(text: np.ndarray, characters: slice) -> np.ndarray:
    """Return the numbers in these characters of each line, (line,); NaN where they are blank."""
    width = characters.stop - characters.start
    words = np.ascontiguousarray(text[:, characters]).view(f"S{width}")[:, 0]
    return np.where(np.char.strip(words) == b"", b"nan", words).astype(float)
