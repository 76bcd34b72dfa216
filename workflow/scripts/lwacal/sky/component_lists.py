"""Component lists in WSClean's text format: the points and Gaussians of a source.

The format is described at https://wsclean.readthedocs.io/en/latest/component_list.html: a line
``Format = Name, Type, Ra, Dec, I, ...`` names the columns and may give defaults; each further line
is one component. Only Stokes I is used.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from lwacal.sky.sources import Direction

REQUIRED = ("type", "ra", "dec", "i")
ARCSEC_RAD = np.deg2rad(1 / 3600)
SIGMA_OF_FWHM = float(1 / np.sqrt(8 * np.log(2)))
LARGEST_OFFSET_RAD = np.deg2rad(1.0)  # of a component; beyond it w (n - 1) matters
GAUSSIAN_COLUMNS = ("majoraxis", "minoraxis", "orientation")
LOGARITHMIC = {"true": True, "false": False, "": True}  # column LogarithmicSI; true by default
_COMMA = re.compile(r",(?![^\[]*\])")  # outside brackets
_HEADER = re.compile(r"^\s*format\s*=", re.IGNORECASE)
_RA = re.compile(r"([+-]?)(\d+):(\d+):(\d+(?:\.\d*)?)")
_DEC = re.compile(r"([+-]?)(\d+)\.(\d+)\.(\d+(?:\.\d*)?)")


class ComponentListError(ValueError):
    """A component list cannot be used; the message names the file, the line and the reason."""


@dataclass(frozen=True)
class Components:
    """The components of a list; all arrays are (component,) unless noted.

    ``ra_rad`` and ``dec_rad`` are ICRS; ``flux_jy`` is the flux density at ``reference_hz``;
    ``spectral`` (component, term) are polynomial coefficients, in log10 where ``logarithmic``;
    ``major_rad`` and ``minor_rad`` are FWHM, 0 for points; ``angle_rad`` is the position angle of
    the major axis from north through east. ``digest`` is the SHA-256 of the text.
    """

    ra_rad: np.ndarray
    dec_rad: np.ndarray
    flux_jy: np.ndarray
    reference_hz: np.ndarray
    spectral: np.ndarray
    logarithmic: np.ndarray
    major_rad: np.ndarray
    minor_rad: np.ndarray
    angle_rad: np.ndarray
    digest: str

    def spectra_jy(self, frequency_hz: np.ndarray) -> np.ndarray:
        """Return flux densities (component, channel) in Jy.

        With x = nu/nu_0: S = S_0 + p_0 (x - 1) + p_1 (x - 1)^2 + ..., or, where logarithmic,
        log S = log S_0 + c_0 log x + c_1 (log x)^2 + ..., with logarithms of base 10. S_0 may be
        negative; the sign is kept.
        """
        ratio = np.asarray(frequency_hz) / self.reference_hz[:, None]
        base = np.where(self.logarithmic[:, None], np.log10(ratio), ratio - 1)
        total = np.zeros_like(ratio)
        for coefficient in self.spectral.T[::-1]:
            total = (total + coefficient[:, None]) * base
        flux = self.flux_jy[:, None]
        log_terms = np.where(self.logarithmic[:, None], total, 0)
        return np.where(self.logarithmic[:, None], flux * 10**log_terms, flux + total)

    def second_moments(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return those of Gaussians, l l, m m and l m, in radians squared, each (component,)."""
        major, minor = (self.major_rad * SIGMA_OF_FWHM) ** 2, (self.minor_rad * SIGMA_OF_FWHM) ** 2
        sin, cos = np.sin(self.angle_rad), np.cos(self.angle_rad)
        return (
            major * sin**2 + minor * cos**2,
            major * cos**2 + minor * sin**2,
            (major - minor) * sin * cos,
        )


def read(path: str | Path) -> Components:
    """Read a list, plain or compressed with gzip (.gz). Raises ComponentListError."""
    try:
        status = Path(path).stat()
    except OSError as error:
        raise ComponentListError(f"{path} cannot be read: {error}") from error
    return _read(str(path), status.st_mtime_ns, status.st_size)


@cache
def _read(path: str, _mtime_ns: int, _size: int) -> Components:
    """Read a list once; it is read again only if its time or size changes."""
    try:
        content = Path(path).read_bytes()
        text = (gzip.decompress(content) if path.endswith(".gz") else content).decode()
    except (OSError, EOFError, ValueError) as error:
        raise ComponentListError(f"{path} cannot be read: {error}") from error
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines or not _HEADER.match(lines[0][1]):
        raise ComponentListError(f"{path} does not begin with a line 'Format = Name, Type, ...'")
    columns = _columns(path, lines[0][1])
    rows = [_row(path, number, line, columns) for number, line in lines[1:]]
    if not rows:
        raise ComponentListError(f"{path} has no components")
    return _components(rows, hashlib.sha256(text.encode()).hexdigest())


def _columns(path: str, header: str) -> dict[str, str]:
    """Return the defaults of the columns by name in lower case."""
    columns = {}
    for entry in _COMMA.split(header.partition("=")[2]):
        name, _, default = entry.partition("=")
        columns[name.strip().lower()] = default.strip().strip("'\"")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise ComponentListError(f"{path}: its Format line has no {', '.join(missing)}")
    return columns


@dataclass(frozen=True)
class _Row:
    """One component, with the fields of Components."""

    ra_rad: float
    dec_rad: float
    flux_jy: float
    reference_hz: float
    spectral: list[float]
    logarithmic: bool
    shape: tuple[float, float, float]


