"""Reference delays to compare a night with: a table that is named, or the one nearest in LST."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lwacal import caltable, ms_reader, site
from lwacal.antenna_names import AntennaNames, UnknownAntennaError
from lwacal.ms_reader import UnreadableError


def choose(choice: Mapping[str, Any], lst_hours: float) -> tuple[Path | None, str]:
    """Return the reference table that delay.reference_table or delay.reference_dir means.

    A named table is taken whatever its LST. From a folder, the K table whose own time of
    observation is nearest in sidereal time, at most delay.reference_search_h away; of equally near
    ones (to an hour) the newest. None with a message if there is none.
    """
    if choice["reference_table"]:
        return Path(choice["reference_table"]), "named by delay.reference_table"
    if not choice["reference_dir"]:
        return None, "no reference table is configured (delay.reference_table, delay.reference_dir)"
    folder = Path(choice["reference_dir"])
    found = []
    for path in sorted(folder.rglob("*.K")):
        mjd_s = observation_time(path)
        if mjd_s is None:
            continue
        apart = abs(site.lst_hours(mjd_s) - lst_hours) % 24
        apart = min(apart, 24 - apart)
        if apart <= choice["reference_search_h"]:
            found.append((int(apart), -mjd_s, path))
    if not found:
        return None, (
            f"no K table in delay.reference_dir ({folder}) is within"
            f" {choice['reference_search_h']:g} h of LST {lst_hours:.1f} h"
        )
    hours, _, path = min(found)
    return path, f"nearest in sidereal time, {hours} h apart"


def observation_time(path: Path) -> float | None:
    """Return when a table's data were taken, MJD seconds; None if it is not a readable table."""
    try:
        with ms_reader.open_table(path) as table:
            return float(table.getcell("TIME", 0)) if table.nrows() else None
    except UnreadableError:
        return None


def read_delays(path: Path, names: Sequence[str]) -> np.ndarray:
    """Return a table's delays in ns, (antenna, 2), in the order of ``names``; NaN where flagged.

    Antennas are matched by name; a table of several spectral windows gives the mean of those that
    are not flagged. Raises UnreadableError.
    """
    windows = [caltable.read(path, number) for number in caltable.spectral_windows(path)]
    values = np.ma.masked_array(
        np.concatenate([window.values for window in windows], axis=1),
        np.concatenate([window.flag for window in windows], axis=1),
    )
    mean = np.ma.filled(values.mean(axis=1).astype(float), np.nan)
    wanted = AntennaNames(names)
    delays = np.full((len(names), 2), np.nan)
    for row, name in enumerate(caltable.read_antennas(path).names):
        try:
            delays[wanted.find(name)[0]] = mean[row]
        except UnknownAntennaError:
            continue  # an antenna that this observation does not have
    return delays
