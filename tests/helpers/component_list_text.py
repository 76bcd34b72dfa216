"""Component lists for tests, written in WSClean's format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

HEADER = (
    "Format = Name, Type, Ra, Dec, I, SpectralIndex, LogarithmicSI,"
    " ReferenceFrequency='57000000', MajorAxis, MinorAxis, Orientation\n"
)


def point(ra_rad: float, dec_rad: float, flux_jy: float, terms: Sequence[float] = ()) -> str:
    """Return the line of a point with an ordinary polynomial."""
    return f"{_place('POINT', ra_rad, dec_rad, flux_jy, terms)},,,\n"


def gaussian(
    ra_rad: float,
    dec_rad: float,
    flux_jy: float,
    major_arcsec: float,
    minor_arcsec: float,
    angle_deg: float,
    terms: Sequence[float] = (),
) -> str:
    """Return the line of a Gaussian with an ordinary polynomial."""
    start = _place("GAUSSIAN", ra_rad, dec_rad, flux_jy, terms)
    return f"{start},{float(major_arcsec)},{float(minor_arcsec)},{float(angle_deg)}\n"


def write(path: Path, *lines: str) -> Path:
    """Write a list of such lines and return its path."""
    path.write_text(HEADER + "".join(lines))
    return path


def _place(kind: str, ra_rad: float, dec_rad: float, flux_jy: float, terms: Sequence[float]) -> str:
    ra = _sexagesimal(np.rad2deg(ra_rad) % 360 / 15, ":")
    dec = _sexagesimal(np.rad2deg(dec_rad), ".")
    index = "[" + ",".join(str(float(term)) for term in terms) + "]"
    return f"c,{kind},{ra},{dec},{float(flux_jy)!r},{index},false,"


def _sexagesimal(value: float, mark: str) -> str:
    seconds = abs(value) * 3600
    whole, minutes = int(seconds // 3600), int(seconds // 60 % 60)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole:02d}{mark}{minutes:02d}{mark}{seconds % 60:09.6f}"
