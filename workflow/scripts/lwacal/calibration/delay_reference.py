"""Reference delays to compare a night with: a table that is named, or the one nearest in LST."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lwacal.calibration import delay_fit
from lwacal.calibration.reference_antenna import most_solved
from lwacal.io import caltable, ms_reader
from lwacal.io.ms_reader import UnreadableError
from lwacal.records.configuration.delay import Delay
from lwacal.telescope import naming, site
from lwacal.telescope.antennas import AntennaNames, UnknownAntennaError

SAME_OBSERVATION_S = 1.0


def choose(choice: Delay, lst_hours: float, mid_mjd_s: float) -> tuple[Path | None, str]:
    """Return the reference table that delay.reference_table or delay.reference_dir means.

    A named table is taken whatever its LST. From a folder, the K table (or, where there is none of
    the same name, the bcal tables) whose own time of observation is nearest in sidereal time, in
    whole hours round the clock, at most delay.reference_search_h away; of equally near ones first
    those between which and the observation sidereal time does not pass 24 h, of these the newest.
    Tables of the observation itself, whose middle is at ``mid_mjd_s``, are left out. None with a
    message if there is none.
    """
    if choice.reference_table:
        return Path(choice.reference_table), "named by delay.reference_table"
    if not choice.reference_dir:
        return None, "no reference table is configured (delay.reference_table, delay.reference_dir)"
    folder = Path(choice.reference_dir)
    found = []
    for path in candidates(folder):
        mjd_s = observation_time(path)
        if mjd_s is None or abs(mjd_s - mid_mjd_s) < SAME_OBSERVATION_S:
            continue
        plain = abs(int(site.lst_hours(mjd_s)) - int(lst_hours))
        apart = min(plain, 24 - plain)
        if apart <= choice.reference_search_h:
            found.append((apart, plain, -mjd_s, path))
    if not found:
        return None, (
            f"no table of another night in delay.reference_dir ({folder}) is within"
            f" {choice.reference_search_h:g} h of LST {lst_hours:.1f} h"
        )
    hours, *_, path = min(found)
    return path, f"nearest in sidereal time, {hours} h apart"


def candidates(folder: Path) -> list[Path]:
    """Return the K tables below a folder, and one bcal table of each set that has no K table."""
    delays = sorted(folder.rglob("*.K"))
    known = {path.with_suffix("") for path in delays}
    first: dict[Path, Path] = {}
    for path in sorted(folder.rglob("*MHz.bcal")):
        first.setdefault(path.with_name(naming.split_table_name(path)[0]), path)
    return delays + [path for name, path in first.items() if name not in known]


def observation_time(path: Path) -> float | None:
    """Return when a table's data were taken, MJD seconds; None if it is not a readable table."""
    try:
        with ms_reader.open_table(path) as table:
            return float(table.getcell("TIME", 0)) if table.nrows() else None
    except UnreadableError:
        return None


def read_delays(path: Path, names: Sequence[str], min_freq_mhz: float) -> np.ndarray:
    """Return a table's delays in ns, (antenna, 2), in the order of ``names``; NaN where unknown.

    Of a K table with several spectral windows, the mean of those that are not flagged; of a bcal
    table, the slope of the phases over all sub-bands of its set from ``min_freq_mhz`` on. Antennas
    are matched by name. Raises UnreadableError.
    """
    delay_ns = _of_phases(path, min_freq_mhz) if path.suffix == ".bcal" else _of_windows(path)
    wanted = AntennaNames(names)
    delays = np.full((len(names), 2), np.nan)
    for row, name in enumerate(caltable.read_antennas(path).names):
        try:
            delays[wanted.find(name)[0]] = delay_ns[row]
        except UnknownAntennaError:
            continue  # an antenna that this observation does not have
    return delays


def _of_windows(path: Path) -> np.ndarray:
    windows = [caltable.read_delays(path, number) for number in caltable.spectral_windows(path)]
    values = np.ma.masked_array(
        np.stack([window.delay_ns for window in windows], axis=1),
        np.stack([window.flag for window in windows], axis=1),
    )
    return np.ma.filled(values.mean(axis=1).astype(float), np.nan)


def _of_phases(path: Path, min_freq_mhz: float) -> np.ndarray:
    """Fit delays relative to the antenna that has most solutions."""
    stamp, _ = naming.split_table_name(path)
    tables = [
        caltable.read(other)
        for other in sorted(path.parent.glob(f"{stamp}_*MHz.bcal"))
        if naming.band_mhz(naming.split_table_name(other)[1]) >= min_freq_mhz
    ]
    if not tables:
        return np.full((len(caltable.read_antennas(path).names), 2), np.nan)
    gain, flag = (
        np.concatenate([getattr(table, name) for table in tables], axis=1)
        for name in ("gain", "flag")
    )
    frequency_hz = np.concatenate([table.frequency_hz for table in tables])
    return delay_fit.fit(gain, flag, frequency_hz, most_solved(flag)).delay_ns
