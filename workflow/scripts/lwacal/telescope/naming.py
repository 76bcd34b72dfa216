"""Names of raw measurement sets and sub-bands, and time stamps: how they are built and parsed.

A raw measurement set is called ``YYYYMMDD_HHMMSS_NNMHz[_averaged].ms``; NN is the frequency of
the first channel of the sub-band, rounded to whole MHz. The names of products are built by the
rules (workflow/rules).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

RAW_PATTERN = re.compile(r"^(\d{8}_\d{6})_(\d{1,3}MHz)(_averaged)?\.ms$")
BAND_PATTERN = re.compile(r"^\d{1,3}MHz$")
STAMP_PATTERN = re.compile(r"^\d{8}_\d{6}$")
STAMP_FORMAT = "%Y%m%d_%H%M%S"
MJD_EPOCH = datetime(1858, 11, 17)


@dataclass(frozen=True)
class RawName:
    """The parts of the name of a raw measurement set."""

    stamp: str
    band: str
    averaged: bool


def parse_raw_name(path: str | Path) -> RawName | None:
    """Return the parts of the name, or None if it is not the name of a raw measurement set."""
    match = RAW_PATTERN.match(Path(path).name)
    if match is None or not is_stamp(match[1]):
        return None
    return RawName(match[1], f"{int(match[2][:-3])}MHz", match[3] is not None)


def raw_name(stamp: str, band: str, averaged: bool = False) -> str:
    """Return the name of the raw measurement set of one integration and sub-band."""
    return f"{stamp}_{band}{'_averaged' if averaged else ''}.ms"


def split_table_name(path: str | Path) -> tuple[str, str]:
    """Return the stamp and the sub-band in the name of a bandpass table, STAMP_NNMHz.bcal.

    Tables of other programs may have any text in place of the stamp.
    """
    stamp, _, band = Path(path).stem.rpartition("_")
    return stamp, band


def is_stamp(text: str) -> bool:
    """Return whether the text is a valid ``YYYYMMDD_HHMMSS``."""
    try:
        datetime.strptime(text, STAMP_FORMAT)
    except ValueError:
        return False
    return STAMP_PATTERN.match(text) is not None


def stamp_time(stamp: str) -> float:
    """Return the time of a stamp as MJD seconds (UTC)."""
    return (datetime.strptime(stamp, STAMP_FORMAT) - MJD_EPOCH).total_seconds()


def format_stamp(mjd_s: float) -> str:
    """Return the stamp of a time in MJD seconds (UTC), rounded to the second."""
    return (MJD_EPOCH + timedelta(seconds=round(mjd_s))).strftime(STAMP_FORMAT)


def band_mhz(band: str) -> int:
    """Return the number in the name of a sub-band (``73MHz`` gives 73). Raises ValueError."""
    if not BAND_PATTERN.match(band):
        raise ValueError(f"'{band}' is not the name of a sub-band, such as 73MHz")
    return int(band[:-3])


def nominal_band(first_channel_hz: float, channel_width_hz: float) -> str:
    """Return the name of the sub-band whose first channel this is, averaged or not.

    The correlator's 16 sub-bands are named after the frequency of their first channel, rounded to
    1 MHz. The lower edge of that channel rounds to the same number, and averaging does not move it.
    """
    return f"{round((first_channel_hz - channel_width_hz / 2) / 1e6)}MHz"


def sort_bands(bands: Iterable[str]) -> list[str]:
    """Return sub-band names in order of frequency, each once."""
    return sorted(set(bands), key=band_mhz)