def _row(path: str, number: int, line: str, columns: Mapping[str, str]) -> _Row:
    fields = [field.strip() for field in _COMMA.split(line)]
    try:
        if len(fields) > len(columns):
            raise ValueError(f"{len(fields)} fields, but the Format line has {len(columns)}")
        fields += [""] * (len(columns) - len(fields))
        given = {name: field or default for (name, default), field in zip(columns.items(), fields)}
        return _component(given)
    except ValueError as error:
        raise ComponentListError(f"{path}, line {number}: {error}") from error


def _component(given: Mapping[str, str]) -> _Row:
    spectral = [
        _number(term, "SpectralIndex")
        for term in given.get("spectralindex", "").strip("[] ").split(",")
        if term.strip()
    ]
    logarithmic = given.get("logarithmicsi", "").lower()
    if logarithmic not in LOGARITHMIC:
        raise ValueError(f"LogarithmicSI is '{logarithmic}', not true or false")
    reference = _number(given.get("referencefrequency") or "0", "ReferenceFrequency")
    if reference <= 0 and spectral:
        raise ValueError("a spectral index needs a ReferenceFrequency above 0 Hz")
    return _Row(
        _ra_rad(given["ra"]),
        _dec_rad(given["dec"]),
        _number(given["i"], "I"),
        reference or 1.0,
        spectral,
        LOGARITHMIC[logarithmic],
        _shape(given),
    )


def _shape(given: Mapping[str, str]) -> tuple[float, float, float]:
    """Return major and minor axis (FWHM) and position angle in radians; zeros for a point."""
    kind = given["type"].upper()
    if kind == "POINT":
        return 0.0, 0.0, 0.0
    if kind != "GAUSSIAN":
        raise ValueError(f"Type is '{given['type']}', not POINT or GAUSSIAN")
    major, minor, angle = (_number(given.get(name, ""), name) for name in GAUSSIAN_COLUMNS)
    if min(major, minor) < 0:
        raise ValueError("the axes of a Gaussian cannot be negative")
    return major * ARCSEC_RAD, minor * ARCSEC_RAD, float(np.deg2rad(angle))


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise ValueError(f"{name} is '{text}', not a number")
    return value


def _ra_rad(text: str) -> float:
    """Return hh:mm:ss.s in radians, 0 to 2 pi; hours may be negative."""
    return 15 * _sexagesimal(_RA, text, "Ra", "hh:mm:ss.s") % (2 * np.pi)


def _dec_rad(text: str) -> float:
    return _sexagesimal(_DEC, text, "Dec", "dd.mm.ss.s")


def _sexagesimal(pattern: re.Pattern[str], text: str, name: str, form: str) -> float:
    match = pattern.fullmatch(text)
    if not match:
        raise ValueError(f"{name} is '{text}', not {form}")
    sign, whole, minutes, seconds = match.groups()
    value = float(whole) + float(minutes) / 60 + float(seconds) / 3600
    return float(np.deg2rad(-value if sign == "-" else value))


def _components(rows: list[_Row], digest: str) -> Components:
    terms = max(len(row.spectral) for row in rows)
    spectral = [row.spectral + [0.0] * (terms - len(row.spectral)) for row in rows]
    major, minor, angle = np.array([row.shape for row in rows]).T
    return Components(
        np.array([row.ra_rad for row in rows]),
        np.array([row.dec_rad for row in rows]),
        np.array([row.flux_jy for row in rows]),
        np.array([row.reference_hz for row in rows]),
        np.array(spectral).reshape(len(rows), terms),
        np.array([row.logarithmic for row in rows]),
        major,
        minor,
        angle,
        digest,
    )


def offsets(components: Components, source: Direction) -> tuple[np.ndarray, np.ndarray]:
    """Return the direction cosines l (east) and m (north) of components, each (component,).

    They are relative to the direction of the source; 1 for components more than 90 degrees away.
    """
    hour = components.ra_rad - source.ra_rad
    sin, cos = np.sin(components.dec_rad), np.cos(components.dec_rad)
    behind = sin * np.sin(source.dec_rad) + cos * np.cos(source.dec_rad) * np.cos(hour) <= 0
    east = cos * np.sin(hour)
    north = sin * np.cos(source.dec_rad) - cos * np.sin(source.dec_rad) * np.cos(hour)
    return np.where(behind, 1, east), np.where(behind, 1, north)


def shares(
    components: Components, frequency_hz: np.ndarray, trusted_mhz: tuple[float, float]
) -> np.ndarray:
    """Return the fractions of the total flux density, (component, channel); they add up to 1.

    Outside the trusted frequencies, where polynomials diverge, the fractions at the nearest trusted
    frequency are used.
    """
    low, high = trusted_mhz
    spectra = components.spectra_jy(np.clip(frequency_hz, low * 1e6, high * 1e6))
    return spectra / spectra.sum(axis=0)


def check(components: Components, source: Direction, trusted_mhz: tuple[float, float]) -> None:
    """Raise ComponentListError if the components cannot be the shape of this source."""
    distance = float(np.hypot(*offsets(components, source)).max())
    if distance > LARGEST_OFFSET_RAD:
        raise ComponentListError(
            f"a component is {np.rad2deg(distance):.1f} deg from the source (at most"
            f" {np.rad2deg(LARGEST_OFFSET_RAD):g} deg allowed): is this the list of another source?"
        )
    frequency_hz = np.linspace(*trusted_mhz, 100) * 1e6
    total = components.spectra_jy(frequency_hz).sum(axis=0)
    if (total <= 0).any():
        raise ComponentListError(
            f"the sum of its components is not a positive flux density at"
            f" {frequency_hz[np.argmin(total)] / 1e6:g} MHz"
        )
